/**
 * From an offence to a decision: the whole judgement, without disk, timers or network. What it rests on are two books
 * and the time it is told, so a backtest drives the very same code over stored actions.
 *
 *  1. Nobody on the allow list is decided about, nor by a policy that is off.
 *  2. Soft allow: whom a person let go is left alone for a while, or until the measure is far above the threshold.
 *  3. Mode: shadow records, a canary is in force for the subjects that a hash picks, enforce for all.
 *  4. A decision that is as grave and holds, in force or recorded alike, makes a further one needless: nothing is
 *     ever shortened. A graver one is made beside it and is the same offence.
 *  5. Ladder: the strikes of the subject make grade and time graver, never milder. No ladder reaches `permanent`.
 *  6. Brake: what would be in force is counted. One too many, and the policy is put into shadow; this decision and
 *     those after it are held back for a person.
 *
 * Limits: it counts no actions. A crossing that goes on after a decision ended is a new offence, since refused attempts
 * do not count and so cannot be what keeps it going.
 */
import type { Random } from '@vedette/model';
import type { DecisionGrade, DecisionKind, SubjectKey } from '@vedette/sdk';
import type { Crossing, PolicyMode } from '../../detect/index.ts';
import { AllowList } from './allow-list.ts';
import type { GuardSettings } from './config.ts';
import { alertKeyOf, type DecisionBook } from './decision-book.ts';
import { holdOf, holdsAt, type DecisionRecord } from './decision-record.ts';
import type { Decision, DecisionEvidence } from './decision.ts';
import { graverGrade, isAsGrave } from './gravity.ts';
import type { ModeEvent } from './guard-event.ts';
import type { PolicyBook, PolicyEntry } from './policy-book.ts';
import { NO_STRIKES, nextLevel } from './strikes.ts';
import { findSubjectFault, hash32, keyOf } from './subject-key.ts';

/** What a policy or an alert asks for. */
export interface Offence extends SubjectKey {
  readonly policy: string;
  readonly kind: DecisionKind;
  readonly grade: Exclude<DecisionGrade, 'permanent'>;
  readonly forMs: number;
  readonly reason: string;
  readonly evidence: DecisionEvidence;
}

/** Why an offence led to no decision. */
export type PassReason =
  | 'holds'
  | 'allowed'
  | 'soft_allow'
  | 'lifted'
  | 'off'
  | 'unknown_policy'
  | 'invalid_subject'
  | 'full';

export type Judgement =
  | { readonly kind: 'pass'; readonly why: PassReason }
  /** `trip`: the brake of the policy was pulled by this one. */
  | {
      readonly kind: 'decide';
      readonly decision: Decision;
      readonly isHeldBack: boolean;
      readonly trip: ModeEvent | undefined;
    };

export interface JudgeDeps {
  readonly random: Random;
  readonly book: DecisionBook;
  readonly policies: PolicyBook;
  /** Subjects that did anything lately; 0 when nobody knows. */
  readonly activeSubjects: () => number;
}

/** Each that holds or waits takes 1.2 kB: 180 MB are what memory has room for. Beyond it policies decide nothing more. */
export const DECISIONS_OPEN_MAX = 150_000;

/** What a person could look through in days; beyond it a tripped policy only records. */
export const HELD_BACK_MAX = 20_000;

export class Judge {
  readonly #deps: JudgeDeps;
  #settings: GuardSettings;
  #allow: AllowList;

  constructor(deps: JudgeDeps, settings: GuardSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#allow = new AllowList(settings.allow);
  }

  apply(settings: GuardSettings): void {
    this.#settings = settings;
    this.#allow = new AllowList(settings.allow);
  }

  judge(offence: Offence, nowMs: number): Judgement {
    const { book, policies } = this.#deps;
    const entry = policies.find(offence.policy);
    if (entry === undefined) return pass('unknown_policy');
    const mode = policies.modeOf(entry);
    const why = this.#findPass(offence, mode, nowMs);
    if (why !== undefined) return pass(why);
    const isEnforced = mode === 'enforce' || (mode === 'canary' && isCanary(offence, entry));
    const holding = book.recordsOf(offence).filter((record) => holdsAt(record, nowMs));
    const wanted = { kind: offence.kind, ...this.#sentence(offence, isEnforced, holding, nowMs) };
    if (holding.some((record) => covers(record, isEnforced) && isAsGrave(holdOf(record), wanted)))
      return pass('holds');
    const trip = isEnforced ? this.#brake(entry, nowMs) : undefined;
    const isInForce = isEnforced && trip === undefined;
    const isHeldBack = !isInForce && this.#isHeldBack(entry, trip);
    const decision = this.#decide(
      offence,
      entry,
      { ...wanted, mode: isInForce ? mode : 'shadow' },
      isInForce,
      nowMs,
    );
    return { kind: 'decide', decision, isHeldBack, trip };
  }

