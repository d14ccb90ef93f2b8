/**
 * All that the guard knows now, in memory: decisions that hold or wait for a person, strikes, soft allows, and what
 * people thought of each policy's decisions. It changes by events alone (`apply`), the same ones that stand in the log,
 * so that a restart, a backtest and the running server cannot differ.
 *
 * 1. A decision is here while it holds or waits for review; afterwards only the log has it.
 * 2. Of a subject all that holds is kept: when the gravest ends, the next is in force. So nothing shortens a longer ban.
 * 3. Each entry carries the place in the log of the last event in it. Saved entries may therefore be newer than the
 *    checkpoint that was saved with them: replaying the tail of the log passes over what they know.
 * 4. What changed since it was last saved is in `changes`; the journal takes it from there.
 */
import { mentions, withoutMentions } from '../../lib/mentions.ts';
import type { Slicer } from '@vedette/model';
import type { LiveDecision, SubjectKey } from '@vedette/sdk';
import type { Decision, DecisionEvidence } from './decision.ts';
import {
  applyToRecord,
  endOf,
  holdOf,
  holdsAt,
  isHeldBackNow,
  liveOf,
  recordOf,
  type DecisionRecord,
} from './decision-record.ts';
import { ExpiryHeap } from './expiry-heap.ts';
import { gravestOf } from './gravity.ts';
import { BY_ALERT, PERSON_POLICY, type LoggedDecisionEvent } from './guard-event.ts';
import { addStrikes, isForgotten, NO_STRIKES, type Strikes } from './strikes.ts';
import { keyOf } from './subject-key.ts';

export interface SubjectAccount extends SubjectKey {
  enforced: Strikes;
  shadow: Strikes;
  /** End of the time after a lift; 0: there was none. */
  softAllowUntilMs: number;
  /** Alerts whose decisions people lifted, the last `LIFTED_ALERTS_MAX`: as long as they fire, they make none again. */
  liftedAlerts: readonly string[];
  seq: number;
}

export interface PolicyCounts {
  decisionCount: number;
  enforcedCount: number;
  rightCount: number;
  wrongCount: number;
  seq: number;
}

/** Rules that fire about one subject at a time: a handful. */
const LIFTED_ALERTS_MAX = 8;

/** An alert that still fires a week after its decision was lifted may make another one. */
const LIFTED_ALERTS_MS = 7 * 86_400_000;

export interface BookTimes {
  readonly halfLifeMs: number;
  readonly softAllowMs: number;
}

/** Keys of what changed since it was last taken. */
export interface BookChanges {
  readonly decisions: Set<string>;
  readonly subjects: Set<string>;
  readonly policies: Set<string>;
}

export class DecisionBook {
  readonly records = new Map<string, DecisionRecord>();
  readonly accounts = new Map<string, SubjectAccount>();
  readonly counts = new Map<string, PolicyCounts>();
  times: BookTimes;
  changes: BookChanges = noChanges();
  readonly #bySubject = new Map<string, DecisionRecord[]>();
  readonly #waiting = new Set<DecisionRecord>();
  readonly #expiries = new ExpiryHeap();

