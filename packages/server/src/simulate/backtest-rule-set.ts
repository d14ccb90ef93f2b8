/** One rule set of a backtest: detection and judgement of the server, and what they would have done to whom. */
import { ExecutionError, type Random } from '@vedette/model';
import { createMetricsRegistry, type ActionCount, type DecisionGrade, type SubjectScope } from '@vedette/sdk';
import { createBehaviour } from '../detect/behaviour/index.ts';
import type { Behaviour, BehaviourLimits, Crossing, Policy } from '../detect/index.ts';
import { GuardRehearsal, isAsGrave } from '../respond/guard/index.ts';
import type { Decision, GuardSettings } from '../respond/index.ts';

/** Windows of as many are 9 MB each, beside those of the server that goes on; beyond it they are estimated until suspect. */
const SUBJECTS_COUNTED_MAX = 250_000;

// 0.2 ms of work between two looks at the clock.
const EXPIRED_AT_ONCE_MAX = 64;

export interface RuleSetOptions {
  readonly policies: readonly Policy[];
  readonly settings: GuardSettings;
  readonly limits: BehaviourLimits;
  /** What ended before is not noted. */
  readonly fromMs: number;
  /** Subjects that are noted; one more is an error. */
  readonly notesMax: number;
}

/** A refusal that would have been. */
export interface Refusal {
  readonly atMs: number;
  readonly untilMs: number;
  readonly policy: string;
  /** The step's threshold, and what was measured. */
  readonly over: number;
  readonly value: number;
  readonly grade: DecisionGrade;
  readonly reason: string;
}

/** What would have become of one subject within the range. */
export interface SubjectNote {
  readonly scope: SubjectScope;
  readonly subject: string;
  refusalCount: number;
  /** `undefined`: it was never refused. */
  first: Refusal | undefined;
  gravest: DecisionGrade;
  lastUntilMs: number;
  /** The times of its refusals, added up. */
  refusedMs: number;
  isSlowed: boolean;
  /** By the brake, for a person to look at. */
  isHeldBack: boolean;
}

export interface BrakeTrip {
  readonly policy: string;
  readonly atMs: number;
  readonly reason: string;
}

export class RuleSet {
  /** By scope and subject. */
  readonly notes = new Map<string, SubjectNote>();
  readonly trips: BrakeTrip[] = [];
  readonly policies: readonly Policy[];
  refusalCount = 0;
  readonly #fromMs: number;
  readonly #notesMax: number;
  readonly #behaviour: Behaviour;
  readonly #rehearsal: GuardRehearsal;
  /** Ends of refusals by subject, also past ones: spares nearly every row the question to the book. */
  readonly #refusedUntil = new Map<SubjectScope, Map<string, number>>();
  #crossings: Crossing[] = [];

