/** What a backtest found: two rule sets compared, subject by subject. */
import { isAsGrave } from '../respond/guard/index.ts';
import type { BrakeTrip, Refusal, RuleSet, SubjectNote } from './backtest-rule-set.ts';

/** Times in ms since 1970. */
export interface BacktestReport {
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the oldest row that was read, the time before the range included; `null`: there was none. */
  readonly firstRowMs: number | null;
  /** Within the range. */
  readonly rowCount: number;
  readonly actionCount: number;
  readonly candidate: RuleSetTotals;
  readonly inForce: RuleSetTotals;
  readonly difference: BacktestDifference;
  /** Changes first (added, removed, changed), of each the gravest first. */
  readonly subjects: readonly BacktestSubject[];
  /** Refused ones that are not among `subjects`. */
  readonly furtherSubjectCount: number;
  readonly remarks: readonly string[];
}

export interface RuleSetTotals {
  readonly refusedSubjectCount: number;
  readonly refusalCount: number;
  /** Slowed or challenged, and never refused. */
  readonly slowedSubjectCount: number;
  /** Of these the brake would have kept decisions back for a person. */
  readonly heldBackSubjectCount: number;
  readonly trips: readonly BrakeTrip[];
}

/** Subjects that are refused; one may be graver and later at once. */
export interface BacktestDifference {
  /** By the candidate alone. */
  readonly addedCount: number;
  /** By those in force alone. */
  readonly removedCount: number;
  readonly graverCount: number;
  readonly milderCount: number;
  readonly earlierCount: number;
  readonly laterCount: number;
  readonly sameCount: number;
}

export interface BacktestSubject {
  readonly scope: SubjectNote['scope'];
  readonly subject: string;
  readonly change: 'added' | 'removed' | 'changed' | 'same';
  /** Graver: a graver grade, or the same one for longer altogether. `null` unless both refuse. */
  readonly gravity: 'graver' | 'milder' | 'same' | null;
  /** When it is first refused. `null` unless both refuse. */
  readonly timing: 'earlier' | 'later' | 'same' | null;
  readonly candidate: SubjectOutcome | null;
  readonly inForce: SubjectOutcome | null;
}

export interface SubjectOutcome {
  readonly first: Refusal;
  readonly refusalCount: number;
  readonly gravest: Refusal['grade'];
  readonly lastUntilMs: number;
  readonly refusedMs: number;
}

interface Found {
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly read: {
    readonly firstRowMs: number | undefined;
    readonly rowCount: number;
    readonly actionCount: number;
  };
  readonly candidate: RuleSet;
  readonly inForce: RuleSet;
}

interface ReportOptions {
  readonly subjectsMax: number;
  /** Asked for each subject; a promise when the loop must run before the next. */
  readonly rest: () => Promise<void> | undefined;
}

export async function reportOf(found: Found, { subjectsMax, rest }: ReportOptions): Promise<BacktestReport> {
  const { range, read, candidate, inForce } = found;
  const totals = { candidate: new Totals(candidate), inForce: new Totals(inForce) };
  const top = new TopSubjects(subjectsMax);
  for (const [key, note] of candidate.notes) {
    await rest();
    totals.candidate.add(note);
    top.add(subjectOf(note, inForce.notes.get(key)));
  }
  for (const [key, note] of inForce.notes) {
    await rest();
    totals.inForce.add(note);
    if (candidate.notes.get(key) === undefined) top.add(subjectOf(undefined, note));
  }
  return {
    ...range,
    ...read,
    firstRowMs: read.firstRowMs ?? null,
    candidate: totals.candidate.result(),
    inForce: totals.inForce.result(),
    difference: top.difference,
    subjects: top.subjects,
    furtherSubjectCount: top.seenCount - top.subjects.length,
    remarks: remarksOf(found),
  };
}

class Totals {
  readonly #rules: RuleSet;
  #refused = 0;
  #slowed = 0;
  #heldBack = 0;

  constructor(rules: RuleSet) {
    this.#rules = rules;
  }

  add({ first, isSlowed, isHeldBack }: SubjectNote): void {
    if (first !== undefined) this.#refused++;
    else if (isSlowed) this.#slowed++;
    if (isHeldBack) this.#heldBack++;
  }

  result(): RuleSetTotals {
    return {
      refusedSubjectCount: this.#refused,
      refusalCount: this.#rules.refusalCount,
      slowedSubjectCount: this.#slowed,
      heldBackSubjectCount: this.#heldBack,
      trips: this.#rules.trips,
    };
  }
}

