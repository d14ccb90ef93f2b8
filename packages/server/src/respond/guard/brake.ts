/**
 * The blast-radius stop: counts what one policy decided lately, and says when that is too much to be true.
 *
 * A policy may decide about `floor` subjects within the window whatever happens, and about `max_share` of the active
 * ones if that is more; and never about more than `per_minute` in a minute. A wrong threshold, a bug in an
 * application, or an attacker who acts in the name of others look the same from here: very many at once.
 */
import type { GuardSettings } from './config.ts';

const MINUTE_MS = 60_000;

export type BrakeLimits = GuardSettings['blast_radius'];

export interface BrakeUsage {
  /** Decisions of the last `windowMs`, and how many it may make. */
  readonly usedCount: number;
  readonly allowedCount: number;
  readonly windowMs: number;
  /** The same for a minute. */
  readonly minuteCount: number;
  readonly minuteMax: number;
}

export class BlastBrake {
  /** When, oldest first. At most as many as `limits` let pass. */
  #takenAtMs: number[] = [];

  /** Counts one decision more; returns why it is one too many instead. Nothing is counted then. */
  take(nowMs: number, activeCount: number, limits: BrakeLimits): string | undefined {
    const spanMs = Math.max(limits.window, MINUTE_MS);
    // Both ways: after the clock was set back, times of the future would count until they come again. So it stays sorted.
    this.#takenAtMs = pruned(this.#takenAtMs, nowMs, spanMs);
    const inMinute = countSince(this.#takenAtMs, nowMs - MINUTE_MS);
    if (inMinute >= limits.per_minute)
      return `more than ${limits.per_minute} decisions in a minute (guard.blast_radius.per_minute)`;
    const allowed = allowedOf(activeCount, limits);
    if (countSince(this.#takenAtMs, nowMs - limits.window) >= allowed)
      return `more than ${allowed} decisions in ${limits.window / 1000} s, with ${activeCount} active subjects (guard.blast_radius.max_share, floor)`;
    this.#takenAtMs.push(nowMs);
    return undefined;
  }

  /** How much of the limits is used now. Changes nothing. */
  usage(nowMs: number, activeCount: number, limits: BrakeLimits): BrakeUsage {
    const past = this.#takenAtMs.filter((atMs) => atMs <= nowMs);
    return {
      usedCount: countSince(past, nowMs - limits.window),
      allowedCount: allowedOf(activeCount, limits),
      windowMs: limits.window,
      minuteCount: countSince(past, nowMs - MINUTE_MS),
      minuteMax: limits.per_minute,
    };
  }

  /** A person lets the policy go on: what was before no longer counts. */
  release(): void {
    this.#takenAtMs = [];
  }
}

function allowedOf(activeCount: number, { floor, max_share }: BrakeLimits): number {
  return Math.max(floor, Math.floor(max_share * activeCount));
}

function pruned(timesMs: number[], nowMs: number, spanMs: number): number[] {
  const first = timesMs[0];
  const last = timesMs.at(-1);
  if (first === undefined || last === undefined || (nowMs - first < spanMs && nowMs >= last)) return timesMs;
  return timesMs.filter((atMs) => nowMs - atMs < spanMs && atMs <= nowMs);
}

/** Those after `sinceMs`, by halving: a limit may be thousands. */
function countSince(timesMs: readonly number[], sinceMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] ?? 0) > sinceMs) high = middle;
    else low = middle + 1;
  }
  return timesMs.length - low;
}