  constructor(
    deps: { readonly random: Random },
    { policies, settings, limits, fromMs, notesMax }: RuleSetOptions,
  ) {
    this.#fromMs = fromMs;
    this.#notesMax = notesMax;
    this.policies = policies.filter(({ mode }) => mode !== 'off').map((one) => ({ ...one, mode: 'enforce' }));
    this.#behaviour = createBehaviour(
      {
        random: deps.random,
        metrics: createMetricsRegistry(),
        crossings: { cross: (crossings) => void this.#crossings.push(...crossings) },
      },
      { policies: this.policies, dynamic: undefined, limits: backtestLimitsOf(limits) },
    );
    this.#rehearsal = new GuardRehearsal(deps, {
      policies: this.policies,
      settings: { ...settings, escalation: { ...settings.escalation, jitter: 0 } },
      activeSubjects: () => this.#behaviour.activeSubjects,
    });
  }

  get longestWindowMs(): number {
    return Math.max(0, ...this.policies.map(({ windowMs }) => windowMs));
  }

  /** Counts the row, unless its subject is refused at its time. Crossings wait for `takeCrossings`. */
  take(row: ActionCount): void {
    if (this.#isRefused(row)) return;
    // What another policy refused would have been an action; whether a good one, nobody knows.
    this.#behaviour.take([row.outcome === 'refused' ? { ...row, outcome: 'ok' } : row]);
  }

  takeCrossings(): readonly Crossing[] {
    const crossings = this.#crossings;
    if (crossings.length > 0) this.#crossings = [];
    return crossings;
  }

  judge(crossing: Crossing, nowMs: number): void {
    const judgement = this.#rehearsal.cross({ ...crossing, atMs: nowMs });
    if (judgement?.kind !== 'decide') return;
    const { decision, isHeldBack, trip } = judgement;
    if (trip !== undefined) this.trips.push({ policy: trip.policy, atMs: nowMs, reason: trip.reason });
    this.#keepEnd(decision);
    if (endOf(decision) <= this.#fromMs) return;
    const note = this.#noteOf(decision);
    note.isHeldBack ||= isHeldBack;
    if (!decision.isEnforced) return;
    if (decision.kind === 'refuse') this.#noteRefusal(note, decision, crossing);
    else note.isSlowed = true;
  }

  /** Ends some of the decisions that are over; says whether that were all. */
  expireSome(nowMs: number): boolean {
    return this.#rehearsal.expire(nowMs, EXPIRED_AT_ONCE_MAX) < EXPIRED_AT_ONCE_MAX;
  }

  tick(nowMs: number): void {
    this.#behaviour.tick(nowMs);
  }

  #isRefused(row: ActionCount): boolean {
    const untilMs = this.#refusedUntil.get(row.scope)?.get(row.subject) ?? 0;
    if (row.atMs >= untilMs) return false;
    const held = this.#rehearsal.holding(row, row.atMs);
    // A late row may be from before the decision.
    return held?.kind === 'refuse' && held.madeAtMs <= row.atMs;
  }

  #keepEnd(decision: Decision): void {
    const { scope, subject, kind, isEnforced } = decision;
    if (!isEnforced || kind !== 'refuse') return;
    const ends = this.#refusedUntil.get(scope) ?? new Map<string, number>();
    this.#refusedUntil.set(scope, ends);
    ends.set(subject, Math.max(ends.get(subject) ?? 0, endOf(decision)));
  }

  #noteOf({ scope, subject }: Decision): SubjectNote {
    const key = `${scope}\0${subject}`;
    const known = this.notes.get(key);
    if (known !== undefined) return known;
    if (this.notes.size >= this.#notesMax)
      throw new ExecutionError(
        'VED_GUARD_BACKTEST_LIMIT',
        `cannot backtest: more than ${this.#notesMax} subjects would be decided about (SUBJECTS_NOTED_MAX); raise thresholds or ask about a shorter range`,
      );
    const note: SubjectNote = {
      scope,
      subject,
      refusalCount: 0,
      first: undefined,
      gravest: 'temporary',
      lastUntilMs: 0,
      refusedMs: 0,
      isSlowed: false,
      isHeldBack: false,
    };
    this.notes.set(key, note);
    return note;
  }

  #noteRefusal(note: SubjectNote, decision: Decision, { step, evidence }: Crossing): void {
    const { madeAtMs: atMs, grade, policy, reason } = decision;
    const untilMs = endOf(decision);
    this.refusalCount++;
    note.refusalCount++;
    note.first ??= { atMs, untilMs, policy, over: step.over, value: evidence.value, grade, reason };
    if (isAsGrave({ kind: 'refuse', grade }, { kind: 'refuse', grade: note.gravest })) note.gravest = grade;
    note.lastUntilMs = Math.max(note.lastUntilMs, untilMs);
    note.refusedMs += untilMs - atMs;
  }
}

/** Policies make no decisions without an end. */
function endOf({ madeAtMs, untilMs }: Decision): number {
  return untilMs ?? madeAtMs;
}

function backtestLimitsOf(limits: BehaviourLimits): BehaviourLimits {
  const subjectsMax = Math.min(limits.subjectsMax, SUBJECTS_COUNTED_MAX);
  // Nobody reads its metrics.
  return { ...limits, subjectsMax, userSeriesMax: 0, topSubjectsMax: 0 };
}