/** `undefined`: nobody refuses it. */
function subjectOf(
  candidate: SubjectNote | undefined,
  inForce: SubjectNote | undefined,
): BacktestSubject | undefined {
  const [ours, theirs] = [outcomeOf(candidate), outcomeOf(inForce)];
  const { scope, subject } = candidate ?? inForce ?? {};
  if (scope === undefined || subject === undefined) return undefined;
  const base = { scope, subject, candidate: ours, inForce: theirs, gravity: null, timing: null };
  if (ours === null) return theirs === null ? undefined : { ...base, change: 'removed' };
  if (theirs === null) return { ...base, change: 'added' };
  const gravity = gravityOf(ours, theirs);
  const timing = orderOf(ours.first.atMs, theirs.first.atMs, ['earlier', 'same', 'later'] as const);
  return { ...base, gravity, timing, change: gravity === 'same' && timing === 'same' ? 'same' : 'changed' };
}

function outcomeOf(note: SubjectNote | undefined): SubjectOutcome | null {
  if (note?.first === undefined) return null;
  const { first, refusalCount, gravest, lastUntilMs, refusedMs } = note;
  return { first, refusalCount, gravest, lastUntilMs, refusedMs };
}

function gravityOf(ours: SubjectOutcome, theirs: SubjectOutcome): 'graver' | 'milder' | 'same' {
  const byGrade = compareGrades(ours, theirs);
  return orderOf(byGrade === 0 ? ours.refusedMs : byGrade, byGrade === 0 ? theirs.refusedMs : 0, [
    'milder',
    'same',
    'graver',
  ]);
}

/** Above 0 when `a` is graver. */
function compareGrades(a: SubjectOutcome, b: SubjectOutcome): number {
  const [ours, theirs] = [a, b].map(({ gravest: grade }) => ({ kind: 'refuse', grade }) as const);
  if (ours === undefined || theirs === undefined) return 0;
  return Number(isAsGrave(ours, theirs)) - Number(isAsGrave(theirs, ours));
}

function orderOf<T, V extends number | string>(a: V, b: V, [less, equal, more]: readonly [T, T, T]): T {
  return a < b ? less : a > b ? more : equal;
}

const CHANGES: readonly BacktestSubject['change'][] = ['added', 'removed', 'changed', 'same'];

/** Keeps the first of an order, without sorting all of them in one slice. */
class TopSubjects {
  readonly subjects: BacktestSubject[] = [];
  readonly #max: number;
  seenCount = 0;
  readonly #counts = {
    addedCount: 0,
    removedCount: 0,
    graverCount: 0,
    milderCount: 0,
    earlierCount: 0,
    laterCount: 0,
    sameCount: 0,
  };

  constructor(max: number) {
    this.#max = max;
  }

  get difference(): BacktestDifference {
    return { ...this.#counts };
  }

  add(subject: BacktestSubject | undefined): void {
    if (subject === undefined) return;
    this.seenCount++;
    this.#count(subject);
    const last = this.subjects.at(-1);
    if (this.subjects.length >= this.#max && last !== undefined && rank(subject, last) >= 0) return;
    let at = 0;
    for (let end = this.subjects.length; at < end;) {
      const middle = (at + end) >> 1;
      const other = this.subjects[middle];
      if (other !== undefined && rank(subject, other) < 0) end = middle;
      else at = middle + 1;
    }
    this.subjects.splice(at, 0, subject);
    if (this.subjects.length > this.#max) this.subjects.pop();
  }

  #count({ change, gravity, timing }: BacktestSubject): void {
    if (change !== 'changed') {
      this.#counts[`${change}Count`]++;
      return;
    }
    if (gravity !== null && gravity !== 'same') this.#counts[`${gravity}Count`]++;
    if (timing !== null && timing !== 'same') this.#counts[`${timing}Count`]++;
  }
}

function rank(a: BacktestSubject, b: BacktestSubject): number {
  const byChange = CHANGES.indexOf(a.change) - CHANGES.indexOf(b.change);
  if (byChange !== 0) return byChange;
  const [ours, theirs] = [a.candidate ?? a.inForce, b.candidate ?? b.inForce];
  if (ours === null || theirs === null) return 0;
  const byGravity = compareGrades(theirs, ours) || theirs.refusedMs - ours.refusedMs;
  if (byGravity !== 0) return byGravity;
  return ours.first.atMs - theirs.first.atMs || orderOf(a.subject, b.subject, [-1, 0, 1]);
}

function remarksOf({ range, read, candidate, inForce }: Found): readonly string[] {
  const policies = [...candidate.policies, ...inForce.policies];
  const remarks: string[] = [];
  if (policies.some(({ isDynamic }) => isDynamic))
    remarks.push('thresholds of dynamic policies stand as written: the load of that time is not kept');
  if (read.firstRowMs === undefined) remarks.push('no action is stored for this range');
  else if (read.firstRowMs > range.fromMs)
    remarks.push(
      `actions are stored from ${new Date(read.firstRowMs).toISOString()} on: who was at it before is judged as if it began then`,
    );
  return remarks;
}
