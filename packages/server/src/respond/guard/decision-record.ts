import type { Decision, DecisionEvent } from './decision.ts';
import type { Hold } from './gravity.ts';
import type { DecisionView } from './port.ts';
import type { LiveDecision } from '@vedette/sdk';

/** A decision with what became of it. Only `DecisionBook` (and the history, for its own copies) changes one. */
export interface DecisionRecord {
  /** Replaced when words are taken out of it. */
  decision: Decision;
  readonly isHeldBack: boolean;
  grade: Decision['grade'];
  untilMs: number | null;
  /** Whether somebody is refused for it while it holds. */
  isEnforced: boolean;
  ended: 'no' | 'expired' | 'lifted';
  isWaiting: boolean;
  verdict: 'none' | 'right' | 'wrong';
  appealCount: number;
  /** After it was made: the first `EVENTS_PER_DECISION_MAX`; the log has all. */
  readonly events: DecisionEvent[];
  /** Place in the log of the last event in it. */
  seq: number;
}

/** A decision that people argue about has a dozen; beyond this only the log grows. */
export const EVENTS_PER_DECISION_MAX = 100;

/** A week: nobody who looks at the queue once in a working week misses one; later its evidence says nothing any more. */
const HELD_BACK_MS = 7 * 86_400_000;

export function recordOf(decision: Decision, isHeldBack: boolean): DecisionRecord {
  const { grade, untilMs, isEnforced } = decision;
  const isWaiting = isHeldBack || (isEnforced && grade === 'review_required');
  return {
    decision,
    isHeldBack,
    grade,
    untilMs,
    isEnforced,
    ended: 'no',
    isWaiting,
    verdict: 'none',
    appealCount: 0,
    events: [],
    seq: 0,
  };
}

/** Takes an event that is about the decision. The same code serves what happens now, a restart, and the history. */
export function applyToRecord(record: DecisionRecord, event: DecisionEvent): void {
  if (event.kind !== 'made' && record.events.length < EVENTS_PER_DECISION_MAX) record.events.push(event);
  switch (event.kind) {
    case 'made':
      return;
    case 'lifted':
      record.ended = 'lifted';
      record.isWaiting = false;
      return;
    case 'expired':
      if (record.ended === 'no') record.ended = 'expired';
      return;
    case 'changed':
      record.grade = event.grade;
      record.untilMs = event.untilMs;
      record.isWaiting = false;
      return;
    case 'approved':
      if (isHeldBackNow(record)) release(record, event.atMs);
      record.isWaiting = false;
      return;
    case 'appealed':
      record.appealCount++;
      record.isWaiting = true;
  }
}

/** What a brake held back is in force once a person says that it is right: as long as decided, from then on. */
function release(record: DecisionRecord, nowMs: number): void {
  const { untilMs, madeAtMs } = record.decision;
  record.isEnforced = true;
  record.untilMs = untilMs === null ? null : nowMs + untilMs - madeAtMs;
}

export function isHeldBackNow({ isHeldBack, isEnforced, isWaiting, ended }: DecisionRecord): boolean {
  return isHeldBack && !isEnforced && isWaiting && ended === 'no';
}

/** When it is over; what is held back waits for its person, if not forever. */
export function endOf(record: DecisionRecord): number {
  if (isHeldBackNow(record)) return record.decision.madeAtMs + HELD_BACK_MS;
  return record.untilMs ?? Number.POSITIVE_INFINITY;
}

export function holdsAt(record: DecisionRecord, nowMs: number): boolean {
  return record.ended === 'no' && endOf(record) > nowMs;
}

export function holdOf({ decision, grade, untilMs }: DecisionRecord): Hold {
  return { kind: decision.kind, grade, untilMs };
}

export function liveOf({ decision, grade, untilMs }: DecisionRecord): LiveDecision {
  const { id, scope, subject, kind, level, madeAtMs, reason, policy } = decision;
  return { id, scope, subject, kind, grade, level, madeAtMs, untilMs, reason, policy };
}

export function viewOf(record: DecisionRecord, nowMs: number): DecisionView {
  const { decision, grade, untilMs, events } = record;
  const made: DecisionEvent = { kind: 'made', atMs: decision.madeAtMs, decision };
  return { decision, grade, untilMs, state: stateOf(record, nowMs), events: [made, ...events] };
}

function stateOf(record: DecisionRecord, nowMs: number): DecisionView['state'] {
  if (record.ended === 'lifted') return 'lifted';
  if (!holdsAt(record, nowMs)) return 'expired';
  if (isHeldBackNow(record)) return 'held-back';
  return record.isEnforced ? 'live' : 'shadow';
}
