import { resized } from './head/growable.ts';

/** Series created and removed are told apart by five minutes, and the last twelve of those are the last hour. */
const SLOT_MS = 300_000;
const SLOTS = 12;

// Names whose turnover is kept apart: about 170 bytes each. Beyond it the quieter half is counted together, so that a
// flood of names costs memory once and the loudest stay visible.
const JOBS_MAX = 1000;
const METRICS_MAX = 5000;

/** How many series of one name came and went. */
export interface Turnover {
  readonly name: string;
  readonly createdLastHour: number;
  readonly removedLastHour: number;
  /** Since the start, as the next. */
  readonly createdTotal: number;
  readonly removedTotal: number;
}

/** Who creates series in the head: by job and by metric, in the last hour and since the start. */
export class SeriesTurnover {
  readonly byJob = new TurnoverTable(JOBS_MAX);
  readonly byMetric = new TurnoverTable(METRICS_MAX);
  #createdTotal = 0;
  #removedTotal = 0;

  get createdTotal(): number {
    return this.#createdTotal;
  }

  get removedTotal(): number {
    return this.#removedTotal;
  }

  created(job: string, metric: string, monotonicMs: number): void {
    this.#createdTotal++;
    this.byJob.add(job, CREATED, monotonicMs);
    this.byMetric.add(metric, CREATED, monotonicMs);
  }

  removed(job: string, metric: string, monotonicMs: number): void {
    this.#removedTotal++;
    this.byJob.add(job, REMOVED, monotonicMs);
    this.byMetric.add(metric, REMOVED, monotonicMs);
  }
}

// Words of a row: the number of its newest slot, two totals, and a ring of slots for each.
const CREATED = 0;
const REMOVED = 1;
type Kind = typeof CREATED | typeof REMOVED;
const TOTALS_AT = 1;
const RINGS_AT = TOTALS_AT + 2;
const ROW = RINGS_AT + 2 * SLOTS;

/** Counts by name, a row of one typed array each. */
export class TurnoverTable {
  readonly #namesMax: number;
  readonly #rowOf = new Map<string, number>();
  #rows = new Uint32Array(16 * ROW);
  /** What was counted under names that are no longer kept apart. */
  readonly #otherTotals: [created: number, removed: number] = [0, 0];

  constructor(namesMax: number) {
    this.#namesMax = namesMax;
  }

  add(name: string, kind: Kind, monotonicMs: number): void {
    const at = (this.#rowOf.get(name) ?? this.#addName(name, monotonicMs)) * ROW;
    const slot = this.#turnTo(at, monotonicMs);
    const ring = at + RINGS_AT + kind * SLOTS + (slot % SLOTS);
    this.#rows[ring] = (this.#rows[ring] ?? 0) + 1;
    this.#rows[at + TOTALS_AT + kind] = (this.#rows[at + TOTALS_AT + kind] ?? 0) + 1;
  }

  /** The `limit` names that most was created under in the last hour, then since the start. */
  top(limit: number, monotonicMs: number): readonly Turnover[] {
    return this.#all(monotonicMs).slice(0, limit);
  }

  /** Totals of names that are no longer told apart; `undefined` while all are. */
  get other(): { readonly createdTotal: number; readonly removedTotal: number } | undefined {
    const [createdTotal, removedTotal] = this.#otherTotals;
    return createdTotal + removedTotal === 0 ? undefined : { createdTotal, removedTotal };
  }

  #all(monotonicMs: number): Turnover[] {
    const all: Turnover[] = [];
    for (const [name, row] of this.#rowOf) {
      const at = row * ROW;
      this.#turnTo(at, monotonicMs);
      all.push({
        name,
        createdLastHour: this.#sumOf(at, CREATED),
        removedLastHour: this.#sumOf(at, REMOVED),
        createdTotal: this.#rows[at + TOTALS_AT + CREATED] ?? 0,
        removedTotal: this.#rows[at + TOTALS_AT + REMOVED] ?? 0,
      });
    }
    return all.sort((a, b) => b.createdLastHour - a.createdLastHour || b.createdTotal - a.createdTotal);
  }

  /** Empties the slots that passed since the row was last touched; returns the number of the slot now. */
  #turnTo(at: number, monotonicMs: number): number {
    const slot = Math.floor(monotonicMs / SLOT_MS);
    const passed = Math.min(SLOTS, slot - (this.#rows[at] ?? 0));
    for (let i = 0; i < passed; i++)
      for (const kind of [CREATED, REMOVED])
        this.#rows[at + RINGS_AT + kind * SLOTS + ((slot - i) % SLOTS)] = 0;
    this.#rows[at] = slot;
    return slot;
  }

  #sumOf(at: number, kind: Kind): number {
    let sum = 0;
    for (let i = 0; i < SLOTS; i++) sum += this.#rows[at + RINGS_AT + kind * SLOTS + i] ?? 0;
    return sum;
  }

  #addName(name: string, monotonicMs: number): number {
    if (this.#rowOf.size >= this.#namesMax) this.#foldQuieterHalf(monotonicMs);
    const row = this.#rowOf.size;
    if ((row + 1) * ROW > this.#rows.length) this.#rows = resized(this.#rows, this.#rows.length * 2);
    this.#rows.fill(0, row * ROW, (row + 1) * ROW);
    this.#rows[row * ROW] = Math.floor(monotonicMs / SLOT_MS);
    this.#rowOf.set(name, row);
    return row;
  }

  #foldQuieterHalf(monotonicMs: number): void {
    const all = this.#all(monotonicMs);
    const keptCount = Math.floor(this.#namesMax / 2);
    for (const { createdTotal, removedTotal } of all.slice(keptCount)) {
      this.#otherTotals[CREATED] += createdTotal;
      this.#otherTotals[REMOVED] += removedTotal;
    }
    const kept = all.slice(0, keptCount).map(({ name }) => ({ name, row: this.#rowOf.get(name) ?? 0 }));
    const rows = new Uint32Array(this.#rows.length);
    this.#rowOf.clear();
    for (const [to, { name, row }] of kept.entries()) {
      rows.set(this.#rows.subarray(row * ROW, (row + 1) * ROW), to * ROW);
      this.#rowOf.set(name, to);
    }
    this.#rows = rows;
  }
}
