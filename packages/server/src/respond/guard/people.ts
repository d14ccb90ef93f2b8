/** What people decide: each a checked request, an event with name and reason, one after the other. */
import { InputError, type Clock, type Random } from '@vedette/model';
import type { DecisionBook } from './decision-book.ts';
import { holdsAt, isHeldBackNow, viewOf, type DecisionRecord } from './decision-record.ts';
import type { Decision } from './decision.ts';
import { BY_ALERT, PERSON_POLICY, type GuardEvent, type LoggedDecisionEvent } from './guard-event.ts';
import type { BanRequest, DecisionView, GuardService, Reviewer } from './port.ts';
import { requireSubject } from './subject-key.ts';

/** A name, not a text. */
const NAME_CHARACTERS_MAX = 200;
/** A paragraph. */
const REASON_CHARACTERS_MAX = 2000;
/** Shorter bans of a person are called temporary, longer ones extended. */
const TEMPORARY_MS_MAX = 15 * 60_000;
/** Of one subject at one time, all that hold: policies make a few, people more only by mistake. */
export const HOLDS_PER_SUBJECT_MAX = 32;

export interface PeopleDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly book: DecisionBook;
  readonly commit: (events: readonly GuardEvent[]) => Promise<void>;
  /** From the log, for those that the book no longer has. */
  readonly find: (id: string) => Promise<DecisionView | undefined>;
  readonly isAllowed: (request: BanRequest) => boolean;
}

type Actions = Pick<GuardService, 'ban' | 'lift' | 'extend' | 'makePermanent' | 'approve'>;

export class People implements Actions {
  readonly #deps: PeopleDeps;
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  /** Runs tasks one after the other: each sees what the one before it changed. */
  async alone<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#last.then(task, task);
    this.#last = run.catch(() => undefined);
    return await run;
  }

  async ban(request: BanRequest): Promise<Decision> {
    requireSubject(request);
    requireReviewer(request);
    return await this.alone(async () => {
      const nowMs = this.#deps.clock.nowMs();
      this.#requireBan(request, nowMs);
      const decision = this.#decisionOf(request, nowMs);
      await this.#deps.commit([{ kind: 'made', atMs: nowMs, decision }]);
      return decision;
    });
  }

  async lift(id: string, by: Reviewer): Promise<void> {
    await this.#change(id, by, (_, said) => ({ kind: 'lifted', ...said }));
  }

  async extend(id: string, untilMs: number, by: Reviewer): Promise<void> {
    await this.#change(id, by, (record, said) => {
      assertInForce(record, said.atMs);
      const { grade, untilMs: currentMs } = record;
      if (!isTime(untilMs) || currentMs === null || untilMs <= currentMs)
        throw refusal(
          `cannot extend decision "${id}": the new end must be later than the current one; got ${timeText(untilMs)}, current end ${timeText(currentMs)}; lift the decision to end it early`,
        );
      return { kind: 'changed', ...said, grade, untilMs };
    });
  }

  async makePermanent(id: string, by: Reviewer): Promise<void> {
    await this.#change(id, by, (record, said) => {
      assertInForce(record, said.atMs);
      return { kind: 'changed', ...said, grade: 'permanent', untilMs: null };
    });
  }

  async approve(id: string, by: Reviewer): Promise<void> {
    await this.#change(id, by, (_, said) => ({ kind: 'approved', ...said }));
  }

  /** A subject's words. `check` throws when they come too late. */
  async appeal(id: string, text: string, check: (view: DecisionView) => void): Promise<void> {
    await this.alone(async () => {
      const atMs = this.#deps.clock.nowMs();
      check(viewOf(await this.#require(id), atMs));
      await this.#deps.commit([{ kind: 'appealed', atMs, id, text }]);
    });
  }

  async #change(
    id: string,
    { by, reason }: Reviewer,
    eventOf: (record: DecisionRecord, said: Said) => LoggedDecisionEvent,
  ): Promise<void> {
    requireReviewer({ by, reason });
    await this.alone(async () => {
      const record = await this.#require(id);
      await this.#deps.commit([eventOf(record, { atMs: this.#deps.clock.nowMs(), id, by, reason })]);
    });
  }

  async #require(id: string): Promise<DecisionRecord> {
    const record = this.#deps.book.records.get(id);
    if (record !== undefined) return record;
    const past = await this.#deps.find(id);
    if (past === undefined) throw unknownDecision(id);
    throw refusal(`cannot change decision "${id}": it is over; got state "${past.state}"`);
  }

  #requireBan(request: BanRequest, nowMs: number): void {
    const { untilMs } = request;
    if (untilMs !== null && (!isTime(untilMs) || untilMs <= nowMs))
      throw refusal(`cannot ban a subject: the end must be in the future; got ${timeText(untilMs)}`);
    if (this.#deps.isAllowed(request))
      throw refusal('cannot ban a subject: it is on the allow list; take it off guard.allow first');
    if (this.#deps.book.recordsOf(request).length >= HOLDS_PER_SUBJECT_MAX)
      throw refusal(
        `cannot ban a subject: ${HOLDS_PER_SUBJECT_MAX} decisions about it are open, as many as may be; lift some first`,
      );
  }

  #decisionOf({ scope, subject, kind = 'refuse', untilMs, by, reason }: BanRequest, nowMs: number): Decision {
    const timed = untilMs !== null && untilMs - nowMs <= TEMPORARY_MS_MAX ? 'temporary' : 'extended';
    return {
      id: this.#deps.random.uuid(),
      scope,
      subject,
      kind,
      grade: untilMs === null ? 'permanent' : timed,
      level: 1,
      madeAtMs: nowMs,
      untilMs,
      reason,
      policy: PERSON_POLICY,
      policyVersion: '',
      mode: 'enforce',
      isEnforced: true,
      evidence: { kind: 'person', by },
    };
  }
}

interface Said {
  readonly atMs: number;
  readonly id: string;
  readonly by: string;
  readonly reason: string;
}

export function requireReviewer({ by, reason }: Reviewer): void {
  if (by.trim() === '' || by.length > NAME_CHARACTERS_MAX || by === BY_ALERT)
    throw refusal(
      `cannot decide: who decides must be a name of 1 to ${NAME_CHARACTERS_MAX} characters other than "${BY_ALERT}"; got ${by.length}`,
    );
  if (reason.trim() === '' || reason.length > REASON_CHARACTERS_MAX)
    throw refusal(
      `cannot decide: a reason of 1 to ${REASON_CHARACTERS_MAX} characters is wanted; got ${reason.length}`,
    );
}

export function unknownDecision(id: string): InputError {
  return new InputError('VED_GUARD_NOT_FOUND', `cannot find decision "${id.slice(0, 80)}": there is none`);
}

function assertInForce(record: DecisionRecord, nowMs: number): void {
  const { id } = record.decision;
  if (isHeldBackNow(record))
    throw refusal(`cannot change decision "${id}": a blast-radius stop holds it back; approve it first`);
  if (!record.isEnforced || !holdsAt(record, nowMs))
    throw refusal(`cannot change decision "${id}": it is not in force; ban the subject instead`);
}

/** What a Date can hold: later times cannot be printed. */
const TIME_MS_MAX = 8.64e15;

function isTime(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0 && ms <= TIME_MS_MAX;
}

function timeText(ms: number | null): string {
  if (ms === null) return 'none';
  return isTime(ms) ? new Date(ms).toISOString() : String(ms);
}

function refusal(message: string): InputError {
  return new InputError('VED_GUARD_INVALID', message);
}
