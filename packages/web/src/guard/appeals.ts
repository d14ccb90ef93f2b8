import type { GuardDecision } from '@vedette/api';

/** What became of an appeal. `over`: the decision ended before anybody answered. */
export type AppealState = 'open' | 'accepted' | 'refused' | 'over';

export interface Appeal {
  readonly decision: GuardDecision;
  readonly atMs: number;
  readonly text: string;
  readonly state: AppealState;
  readonly answer: { readonly by: string; readonly reason: string } | undefined;
}

/** The last appeal of each decision that has one: those that wait first, the oldest of them first; then the newest. */
export function appealsOf(decisions: readonly GuardDecision[]): readonly Appeal[] {
  const byId = new Map(decisions.map((decision) => [decision.id, decision]));
  const appeals = [...byId.values()].flatMap((decision) => appealOf(decision) ?? []);
  const isOpen = ({ state }: Appeal): boolean => state === 'open';
  return [
    ...appeals.filter(isOpen).toSorted((a, b) => a.atMs - b.atMs),
    ...appeals.filter((one) => !isOpen(one)).toSorted((a, b) => b.atMs - a.atMs),
  ];
}

function appealOf(decision: GuardDecision): Appeal | undefined {
  const { events, state } = decision;
  const at = events.findLastIndex(({ kind }) => kind === 'appealed');
  const appeal = events[at];
  if (appeal?.kind !== 'appealed') return undefined;
  const { atMs, text } = appeal;
  for (const event of events.slice(at + 1))
    if (event.kind === 'lifted' || event.kind === 'approved')
      return {
        decision,
        atMs,
        text,
        state: event.kind === 'lifted' ? 'accepted' : 'refused',
        answer: { by: event.by, reason: event.reason },
      };
  const isOver = state === 'expired' || state === 'lifted';
  return { decision, atMs, text, state: isOver ? 'over' : 'open', answer: undefined };
}
