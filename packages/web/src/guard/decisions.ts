import type { GuardDecision } from '@vedette/api';
import { containsWords } from '../alerts/group-alerts.ts';
import type { Tone } from '../design/tone.ts';
import { visibleText } from '../design/visible-text.ts';

/** Policies that no configuration names: what an alert brought, what a person decided. */
const NAMELESS_POLICIES = ['alert', 'person'] as const;

/** Whether the words stand anywhere in what the list shows of a decision; escapes of an id are found, too. */
export function isNamed(decision: GuardDecision, words: string): boolean {
  const { id, scope, subject, kind, grade, reason, policy, state } = decision;
  return containsWords(
    [id, scope, subject, visibleText(subject), kind, grade, reason, policy, state].join(' '),
    words,
  );
}

/** How loud: what is refused now, what is slowed down or waits for a person, what hit nobody, what is over. */
export function toneOfDecision({ state, kind }: Pick<GuardDecision, 'state' | 'kind'>): Tone {
  switch (state) {
    case 'live':
      return kind === 'refuse' ? 'critical' : 'warning';
    case 'held-back':
      return 'warning';
    case 'shadow':
      return 'info';
    case 'lifted':
    case 'expired':
      return 'unknown';
  }
}

/** What a person may do with a decision as it is now; the server has the last word. */
export interface Choices {
  readonly canApprove: boolean;
  readonly canLift: boolean;
  readonly canExtend: boolean;
  readonly canMakePermanent: boolean;
}

export function choicesOf({ state, untilMs, events }: GuardDecision): Choices {
  const isOpen = state === 'live' || state === 'held-back' || state === 'shadow';
  // An appeal asks anew.
  const lastJudged = events.findLast(({ kind }) => kind === 'approved' || kind === 'appealed');
  const isApproved = lastJudged?.kind === 'approved';
  return {
    canApprove: isOpen && !isApproved,
    canLift: isOpen,
    canExtend: state === 'live' && untilMs !== null,
    canMakePermanent: state === 'live' && untilMs !== null,
  };
}

/** Whether a policy has a name of its own, or one that we have words for. */
export function isNamelessPolicy(policy: string): policy is (typeof NAMELESS_POLICIES)[number] {
  return NAMELESS_POLICIES.some((known) => known === policy);
}

/** A share of all, not a count: no count has a threshold below one. */
export function isShare({ over }: { readonly over: number }): boolean {
  return over < 1;
}