  #findPass(offence: Offence, mode: PolicyMode, nowMs: number): PassReason | undefined {
    const { book } = this.#deps;
    if (mode === 'off') return 'off';
    if (findSubjectFault(offence) !== undefined) return 'invalid_subject';
    if (this.#allow.has(offence)) return 'allowed';
    const alertKey = offence.evidence.kind === 'alert' ? alertKeyOf(offence.evidence) : undefined;
    if (alertKey !== undefined && this.#isAlertDone(offence, alertKey, nowMs)) return 'holds';
    if (this.#isSoftAllowed(offence, nowMs)) return 'soft_allow';
    if (alertKey !== undefined && book.accountOf(offence)?.liftedAlerts.includes(alertKey) === true)
      return 'lifted';
    return book.records.size >= DECISIONS_OPEN_MAX ? 'full' : undefined;
  }

  /** The very alert has its decision, and that holds. */
  #isAlertDone(offence: Offence, alertKey: string, nowMs: number): boolean {
    return this.#deps.book.recordsOf(offence).some((record) => {
      const { evidence } = record.decision;
      return evidence.kind === 'alert' && alertKeyOf(evidence) === alertKey && holdsAt(record, nowMs);
    });
  }

  #isSoftAllowed(offence: Offence, nowMs: number): boolean {
    const untilMs = this.#deps.book.accountOf(offence)?.softAllowUntilMs ?? 0;
    // The second condition: a clock that was set back must not make it last for days.
    if (nowMs >= untilMs || untilMs - nowMs > this.#settings.soft_allow.for) return false;
    const { raise } = this.#settings.soft_allow;
    if (raise === undefined || offence.evidence.kind !== 'crossing') return true;
    return offence.evidence.value <= offence.evidence.threshold * raise;
  }

  /** Grade, time and strike by the ladder. */
  #sentence(
    offence: Offence,
    isEnforced: boolean,
    holding: readonly DecisionRecord[],
    nowMs: number,
  ): Sentence {
    const { half_life: halfLifeMs, ladder } = this.#settings.escalation;
    const account = this.#deps.book.accountOf(offence);
    const strikes = (isEnforced ? account?.enforced : account?.shadow) ?? NO_STRIKES;
    const isSameOffence = holding.some(
      (record) => covers(record, isEnforced) && record.decision.kind !== 'slow',
    );
    const next = nextLevel(strikes, nowMs, halfLifeMs);
    const level = isSameOffence ? Math.max(1, next - 1) : next;
    const { grade, forMs } = offence;
    if (offence.kind === 'slow') return { grade, forMs, level, isSameOffence: false };
    const rung = ladder.findLast(({ strikes: from }) => level >= from);
    return {
      grade: rung === undefined ? grade : graverGrade(grade, rung.grade),
      forMs: Math.max(forMs, rung?.for ?? 0),
      level,
      isSameOffence,
    };
  }

  /** Counts one that would be in force; the event that puts the policy into shadow when it is one too many. */
  #brake(entry: PolicyEntry, nowMs: number): ModeEvent | undefined {
    const reason = entry.brake.take(nowMs, this.#deps.activeSubjects(), this.#settings.blast_radius);
    if (reason === undefined) return undefined;
    const { name, configuration } = entry;
    const trip: ModeEvent = {
      kind: 'mode',
      atMs: nowMs,
      policy: name,
      configuration,
      mode: 'shadow',
      by: 'blast radius',
      reason,
      isTrip: true,
    };
    // At once, before it is written: the next offence of the same moment must meet the brake.
    this.#deps.policies.applyEvent(trip);
    return trip;
  }

  #isHeldBack(entry: PolicyEntry, trip: ModeEvent | undefined): boolean {
    const { book, policies } = this.#deps;
    return (trip ?? policies.trippedOf(entry)) !== undefined && book.waitingCount < HELD_BACK_MAX;
  }

  #decide(
    offence: Offence,
    entry: PolicyEntry,
    sentence: Sentence & { readonly mode: PolicyMode },
    isEnforced: boolean,
    nowMs: number,
  ): Decision {
    const { random } = this.#deps;
    const { scope, subject, kind, reason, evidence } = offence;
    const jitter = 1 + random.float() * this.#settings.escalation.jitter;
    const { grade, level, isSameOffence, forMs, mode } = sentence;
    return {
      id: random.uuid(),
      scope,
      subject,
      kind,
      grade,
      level,
      ...(isSameOffence ? { isSameOffence } : {}),
      madeAtMs: nowMs,
      untilMs: nowMs + Math.round(forMs * jitter),
      reason,
      policy: entry.name,
      policyVersion: entry.version,
      mode: mode === 'off' ? 'shadow' : mode,
      isEnforced,
      evidence,
    };
  }
}

interface Sentence {
  readonly grade: DecisionGrade;
  readonly forMs: number;
  readonly level: number;
  readonly isSameOffence: boolean;
}

/** `undefined` for a step that only warns. */
export function offenceOf({ policy, step, scope, subject, evidence }: Crossing): Offence | undefined {
  if (step.decide === 'warn') return undefined;
  const { grade, forMs } = step;
  const reason = reasonOf(policy.measure.kind, evidence);
  return {
    scope,
    subject,
    policy: policy.name,
    kind: step.decide,
    grade,
    forMs,
    reason,
    evidence: { kind: 'crossing', ...evidence },
  };
}

function reasonOf(
  measure: 'actions' | 'errors' | 'share',
  { value, threshold, windowMs, topActions }: Crossing['evidence'],
): string {
  const window = `${windowMs / 1000} s`;
  if (measure !== 'share') return `${round(value)} ${measure} in ${window}; the limit is ${round(threshold)}`;
  const action = topActions[0]?.action ?? 'one action';
  return `${round(value * 100)} % of actions in ${window} are ${action}; the limit is ${round(threshold * 100)} %`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * Whether a decision that holds stands for one that would come. One in force stands for both; one that is only
 * recorded does not stand for one that would be in force, unless it waits for a person.
 */
function covers(record: DecisionRecord, isEnforced: boolean): boolean {
  return record.isEnforced || !isEnforced || record.isHeldBack;
}

/** The same subjects every time, others for each policy; who is in at 5 % stays in at 10 %. */
function isCanary(subject: SubjectKey, { name, canaryPercent }: PolicyEntry): boolean {
  return hash32(`${name}\0${keyOf(subject)}`) % 10_000 < canaryPercent * 100;
}

function pass(why: PassReason): Judgement {
  return { kind: 'pass', why };
}