  constructor(times: BookTimes) {
    this.times = times;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Oldest first. */
  waiting(): readonly DecisionRecord[] {
    return [...this.#waiting];
  }

  recordsOf(key: SubjectKey): readonly DecisionRecord[] {
    return this.#bySubject.get(keyOf(key)) ?? [];
  }

  /** The gravest that holds and is in force. */
  liveFor(key: SubjectKey, nowMs: number): LiveDecision | undefined {
    const inForce = this.recordsOf(key).filter((record) => record.isEnforced && holdsAt(record, nowMs));
    const gravest = gravestOf(inForce.map((record) => ({ ...holdOf(record), record })));
    return gravest === undefined ? undefined : liveOf(gravest.record);
  }

  accountOf(key: SubjectKey): Readonly<SubjectAccount> | undefined {
    return this.accounts.get(keyOf(key));
  }

  /** Takes an event; `seq` is its place in the log. Returns the subject for whom something else may hold now. */
  apply(event: LoggedDecisionEvent, seq: number): SubjectKey | undefined {
    const known = this.records.get(event.kind === 'made' ? event.decision.id : event.id);
    // After a kill between two saves: whom it was about is gone, and with it what this event would change.
    if (event.kind !== 'made' && known === undefined) return undefined;
    const record = known ?? this.#add(event);
    if (record === undefined || record.seq >= seq) return undefined;
    record.seq = seq;
    const verdict = verdictOf(event, record.verdict);
    this.#count(record, event, verdict);
    this.#chargeSubject(record, event);
    record.verdict = verdict;
    applyToRecord(record, event);
    this.#settle(record, event);
    return record.decision;
  }

  /** Decisions whose time is over and that still count as holding, the earliest first. */
  takeExpired(nowMs: number, countMax = Number.POSITIVE_INFINITY): readonly DecisionRecord[] {
    const expired: DecisionRecord[] = [];
    while (expired.length < countMax) {
      const next = this.#expiries.peek();
      if (next === undefined || next.atMs > nowMs) break;
      this.#expiries.pop();
      const record = this.records.get(next.id);
      // Another end, or none: the heap has a later entry for it, or needs none.
      if (record !== undefined && record.ended === 'no' && endOf(record) === next.atMs) expired.push(record);
    }
    return expired;
  }

  /** When the next decision ends, perhaps; `undefined`: none does. */
  nextExpiryMs(): number | undefined {
    return this.#expiries.peek()?.atMs;
  }

  /** Has the decision come up when it ends: with another end, or once more when its end could not be written. */
  pushExpiry(record: DecisionRecord): void {
    const atMs = endOf(record);
    if (Number.isFinite(atMs) && record.ended === 'no') this.#expiries.push({ atMs, id: record.decision.id });
  }

  /** Takes in what was saved. */
  restore(record: DecisionRecord): void {
    this.#place(record);
    this.pushExpiry(record);
  }

  /** Drops strikes that are as good as forgotten. */
  async sweep(nowMs: number, slicer: Slicer): Promise<void> {
    for (const [key, { enforced, shadow, softAllowUntilMs, liftedAlerts }] of this.accounts) {
      if (slicer.shouldYield()) await slicer.yield();
      const { halfLifeMs } = this.times;
      const neededUntilMs = softAllowUntilMs + (liftedAlerts.length > 0 ? LIFTED_ALERTS_MS : 0);
      if (neededUntilMs > nowMs || !isForgotten(enforced, nowMs, halfLifeMs)) continue;
      if (!isForgotten(shadow, nowMs, halfLifeMs)) continue;
      this.accounts.delete(key);
      this.changes.subjects.add(key);
    }
  }

  /** Forgets a subject, with all its decisions. */
  forget(subject: SubjectKey): readonly string[] {
    const ids = this.recordsOf(subject).map(({ decision }) => decision.id);
    for (const record of this.recordsOf(subject)) this.#remove(record);
    if (this.accounts.delete(keyOf(subject))) this.changes.subjects.add(keyOf(subject));
    return ids;
  }

  /** Takes the id of an erased subject out of the words of decisions about others: those go on to hold. */
  redact(texts: readonly string[]): void {
    for (const record of this.records.values()) {
      if (!mentions([record.decision, record.events], texts)) continue;
      // The same id in another scope is another subject.
      const { scope, subject } = record.decision;
      record.decision = { ...withoutMentions(record.decision, texts), scope, subject };
      record.events.splice(0, Infinity, ...withoutMentions(record.events, texts));
      this.changes.decisions.add(record.decision.id);
    }
  }

  /** The log counts from 1 again and has nothing of what is here, and neither has what was saved. */
  beginAnew(): void {
    for (const [id, record] of this.records) {
      record.seq = 0;
      this.changes.decisions.add(id);
    }
    for (const [key, account] of this.accounts) {
      account.seq = 0;
      this.changes.subjects.add(key);
    }
    for (const [policy, counts] of this.counts) {
      counts.seq = 0;
      this.changes.policies.add(policy);
    }
  }

  takeChanges(): BookChanges {
    const { changes } = this;
    this.changes = noChanges();
    return changes;
  }

  /** What was taken could not be saved. */
  giveBack({ decisions, subjects, policies }: BookChanges): void {
    for (const key of decisions) this.changes.decisions.add(key);
    for (const key of subjects) this.changes.subjects.add(key);
    for (const key of policies) this.changes.policies.add(key);
  }

  #add(event: LoggedDecisionEvent): DecisionRecord | undefined {
    if (event.kind !== 'made') return undefined;
    const record = recordOf(event.decision, event.isHeldBack === true);
    this.#place(record);
    this.pushExpiry(record);
    return record;
  }

  #place(record: DecisionRecord): void {
    const { id } = record.decision;
    const key = keyOf(record.decision);
    this.records.set(id, record);
    const siblings = this.#bySubject.get(key);
    if (siblings === undefined) this.#bySubject.set(key, [record]);
    else siblings.push(record);
    if (record.isWaiting) this.#waiting.add(record);
  }

