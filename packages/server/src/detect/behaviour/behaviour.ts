/**
 * Judges what users do: counts everybody cheaply, suspects exactly, and tells who is past a threshold.
 *
 * 1. Every row is counted as a metric, entered into the journal (`action-journal`), and added to the windows of the
 *    policies that count it (`policy-fronts`, sliding estimates for a million subjects). Refused attempts are shown and
 *    nothing else: who is refused and goes on trying does not make it worse.
 * 2. A subject whose estimate comes to half of a policy's smallest threshold is a suspect of it: it gets a meter
 *    (`exact-meter`), filled from the journal with what it did in the window before.
 * 3. Meters alone make a `Crossing`: no estimate, no sketch, no shared cell is ever a reason.
 *
 * Why that is right, for a policy that counts to T within W:
 *
 * - *Never too early.* A meter holds rows that were taken, each once, in buckets that lie wholly within W (`exact-meter`).
 *   It may lack rows; it has none too many. Who is at T or below is not told of, whatever the load.
 * - *On the crossing action.* Let the count within the meter's window pass T at some action. That window meets two of the fixed
 *   windows of the estimate, so one of them has more than T / 2 of it. At the action with which that one came to T / 2
 *   the estimate was T / 2 or more, since an estimate is never below the running fixed window: there, or before, the
 *   subject got its meter, which stays for as long as it has a row in the window. The journal gave it what was before. So
 *   it is exact at the crossing, and told. What "past T" means is W up to one bucket: 1 s, or W / 3600 if that is more.
 * - *When the journal is not whole* (more rows than it holds came within W), what was before the meter is missing: below
 *   T / 2 in each of two fixed windows, so who passes 2 T is told even so, and who stays above T is after W. A share is not judged
 *   before the window is whole: it has no lower bound.
 * - *When there is no room for suspects* the gravest stay (`suspects`), and `guard_suspect_evictions_total` counts.
 *
 * A factor that moves does not matter to this: suspects begin at half of the smallest threshold that can come.
 *
 * There are no timers here: all moves by `take` and `tick`, and the same rows at the same times give the same crossings.
 * A subject's clock is its newest row. The machine's clock may be set forward (counts fade) and back: by up to 30 s rows
 * just come late, beyond that everything is given up, which forgets at most one window.
 */
import type { ActionCount, HashSeed, MetricsRegistry, SubjectHash, SubjectKey } from '@vedette/sdk';
import { hashSeedOf, hashSubject } from '@vedette/sdk';
import { ActionJournal } from './action-journal.ts';
import { ActionKinds, type ActionKind } from './action-kinds.ts';
import { createBehaviourMetrics, type BehaviourMetrics } from './behaviour-metrics.ts';
import type { Crossing, CrossingSink } from './crossing-sink.ts';
import {
  moveFactor,
  targetFactorOf,
  type DynamicThresholds,
  type FactorState,
  type LoadReader,
} from './dynamic-thresholds.ts';
import { ExactMeter } from './exact-meter.ts';
import { frontsOf, suspectAtOf, type Front } from './policy-fronts.ts';
import type { Policy } from './policy.ts';
import { ROWS_PER_PIECE, RowPiece } from './row-piece.ts';
import { SuspectCensus } from './suspect-census.ts';
import { Suspects, type Suspect } from './suspects.ts';
import { watchedSubjects, type WatchReport } from './watch.ts';

export interface Behaviour {
  /**
   * Judges actions in the order of arrival; crossings are handed on before it returns, in one call. Satisfies
   * `ActionSink` but for its error: nothing waits here.
   */
  take(actions: readonly ActionCount[]): void;
  /** About once a second: moves the factor, forgets what is over, and reckons the gauges of suspects. One slice of each. */
  tick(nowMs: number): void;
  /** Takes the policies of a new configuration. Counts stay for those that count the same as before. */
  setPolicies(policies: readonly Policy[]): void;
  /** For a privacy request: nothing here names these subjects any more. What is left are numbers by a hash that dies with the process. */
  forget(subjects: readonly SubjectKey[]): void;
  /** Who is near a threshold at this moment, and the policies that say so (`watch.ts`). Changes nothing. */
  watch(nowMs: number): WatchReport;
  /** By which the thresholds of dynamic policies are multiplied now. */
  readonly factor: number;
  /** Users that did something within the minute before the newest action or tick. */
  readonly activeSubjects: number;
  /** Of all tables, allocated now. */
  readonly bytes: number;
}

