import { isValidAt, setValidAt, createValidity, type StepGrid } from '@vedette/model';
import type { Aggregation } from '../syntax/ast.ts';
import type { Column, ColumnStream } from './column.ts';
import { Grouping } from './grouping.ts';
import type { Evaluator, QueryContext } from './query-context.ts';

/**
 * topk and bottomk for small k, as a stream: of 10,000 series it holds those that are among the best of their
 * group at some step so far, not all of them.
 *
 * 1. Each group keeps, per step, its best points in order, and beside them the bar: the value that a further
 *    point must beat. Series come one after the other, and most points fail at the bar: one comparison in
 *    arrays that lie in order, where choosing step by step jumps from series to series.
 * 2. A series counts the steps at which it is kept; at none any more, its column goes back.
 * 3. In the end a kept column loses the points that were not chosen. Series come in the order in which steps,
 *    one after the other, first name them, the best first.
 *
 * Of equal values the earlier series is better, NaN is worse than anything.
 */
export async function* pickTop(
  evaluator: Evaluator,
  node: Aggregation,
  grid: StepGrid,
  params: Float64Array,
): ColumnStream {
  const { context } = evaluator;
  const limits = Uint8Array.from(params, limitOf);
  const sign = node.op === 'topk' ? 1 : -1;
  const grouping = new Grouping(node, () => new TopGroup(context, limits, sign));
  for await (const batch of evaluator.vector(node.expr, grid))
    for (const column of batch) {
      if (column.histograms !== undefined) {
        context.annotations.infoOfIgnoredIn(node.op, node.position);
        context.budget.takeHistograms(column);
      }
      grouping.groupOf(column.labels).add(column);
      if (context.isPauseDue(grid.count)) await context.pause();
    }
  const picked: Column[] = [];
  for (const group of grouping.groups()) {
    group.finish(picked);
    if (context.isPauseDue(grid.count)) await context.pause();
  }
  yield picked;
}

/** Up to here keeping a short sorted list per step beats sorting: most candidates lose against its last entry. */
export const TOP_COUNT_MAX = 32;

/** How many points a parameter asks for; callers sort when it is more than `TOP_COUNT_MAX`. */
function limitOf(param: number): number {
  return Math.max(0, Math.min(TOP_COUNT_MAX, Math.trunc(param)));
}

interface Candidate {
  readonly column: Column;
  /** Steps at which it is kept. */
  keptCount: number;
  /** Those of them that `finish` has come by. */
  chosen: Uint8Array | undefined;
}

/** The best points of one step each at one place of their order. */
interface Place {
  readonly keys: Float64Array;
  readonly candidates: (Candidate | undefined)[];
}

class TopGroup {
  readonly #context: QueryContext;
  readonly #limits: Uint8Array;
  readonly #sign: number;
  readonly #countMax: number;
  /** How many points each step keeps. */
  readonly #counts: Uint8Array;
  /** What a point must beat; NaN, which refuses nothing, while there is room. */
  readonly #bars: Float64Array;
  /** The best first; one more for each series, until there are enough. */
  readonly #places: Place[] = [];

  constructor(context: QueryContext, limits: Uint8Array, sign: number) {
    this.#context = context;
    this.#limits = limits;
    this.#sign = sign;
    this.#countMax = limits.reduce((most, limit) => Math.max(most, limit), 0);
    this.#counts = new Uint8Array(limits.length);
    this.#bars = Float64Array.from(limits, (limit) => (limit === 0 ? Infinity : NaN));
    context.budget.hold(limits.length);
  }

  add(column: Column): void {
    const stepCount = this.#limits.length;
    if (this.#places.length < this.#countMax) {
      // A key and a reference: as much as a sample.
      this.#context.budget.hold(stepCount);
      const candidates = Array.from<Candidate | undefined>({ length: stepCount });
      this.#places.push({ keys: new Float64Array(stepCount), candidates });
    }
    const candidate = { column, keptCount: 0, chosen: undefined };
    const { values } = column;
    for (let step = 0; step < stepCount; step++) {
      const key = (values[step] ?? 0) * this.#sign;
      if (key <= (this.#bars[step] ?? 0)) continue;
      if (isValidAt(column.validity, step)) this.#offer(candidate, step, key);
    }
    if (candidate.keptCount === 0) this.#context.budget.giveBack(column);
  }

  /** Appends the columns that are left of the group, and frees what it held. */
  finish(picked: Column[]): void {
    const stepCount = this.#limits.length;
    for (let step = 0; step < stepCount; step++)
      for (let place = 0; place < (this.#counts[step] ?? 0); place++) {
        const candidate = this.#places[place]?.candidates[step];
        if (candidate === undefined) continue;
        if (candidate.chosen === undefined) {
          candidate.chosen = createValidity(stepCount);
          picked.push(candidate.column);
        }
        setValidAt(candidate.chosen, step);
        if (--candidate.keptCount === 0) candidate.column.validity.set(candidate.chosen);
      }
    this.#context.budget.release(stepCount * (1 + this.#places.length));
  }

  #offer(candidate: Candidate, step: number, key: number): void {
    const limit = this.#limits[step] ?? 0;
    let place = this.#counts[step] ?? 0;
    if (place === limit) {
      if (limit === 0 || !isBetter(key, this.#places[limit - 1]?.keys[step] ?? NaN)) return;
      this.#letGo(this.#places[--place]?.candidates[step]);
    } else this.#counts[step] = place + 1;
    for (; place > 0 && isBetter(key, this.#places[place - 1]?.keys[step] ?? NaN); place--)
      this.#put(
        place,
        step,
        this.#places[place - 1]?.keys[step] ?? NaN,
        this.#places[place - 1]?.candidates[step],
      );
    this.#put(place, step, key, candidate);
    candidate.keptCount++;
    if (this.#counts[step] === limit) this.#bars[step] = this.#places[limit - 1]?.keys[step] ?? NaN;
  }

  #put(place: number, step: number, key: number, candidate: Candidate | undefined): void {
    const target = this.#places[place];
    if (target === undefined) return;
    target.keys[step] = key;
    target.candidates[step] = candidate;
  }

  #letGo(candidate: Candidate | undefined): void {
    if (candidate !== undefined && --candidate.keptCount === 0)
      this.#context.budget.giveBack(candidate.column);
  }
}

function isBetter(key: number, other: number): boolean {
  return key > other || (Number.isNaN(other) && !Number.isNaN(key));
}
