import type { GuardPolicy, PolicyTrial, WatchedPolicy } from '../api/guard.ts';
import { formatStep } from '../format/relative-time.ts';
import { parseDurationMs } from '@vedette/model';

/** A policy as it stands in the form: everything is text. */
export interface TrialDraft {
  readonly window: string;
  readonly steps: readonly TrialStep[];
}

interface TrialStep {
  readonly over: string;
  readonly decide: WatchedPolicy['steps'][number]['decide'];
  readonly grade: WatchedPolicy['steps'][number]['grade'];
  readonly for: string;
}

/** Begins as the policy is written, not as the load has moved it: backtests know no load. */
export function trialOf({ windowMs, steps }: WatchedPolicy): TrialDraft {
  return {
    window: formatStep(windowMs),
    steps: steps.map(({ over, decide, grade, forMs }) => ({
      over: String(over),
      decide,
      grade,
      for: formatStep(forMs),
    })),
  };
}

/** A policy with what the form changes; `undefined` while that makes no sense. The server has the last word. */
export function policyOfTrial({ window, steps }: TrialDraft, policy: WatchedPolicy): PolicyTrial | undefined {
  const overs = steps.map(({ over }) => Number(over.trim() === '' ? Number.NaN : over));
  const isAscending = overs.every((over, i) => over > (overs[i - 1] ?? 0));
  const spans = [window, ...steps.map((step) => step.for)];
  if (!isAscending || spans.some((span) => parseDurationMs(span) === undefined)) return undefined;
  return {
    ...writtenOf(policy),
    window: window.trim(),
    steps: steps.map((step, i) => ({ ...step, over: overs[i] ?? 0, for: step.for.trim() })),
  };
}

/**
 * All policies that are to be judged. A backtest judges built-in policies as built in unless they are named, and no
 * others: so everything in force goes along as it is, and what is off here is off there.
 */
export function candidateOf(
  changed: PolicyTrial,
  inForce: readonly WatchedPolicy[],
  known: readonly Pick<GuardPolicy, 'name'>[],
): readonly (PolicyTrial | { readonly name: string; readonly mode: 'off' })[] {
  const judged = inForce.map((policy) => (policy.name === changed.name ? changed : writtenOf(policy)));
  const off = known
    .filter(({ name }) => name !== ALERT_POLICY && !inForce.some((one) => one.name === name))
    .map(({ name }) => ({ name, mode: 'off' as const }));
  return [...judged, ...off];
}

/** What alerts bring is no policy of the configuration. */
const ALERT_POLICY = 'alert';

function writtenOf(policy: WatchedPolicy): PolicyTrial {
  const { name, scope, measure, minCount, actions, sources, windowMs, isDynamic, steps } = policy;
  return {
    name,
    scope,
    measure,
    ...(minCount === null ? {} : { min_count: minCount }),
    actions,
    sources,
    window: formatStep(windowMs),
    // Shares do not move, and the configuration does not let one say that they do.
    ...(measure === 'share' ? {} : { dynamic: isDynamic }),
    steps: steps.map(({ over, decide, grade, forMs }) => ({ over, decide, grade, for: formatStep(forMs) })),
  };
}
