/**
 * What this process counts itself for the policies of the server: to send a subject that nears a threshold at once, and
 * to judge alone while the server is away.
 *
 * 1. Per subject and policy three numbers: the fixed window, its count, that of the window before. The sliding count is
 *    the running one plus the part of the former that the window still covers (as in `SlidingWindows`, which is made
 *    for a million subjects; here the few thousand that one process has seen lately carry their own).
 * 2. Which policies an action counts for is found once per action.
 * 3. Time is monotonic: a clock that is set neither frees nor refuses anybody.
 *
 * Policies that measure a share (thresholds below 1) cannot be judged by a count: only `closed` is heeded of them.
 */
import type { KnownSubject } from './known-subject.ts';
import type { SubjectScope } from './subject.ts';
import type { ActionOutcome, PolicySummary } from './wire.ts';

// Three small numbers per subject and policy (a plain array: made faster than a typed one of that size). The built-in set has 6 policies.
export const LOCAL_POLICIES_MAX = 32;

// Actions are templates; an application has some hundred. Beyond it each look-up is made anew.
export const ACTIONS_CACHED_MAX = 2000;

// With a hundred processes the part of each would be less than one action, and everybody would be sent at once.
const NEAR_MIN = 3;

const CELLS = 3;

export class PolicyBook {
  readonly #policies: readonly PolicySummary[];
  readonly #byAction = new Map<string, readonly number[]>();
  readonly #all: readonly number[];

  constructor(policies: readonly PolicySummary[]) {
    this.#policies = policies
      .filter(
        ({ threshold, windowMs, whenUnavailable }) =>
          windowMs > 0 && (threshold >= 1 || whenUnavailable === 'closed'),
      )
      .slice(0, LOCAL_POLICIES_MAX);
    this.#all = this.#policies.map((_, i) => i);
  }

  /** Over which what a subject does may be spread. */
  processes = 1;

  /** Counts one action. True when the subject has come past half of a threshold, or past this process' part of that half. */
  count(subject: KnownSubject, { action, source, outcome }: CountedAction, nowMs: number): boolean {
    if (outcome === 'refused' || this.#policies.length === 0) return false;
    const windows = this.#windowsOf(subject);
    let isNear = false;
    for (const index of this.#policiesOf(action)) {
      const policy = this.#policies[index];
      if (policy === undefined || !doesCount(policy, subject.scope, outcome)) continue;
      if (!isOf(source, policy.sources)) continue;
      const value = addTo(windows, index * CELLS, policy.windowMs, nowMs);
      if (policy.threshold >= 1 && value >= this.#nearAt(policy)) isNear = true;
    }
    return isNear;
  }

  /** The first policy that refuses the subject's next action while nobody else can judge. */
  findRefusal(subject: KnownSubject, action: string | undefined, nowMs: number): LocalRefusal | undefined {
    const windows = this.#windowsOf(subject);
    for (const index of action === undefined ? this.#all : this.#policiesOf(action)) {
      const policy = this.#policies[index];
      if (policy === undefined || (policy.scope ?? subject.scope) !== subject.scope) continue;
      if (policy.whenUnavailable === 'closed') return { policy, retryAfterMs: undefined };
      if (policy.whenUnavailable === 'open') continue;
      const retryAfterMs = waitOf(windows, index * CELLS, policy, nowMs);
      if (retryAfterMs > 0) return { policy, retryAfterMs };
    }
    return undefined;
  }

  #nearAt({ threshold }: PolicySummary): number {
    const half = threshold / 2;
    return Math.min(half, Math.max(NEAR_MIN, half / this.processes));
  }

  #policiesOf(action: string): readonly number[] {
    const known = this.#byAction.get(action);
    if (known !== undefined) return known;
    const found = this.#all.filter((index) => isOf(action, this.#policies[index]?.actions));
    if (this.#byAction.size < ACTIONS_CACHED_MAX) this.#byAction.set(action, found);
    return found;
  }

  #windowsOf(subject: KnownSubject): number[] {
    if (subject.windows !== undefined && subject.countedFor === this) return subject.windows;
    subject.windows = Array.from({ length: this.#policies.length * CELLS }, () => 0);
    subject.countedFor = this;
    return subject.windows;
  }
}

export interface CountedAction {
  readonly action: string;
  readonly source: string;
  readonly outcome: ActionOutcome;
}

export interface LocalRefusal {
  readonly policy: PolicySummary;
  /** `undefined`: until the server is back. */
  readonly retryAfterMs: number | undefined;
}

function doesCount(policy: PolicySummary, scope: SubjectScope, outcome: ActionOutcome): boolean {
  if ((policy.scope ?? scope) !== scope) return false;
  return policy.measure !== 'errors' || outcome === 'error';
}

/** `*` at the end stands for any rest; no list, or an empty one, for all. */
function isOf(word: string, patterns: readonly string[] | undefined): boolean {
  if (patterns === undefined || patterns.length === 0) return true;
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? word.startsWith(pattern.slice(0, -1)) : word === pattern,
  );
}

/** Counts one into the window at `at`; the sliding count with it. */
function addTo(cells: number[], at: number, windowMs: number, nowMs: number): number {
  roll(cells, at, Math.floor(nowMs / windowMs));
  const current = (cells[at + 1] ?? 0) + 1;
  cells[at + 1] = current;
  return current + (cells[at + 2] ?? 0) * (1 - (nowMs % windowMs) / windowMs);
}

/** How long until the sliding count is below the threshold; 0 when it is. */
function waitOf(cells: number[], at: number, policy: PolicySummary, nowMs: number): number {
  const { windowMs, threshold } = policy;
  roll(cells, at, Math.floor(nowMs / windowMs));
  const current = cells[at + 1] ?? 0;
  const former = cells[at + 2] ?? 0;
  const elapsedMs = nowMs % windowMs;
  if (current + former * (1 - elapsedMs / windowMs) < threshold) return 0;
  // The count falls within this window when its own part leaves room, else within the next.
  const fallsMs =
    current < threshold
      ? windowMs * (1 - (threshold - current) / former)
      : windowMs + windowMs * (1 - threshold / current);
  return Math.max(1, Math.ceil(fallsMs - elapsedMs));
}

function roll(cells: number[], at: number, window: number): void {
  const behind = window - (cells[at] ?? 0);
  if (behind === 0) return;
  cells[at + 2] = behind === 1 ? (cells[at + 1] ?? 0) : 0;
  cells[at + 1] = 0;
  cells[at] = window;
}
