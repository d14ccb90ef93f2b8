/** Which labels the series of an answer have and how many values each: what a model needs to narrow a question that finds too much. */
type Labels = Readonly<Record<string, string>>;

// Of one label so many different values are told apart: beyond it "more than" says enough, and memory stays small.
const VALUES_MAX = 10_000;

// Labels of a result; more are names made of data.
const LABELS_MAX = 64;

// More of them say no more of how to narrow.
const LABELS_SHOWN_MAX = 8;

export class LabelCensus {
  readonly #values = new Map<string, { readonly different: Set<string>; seriesCount: number }>();
  #seriesCount = 0;
  /** What is on every series with one value. */
  #common: Map<string, string> | undefined;

  add(labels: Labels): void {
    this.#seriesCount++;
    const common = (this.#common ??= new Map(Object.entries(labels)));
    for (const [name, value] of common) if (labels[name] !== value) common.delete(name);
    for (const [name, value] of Object.entries(labels)) {
      let found = this.#values.get(name);
      if (found === undefined) {
        if (this.#values.size >= LABELS_MAX) continue;
        this.#values.set(name, (found = { different: new Set(), seriesCount: 0 }));
      }
      found.seriesCount++;
      if (found.different.size <= VALUES_MAX) found.different.add(value);
    }
  }

  /** Labels that say nothing of which series it is; of one series none, since they all say it. */
  get common(): Labels {
    return this.#seriesCount < 2 ? {} : Object.fromEntries(this.#common ?? []);
  }

  /** How many values each label has, the most telling first; what is the same everywhere is left out. */
  counts(): readonly (readonly [label: string, values: string])[] {
    return this.#varying()
      .slice(0, LABELS_SHOWN_MAX)
      .map(({ name, count }) => [name, count > VALUES_MAX ? `more than ${VALUES_MAX}` : String(count)]);
  }

  /** `path 240, instance 12, job 2`: the same in a line. */
  describe(): string {
    return this.counts()
      .map((one) => one.join(' '))
      .join(', ');
  }

  /** By which a sum would have the fewest rows, and yet several. It enters a hint: one word, never a sentence of somebody's. */
  findGroupLabel(): string | undefined {
    const useful = this.#varying().filter(
      ({ name, count, seriesCount }) =>
        count > 1 && seriesCount * 2 > this.#seriesCount && name !== 'le' && PLAIN_NAME.test(name),
    );
    return useful.at(-1)?.name;
  }

  #varying(): { readonly name: string; readonly count: number; readonly seriesCount: number }[] {
    return [...this.#values]
      .map(([name, { different, seriesCount }]) => ({ name, count: different.size, seriesCount }))
      .filter(({ name }) => this.common[name] === undefined)
      .toSorted((a, b) => b.count - a.count);
  }
}

/** Labels of people, not of the engine. */
const PLAIN_NAME = /^[a-zA-Z](?:[a-zA-Z0-9_]{0,62}[a-zA-Z0-9])?$/;