export interface BehaviourDeps {
  readonly random: { fill(bytes: Uint8Array): Uint8Array };
  readonly metrics: MetricsRegistry;
  readonly crossings: CrossingSink;
  /** Absent: thresholds do not follow any load. */
  readonly load?: LoadReader;
}

export interface BehaviourOptions {
  readonly policies: readonly Policy[];
  /** `undefined`: thresholds stand as they are written. */
  readonly dynamic: DynamicThresholds | undefined;
  readonly limits: BehaviourLimits;
}

/** As in the configuration, see `config.ts`. */
export interface BehaviourLimits {
  readonly subjectsMax: number;
  readonly journalBytesMax: number;
  readonly suspectsBytesMax: number;
  /** Series of the counter by user; 0: there is none. */
  readonly userSeriesMax: number;
  readonly topSubjectsMax: number;
}

export function createBehaviour(deps: BehaviourDeps, options: BehaviourOptions): Behaviour {
  return new BehaviourJudge(deps, options);
}

class BehaviourJudge implements Behaviour {
  readonly #deps: BehaviourDeps;
  readonly #limits: BehaviourLimits;
  readonly #dynamic: DynamicThresholds | undefined;
  readonly #metrics: BehaviourMetrics;
  readonly #seed: HashSeed;
  readonly #kinds = new ActionKinds();
  /** Kinds beyond the limit of `#kinds`, until their counts are handed on. */
  readonly #strayKinds: ActionKind[] = [];
  readonly #suspects: Suspects;
  readonly #census: SuspectCensus;
  readonly #piece = new RowPiece();
  readonly #key = { high: 0, low: 0 };
  #policies: readonly Policy[] = [];
  #fronts: readonly Front[] = [];
  #journal: ActionJournal;
  #factor: FactorState = { factor: 1, isMoving: false, atMs: 0 };
  #crossings: Crossing[] = [];
  #newestMs = 0;
  #tickMs = 0;