  /** After an event: in the review queue or not, another end, or nothing to remember. */
  #settle(record: DecisionRecord, event: LoggedDecisionEvent): void {
    this.changes.decisions.add(record.decision.id);
    if (record.isWaiting) this.#waiting.add(record);
    else this.#waiting.delete(record);
    const isFinal = record.ended === 'lifted' || (record.ended === 'expired' && !record.isWaiting);
    if (isFinal) this.#remove(record);
    else if (event.kind === 'changed' || event.kind === 'approved') this.pushExpiry(record);
  }

  #remove(record: DecisionRecord): void {
    const { id } = record.decision;
    const key = keyOf(record.decision);
    const rest = (this.#bySubject.get(key) ?? []).filter((other) => other !== record);
    if (rest.length === 0) this.#bySubject.delete(key);
    else this.#bySubject.set(key, rest);
    this.records.delete(id);
    this.#waiting.delete(record);
    this.changes.decisions.add(id);
  }

  #count(record: DecisionRecord, event: LoggedDecisionEvent, next: DecisionRecord['verdict']): void {
    const { decision, verdict, isEnforced, seq } = record;
    const counts = this.counts.get(decision.policy) ?? noCounts();
    if (counts.seq >= seq) return;
    counts.seq = seq;
    this.counts.set(decision.policy, counts);
    this.changes.policies.add(decision.policy);
    if (event.kind === 'made') {
      counts.decisionCount++;
      if (isEnforced) counts.enforcedCount++;
    }
    if (event.kind === 'approved' && isHeldBackNow(record)) counts.enforcedCount++;
    if (next === verdict) return;
    if (verdict === 'right') counts.rightCount--;
    if (verdict === 'wrong') counts.wrongCount--;
    if (next === 'right') counts.rightCount++;
    else counts.wrongCount++;
  }

  #chargeSubject(record: DecisionRecord, event: LoggedDecisionEvent): void {
    const { decision, seq } = record;
    const by = strikesOf(record, event);
    const isLift = event.kind === 'lifted' && event.by !== BY_ALERT;
    if (by === 0 && !isLift) return;
    const key = keyOf(decision);
    const account = this.accounts.get(key) ?? newAccount(decision);
    if (account.seq >= seq) return;
    account.seq = seq;
    const book = decision.isEnforced || event.kind === 'approved' ? 'enforced' : 'shadow';
    account[book] = addStrikes(account[book], by, event.atMs, this.times.halfLifeMs);
    if (isLift) account.softAllowUntilMs = event.atMs + this.times.softAllowMs;
    if (isLift && decision.evidence.kind === 'alert')
      account.liftedAlerts = [...account.liftedAlerts, alertKeyOf(decision.evidence)].slice(
        -LIFTED_ALERTS_MAX,
      );
    this.accounts.set(key, account);
    this.changes.subjects.add(key);
  }
}

/** A decision that only slows is no strike; one that made a standing one graver is the same offence. */
function strikesOf(record: DecisionRecord, event: LoggedDecisionEvent): number {
  if (!isStrike(record.decision)) return 0;
  if (event.kind === 'made') return 1;
  // In force from now on: until here it was on the account of what is only recorded.
  if (event.kind === 'approved') return isHeldBackNow(record) ? 1 : 0;
  return event.kind === 'lifted' && event.by !== BY_ALERT ? -1 : 0;
}

export function isStrike({ kind, policy, isSameOffence }: Decision): boolean {
  return kind !== 'slow' && policy !== PERSON_POLICY && isSameOffence !== true;
}

/** To prolong a decision, or to approve it, says that it was right. */
function verdictOf(event: LoggedDecisionEvent, before: DecisionRecord['verdict']): DecisionRecord['verdict'] {
  if (event.kind === 'approved' || event.kind === 'changed') return 'right';
  return event.kind === 'lifted' && event.by !== BY_ALERT ? 'wrong' : before;
}

/** By which an alert is known that comes again: what it is about, and since when. */
export function alertKeyOf({
  fingerprint,
  startsAtMs,
}: DecisionEvidence & { readonly kind: 'alert' }): string {
  return `${fingerprint}@${startsAtMs}`;
}

function newAccount({ scope, subject }: SubjectKey): SubjectAccount {
  return {
    scope,
    subject,
    enforced: NO_STRIKES,
    shadow: NO_STRIKES,
    softAllowUntilMs: 0,
    liftedAlerts: [],
    seq: 0,
  };
}

function noCounts(): PolicyCounts {
  return { decisionCount: 0, enforcedCount: 0, rightCount: 0, wrongCount: 0, seq: 0 };
}

function noChanges(): BookChanges {
  return { decisions: new Set(), subjects: new Set(), policies: new Set() };
}
