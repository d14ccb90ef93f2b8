/** What the log still knows: decisions of the past, found by reading it from its end. */
import type { Slicer } from '@vedette/model';
import type { StateStore } from '../../store/state/port.ts';
import type { Decision, DecisionEvent } from './decision.ts';
import { applyToRecord, recordOf, type DecisionRecord } from './decision-record.ts';
import type { GuardEvent, LoggedDecisionEvent } from './guard-event.ts';
import { GUARD_LOG } from './journal.ts';

/** One read of the log: about 300 kB. */
const RECORDS_PER_READ = 500;

export interface HistoryDeps {
  readonly state: StateStore;
  readonly slicer: Slicer;
}

/**
 * Decisions that satisfy `isWanted`, newest first, as their events left them. What became of a decision stands after it
 * in the log, so on the way back its events come first and are kept until it comes. Reads no further than it must.
 */
export async function* readHistory(
  { state, slicer }: HistoryDeps,
  isWanted: (decision: Decision) => boolean,
): AsyncIterable<DecisionRecord> {
  const later = new Map<string, DecisionEvent[]>();
  for (let beforeSeq: number | undefined; ;) {
    const records = await state.logs.read(GUARD_LOG, {
      direction: 'backward',
      ...(beforeSeq === undefined ? {} : { beforeSeq }),
      limit: RECORDS_PER_READ,
    });
    for (const { value } of records) {
      const event = value as GuardEvent;
      if (event.kind === 'mode') continue;
      if (event.kind === 'made') {
        const { id } = event.decision;
        if (isWanted(event.decision)) yield foldedRecord(event, later.get(id) ?? []);
        later.delete(id);
      } else later.set(event.id, [...(later.get(event.id) ?? []), event]);
    }
    const last = records.at(-1);
    if (last === undefined) return;
    beforeSeq = last.seq;
    if (slicer.shouldYield()) await slicer.yield();
  }
}

function foldedRecord(
  made: LoggedDecisionEvent & { readonly kind: 'made' },
  laterBackwards: readonly DecisionEvent[],
): DecisionRecord {
  const record = recordOf(made.decision, made.isHeldBack === true);
  for (const event of [made, ...laterBackwards.toReversed()]) applyToRecord(record, event);
  return record;
}