  constructor(deps: BehaviourDeps, { policies, dynamic, limits }: BehaviourOptions) {
    this.#deps = deps;
    this.#limits = limits;
    this.#dynamic = dynamic;
    this.#seed = hashSeedOf(deps.random);
    this.#metrics = createBehaviourMetrics(deps.metrics, limits);
    this.#suspects = new Suspects({ bytesMax: limits.suspectsBytesMax });
    this.#census = new SuspectCensus(this.#suspects, limits.topSubjectsMax);
    this.#journal = new ActionJournal({ bytesMax: limits.journalBytesMax });
    this.setPolicies(policies);
    deps.metrics.onCollect(() => this.#showCounts());
  }

  get factor(): number {
    return this.#factor.factor;
  }

  get activeSubjects(): number {
    return this.#fronts[0]?.windows.activeSubjects(this.#newestMs) ?? 0;
  }

  get bytes(): number {
    return this.#frontBytes() + this.#journal.bytes + this.#suspects.bytes;
  }

  setPolicies(policies: readonly Policy[]): void {
    this.#policies = policies;
    this.#suspects.clear();
    this.#setFronts(this.#fronts);
    this.#census.restart(policies);
    this.#metrics.setThresholds(policies, this.factor);
  }

  take(actions: readonly ActionCount[]): void {
    for (let first = 0; first < actions.length; first += ROWS_PER_PIECE)
      this.#countPiece(actions.slice(first, first + ROWS_PER_PIECE));
    if (this.#crossings.length === 0) return;
    const crossings = this.#crossings;
    this.#crossings = [];
    for (const { policy } of crossings) this.#metrics.crossings.inc(1, policy.name);
    this.#deps.crossings.cross(crossings);
  }

  tick(nowMs: number): void {
    if (nowMs < this.#tickMs - BACK_MS_MAX) this.#reset();
    this.#tickMs = nowMs;
    this.#newestMs = nowMs;
    this.#moveFactor(nowMs);
    for (const { windows } of this.#fronts) windows.maintain(nowMs);
    this.#journal.trim(nowMs - Math.max(0, ...this.#policies.map(({ windowMs }) => windowMs)));
    if (this.#census.advance(nowMs, this.factor))
      this.#metrics.setSuspects(this.#policies, this.#census.overCounts, this.#census.topValues);
  }

  forget(subjects: readonly SubjectKey[]): void {
    const actions = [...new Set(this.#kinds.known().map(({ row }) => row.action))];
    for (const { scope, subject } of subjects) {
      const key = hashSubject(this.#seed, scope, subject, this.#key);
      const suspect = this.#suspects.find(key, scope, subject);
      if (suspect !== undefined) {
        this.#suspects.remove(suspect);
        this.#census.drop(suspect);
      }
      if (scope === 'user') this.#metrics.forgetUser?.(subject, actions);
    }
  }

  watch(nowMs: number): WatchReport {
    const policies = this.#policies;
    const subjects = watchedSubjects(
      {
        policies,
        factor: this.factor,
        nearest: this.#census.nearest,
        isThere: (suspect) => this.#suspects.list[suspect.place] === suspect,
        actionName: (action) => this.#kinds.actionName(action),
      },
      nowMs,
    );
    return { factor: this.factor, activeCount: this.activeSubjects, policies, subjects };
  }

  #countPiece(rows: readonly ActionCount[]): void {
    this.#piece.fill(rows, this.#seed, this.#kinds);
    this.#piece.warm(this.#journal, this.#suspects);
    this.#piece.kinds.forEach((kind, i) => {
      const row = rows[i];
      if (row === undefined) return;
      this.#piece.takeKey(i, this.#key);
      this.#count(row, kind);
    });
  }

  /** The hash of the row's subject is in `#key`. */
  #count(row: ActionCount, kind: ActionKind): void {
    kind.pending += row.count;
    if (kind.number === 0) this.#keepStray(kind);
    if (row.outcome === 'refused') return;
    this.#newestMs = Math.max(this.#newestMs, row.atMs);
    if (row.scope === 'user') this.#metrics.countOfUser?.(row.subject, row.action, row.count);
    const key = this.#key;
    this.#journal.append(key, { atMs: row.atMs, count: row.count, kind: kind.number });
    let suspect = this.#suspects.find(key, row.scope, row.subject);
    if (suspect !== undefined) this.#countSuspect(suspect, row, kind);
    for (const front of kind.fronts) {
      const estimate = front.windows.add(key, row.count, row.atMs);
      if (estimate >= front.suspectAt) suspect = this.#suspectIn(front, estimate, { suspect, key, row });
    }
  }

  #countSuspect(suspect: Suspect, row: ActionCount, kind: ActionKind): void {
    for (const index of kind.policies) {
      const meter = suspect.meters.get(index);
      const policy = this.#policies[index];
      if (meter === undefined || policy === undefined) continue;
      meter.add(row.atMs, row.count, kind.action);
      this.#judge(suspect, index, meter);
    }
    this.#suspects.measure(suspect);
  }

  /** The subject came to where at least one policy of the front looks closely. */
  #suspectIn(
    front: Front,
    estimate: number,
    { suspect: known, key, row }: { suspect: Suspect | undefined; key: SubjectHash; row: ActionCount },
  ): Suspect | undefined {
    let suspect = known;
    for (const index of front.policies) {
      const policy = this.#policies[index];
      if (policy === undefined || suspect?.meters.has(index) === true) continue;
      const suspectAt = suspectAtOf(policy, this.#factorMin);
      if (estimate < suspectAt) continue;
      const meter = this.#meterFromJournal(key, policy, row);
      // The window is known, and there is little in it: the estimate was the sketch's, or of a burst that is over.
      if (meter.isWhole && meter.sum < suspectAt / 2) continue;
      suspect ??= this.#suspects.admit(key, row.scope, row.subject, gravityOf(policy, meter));
      if (suspect === undefined) return undefined;
      suspect.meters.set(index, meter);
      this.#suspects.measure(suspect);
      this.#judge(suspect, index, meter);
    }
    return suspect;
  }

  #meterFromJournal(key: SubjectHash, policy: Policy, row: ActionCount): ExactMeter {
    const meter = new ExactMeter(policy);
    const index = this.#policies.indexOf(policy);
    const fromMs = row.atMs - policy.windowMs;
    const wholeFromMs = this.#journal.visit(key, fromMs, ({ atMs, count, kind: number }) => {
      const kind = this.#kinds.kindAt(number);
      if (kind?.policies.includes(index) === true) meter.add(atMs, count, kind.action);
      // Of what kind this was is not known any more: it may be missing here.
      else if (kind === undefined) meter.startAt(atMs + 1000);
    });
    meter.startAt(wholeFromMs);
    // Nor is the one in hand then.
    if (this.#kinds.kindOf(row).number === 0) meter.add(row.atMs, row.count, 0);
    return meter;
  }

  #judge(suspect: Suspect, index: number, meter: ExactMeter): void {
    const policy = this.#policies[index];
    if (policy === undefined) return;
    const gravity = gravityOf(policy, meter);
    suspect.gravity = suspect.meters.size === 1 ? gravity : Math.max(suspect.gravity, gravity);
    const factor = policy.isDynamic ? this.factor : 1;
    const measured = measureOf(policy, meter);
    let passed = -1;
    for (let i = 0; i < policy.steps.length; i++)
      if (measured.value > (policy.steps[i]?.over ?? Infinity) * factor) passed = i;
    const step = policy.steps[passed];
    if (step === undefined) return;
    const second = Math.floor(meter.newestMs / 1000);
    if (second === meter.toldSecond && passed <= meter.toldStep) return;
    meter.toldSecond = second;
    meter.toldStep = passed;
    this.#crossings.push({
      policy,
      step,
      scope: suspect.scope,
      subject: suspect.subject,
      atMs: meter.newestMs,
      evidence: {
        value: measured.value,
        threshold: step.over * factor,
        over: step.over,
        factor,
        windowMs: policy.windowMs,
        topActions: this.#topActions(measured.actions ?? meter.byAction()),
      },
    });
  }

  #topActions(counts: ReadonlyMap<number, number>): { action: string; count: number }[] {
    return Array.from(counts, ([action, count]) => ({ action: this.#kinds.actionName(action), count }))
      .toSorted((a, b) => b.count - a.count || (a.action < b.action ? -1 : 1))
      .slice(0, TOP_ACTIONS_MAX);
  }

  get #factorMin(): number {
    return this.#dynamic?.factorMin ?? 1;
  }

  #moveFactor(nowMs: number): void {
    if (this.#dynamic === undefined) return;
    const target = targetFactorOf(this.#dynamic, this.#deps.load?.read() ?? {}, this.activeSubjects);
    const before = this.factor;
    this.#factor = moveFactor(this.#dynamic, this.#factor, target, nowMs);
    if (this.factor !== before) this.#metrics.setThresholds(this.#policies, this.factor);
  }

  #setFronts(before: readonly Front[]): void {
    this.#fronts = frontsOf(this.#policies, {
      factorMin: this.#factorMin,
      subjectsMax: this.#limits.subjectsMax,
      before,
    });
    this.#kinds.setPolicies(this.#policies, this.#fronts);
  }

  #reset(): void {
    this.#metrics.resets.inc();
    this.#suspects.clear();
    this.#journal = new ActionJournal({ bytesMax: this.#limits.journalBytesMax });
    this.#setFronts([]);
    this.#census.restart(this.#policies);
  }

  #keepStray(kind: ActionKind): void {
    this.#strayKinds.push(kind);
    if (this.#strayKinds.length >= STRAY_KINDS_MAX) this.#countStrays();
  }

  #countStrays(): void {
    this.#metrics.countActions(this.#strayKinds);
    this.#strayKinds.length = 0;
  }

  #showCounts(): void {
    this.#metrics.countActions(this.#kinds.known());
    this.#countStrays();
    this.#metrics.setFronts(this.#fronts, this.#newestMs);
    this.#metrics.suspects.set(this.#suspects.list.length);
    this.#metrics.evictions.inc(this.#suspects.takeEvictions());
    this.#metrics.trackerBytes.set(this.#frontBytes(), 'windows');
    this.#metrics.trackerBytes.set(this.#journal.bytes, 'journal');
    this.#metrics.trackerBytes.set(this.#suspects.bytes, 'suspects');
  }

  #frontBytes(): number {
    return this.#fronts.reduce((sum, { windows }) => sum + windows.bytes, 0);
  }
}

