import type { Policy } from './policy.ts';
import type { Suspect, Suspects } from './suspects.ts';

/**
 * Goes through the suspects in slices, lets go of those that did nothing within their windows, and knows after each
 * round how many are over the first threshold of each policy, and the greatest counts.
 */
export class SuspectCensus {
  readonly #suspects: Suspects;
  readonly #topMax: number;
  #policies: readonly Policy[] = [];
  #next = 0;
  #over: number[] = [];
  #top: number[][] = [];
  #near: { readonly suspect: Suspect; readonly sum: number }[][] = [];
  /** Of the last full round, by the index of the policy. */
  overCounts: readonly number[] = [];
  /** Those with the greatest counts, by the index of the policy, in no order; some may be gone by now. */
  nearest: readonly (readonly Suspect[])[] = [];
  /** Descending, as many as were asked for at most. */
  topValues: readonly (readonly number[])[] = [];

  constructor(suspects: Suspects, topMax: number) {
    this.#suspects = suspects;
    this.#topMax = topMax;
  }

  restart(policies: readonly Policy[]): void {
    this.#policies = policies;
    this.#next = 0;
    this.#over = policies.map(() => 0);
    this.#top = policies.map(() => []);
    this.#near = policies.map(() => []);
  }

  /** Keeps nothing of a suspect that has to be forgotten. */
  drop(suspect: Suspect): void {
    this.nearest = this.nearest.map((some) => some.filter((one) => one !== suspect));
    this.#near = this.#near.map((some) => some.filter((one) => one.suspect !== suspect));
  }

  /** One slice; true at the end of a round. */
  advance(nowMs: number, factor: number): boolean {
    for (let n = 0; n < SUSPECTS_PER_SLICE_MAX; n++) {
      if (this.#next >= this.#suspects.list.length) {
        this.overCounts = this.#over;
        this.topValues = this.#top;
        this.nearest = this.#near.map((some) => some.map(({ suspect }) => suspect));
        this.restart(this.#policies);
        return true;
      }
      this.#visit(nowMs, factor);
    }
    return false;
  }

  #visit(nowMs: number, factor: number): void {
    const suspect = this.#suspects.list[this.#next];
    if (suspect === undefined) return;
    let gravity = 0;
    for (const [index, meter] of suspect.meters) {
      const policy = this.#policies[index];
      const sum = meter.sumAt(nowMs);
      if (sum === 0 || policy === undefined) {
        suspect.meters.delete(index);
        continue;
      }
      const smallest =
        policy.measure.kind === 'share' ? policy.measure.minCount : (policy.steps[0]?.over ?? 1);
      gravity = Math.max(gravity, sum / smallest);
      const isOver =
        policy.measure.kind === 'share'
          ? meter.isToldSince(nowMs - policy.windowMs)
          : sum > smallest * (policy.isDynamic ? factor : 1);
      if (isOver) this.#over[index] = (this.#over[index] ?? 0) + 1;
      this.#enter(this.#top[index], sum);
      this.#keepNear(this.#near[index], suspect, sum);
    }
    suspect.gravity = gravity;
    // A removed one's place is taken by the last.
    if (suspect.meters.size === 0) this.#suspects.remove(suspect);
    else {
      this.#suspects.measure(suspect);
      this.#next++;
    }
  }

  /** In descending order, so that the last one is the one that gives way. */
  #keepNear(near: { suspect: Suspect; sum: number }[] | undefined, suspect: Suspect, sum: number): void {
    if (near === undefined || (near.length === NEAREST_MAX && sum <= (near.at(-1)?.sum ?? 0))) return;
    let place = near.length;
    while (place > 0 && (near[place - 1]?.sum ?? 0) < sum) place--;
    near.splice(place, 0, { suspect, sum });
    if (near.length > NEAREST_MAX) near.pop();
  }

  #enter(top: number[] | undefined, value: number): void {
    if (top === undefined) return;
    if (top.length === this.#topMax && value <= (top.at(-1) ?? 0)) return;
    let place = top.length;
    while (place > 0 && (top[place - 1] ?? 0) < value) place--;
    top.splice(place, 0, value);
    if (top.length > this.#topMax) top.pop();
  }
}

// 40,000 suspects, as many as fit by default, are through in 20 s; a slice stays well below the 5 ms of any slice.
const SUSPECTS_PER_SLICE_MAX = 2000;

// Of each policy, for people who look who comes near: a screen of them. 20 meters of 4,096 rows each take a millisecond to read.
export const NEAREST_MAX = 20;
