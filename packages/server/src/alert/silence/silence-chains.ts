/**
 * Events of silences, put together into what people take for one silence: an edit that would rewrite what
 * was silenced ends the old silence and makes a new one, which names the old one as `replaces`.
 */

/** As far as chains are concerned. */
interface ChainedSilence {
  readonly id: string;
  readonly updatedAtMs: number;
  readonly endsAtMs: number;
  readonly replaces?: string | undefined;
}

export interface ChainedEvent<S extends ChainedSilence> {
  readonly atMs: number;
  readonly kind: 'created' | 'updated' | 'expired';
  readonly silence: S;
}

export class SilenceChains<S extends ChainedSilence> {
  readonly #events = new Map<string, ChainedEvent<S>[]>();
  readonly #replacedBy = new Map<string, Set<string>>();
  readonly #replaces = new Map<string, string>();

  add(event: ChainedEvent<S>): void {
    const { id, replaces } = event.silence;
    const events = this.#events.get(id);
    if (events === undefined) this.#events.set(id, [event]);
    else events.push(event);
    if (replaces === undefined) return;
    this.#replaces.set(id, replaces);
    const others = this.#replacedBy.get(replaces);
    if (others === undefined) this.#replacedBy.set(replaces, new Set([id]));
    else others.add(id);
  }

  /** Adds the state in which a silence is now, when no event tells it. */
  complete(silence: S): void {
    const told = this.#events.get(silence.id)?.map((event) => event.silence.updatedAtMs);
    if (told?.some((ms) => ms >= silence.updatedAtMs) === true) return;
    const isEnded = silence.endsAtMs <= silence.updatedAtMs;
    const kind = isEnded ? 'expired' : told === undefined ? 'created' : 'updated';
    this.add({ atMs: silence.updatedAtMs, kind, silence });
  }

  /** Of the silence, of those before it and of those after it; the oldest first. */
  eventsOf(id: string): readonly ChainedEvent<S>[] {
    const found: ChainedEvent<S>[] = [];
    const waiting = [this.#firstBefore(id)];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      found.push(...(this.#events.get(next) ?? []));
      waiting.push(...(this.#replacedBy.get(next) ?? []));
    }
    return found.sort((a, b) => a.atMs - b.atMs);
  }

  /** Ids are new when they are given: nothing replaces itself. */
  #firstBefore(id: string): string {
    let first = id;
    for (let before = this.#replaces.get(first); before !== undefined; before = this.#replaces.get(first))
      first = before;
    return first;
  }
}