interface Measured {
  readonly value: number;
  /** What a share rests on: the action of which there is most. */
  readonly actions?: ReadonlyMap<number, number>;
}

function measureOf({ measure }: Policy, meter: ExactMeter): Measured {
  if (measure.kind !== 'share') return { value: meter.sum };
  if (meter.sum < measure.minCount || !meter.isWhole) return { value: 0 };
  let action = 0;
  let most = 0;
  for (const [candidate, count] of meter.byAction()) {
    // Actions without a name are several, not one.
    if (candidate === 0 || count <= most) continue;
    action = candidate;
    most = count;
  }
  return { value: most / meter.sum, actions: new Map([[action, most]]) };
}

/** How far a subject is on its way to the first threshold. */
function gravityOf({ measure, steps }: Policy, meter: ExactMeter): number {
  return meter.sum / (measure.kind === 'share' ? measure.minCount : (steps[0]?.over ?? 1));
}

// Clocks are set by a few seconds all the time, which late rows bear; half of the smallest built-in window is lost at most.
const BACK_MS_MAX = 30_000;

// What a person reads at a glance.
const TOP_ACTIONS_MAX = 5;

// Kinds beyond the numbered ones wait for the next reading of the metrics, or for this many.
const STRAY_KINDS_MAX = 1000;
