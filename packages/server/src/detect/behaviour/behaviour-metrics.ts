import { formatDurationMs } from '@vedette/model';
import type { Counter, Gauge, MetricsRegistry } from '@vedette/sdk';
import type { ActionKind } from './action-kinds.ts';
import { DISTRIBUTION_BOUNDS, type Front } from './policy-fronts.ts';
import type { Policy } from './policy.ts';

/** What is shown of all subjects together: no label here names one, but that of the counter of the classic path. */
export interface BehaviourMetrics {
  /** Counts what was taken since the last call. */
  countActions(kinds: Iterable<ActionKind>): void;
  countOfUser: ((user: string, action: string, count: number) => void) | undefined;
  forgetUser: ((user: string, actions: readonly string[]) => void) | undefined;
  setThresholds(policies: readonly Policy[], factor: number): void;
  /** `counts[i]` and `values[i]` (descending) are of `policies[i]`. */
  setSuspects(
    policies: readonly Policy[],
    counts: readonly number[],
    values: readonly (readonly number[])[],
  ): void;
  setFronts(fronts: readonly Front[], nowMs: number): void;
  readonly trackerBytes: Gauge;
  readonly suspects: Gauge;
  readonly evictions: Counter;
  readonly crossings: Counter;
  readonly resets: Counter;
}

export function createBehaviourMetrics(
  metrics: MetricsRegistry,
  { userSeriesMax, topSubjectsMax }: { userSeriesMax: number; topSubjectsMax: number },
): BehaviourMetrics {
  const suspectGauges = createSuspectGauges(metrics, topSubjectsMax);
  const byUser =
    userSeriesMax === 0
      ? undefined
      : metrics.counter({
          name: 'user_actions_by_user_total',
          help: 'Actions by user and action, for rules that judge by label; refused attempts are not among them.',
          labelNames: ['user_id', 'action_type'],
          seriesMax: userSeriesMax,
        });
  return {
    countActions: createActionCounter(metrics),
    countOfUser: byUser === undefined ? undefined : (user, action, count) => byUser.inc(count, user, action),
    forgetUser:
      byUser === undefined
        ? undefined
        : (user, actions) => {
            for (const action of actions) byUser.remove(user, action);
          },
    setThresholds: createThresholdGauges(metrics),
    setSuspects: suspectGauges,
    setFronts: createFrontGauges(metrics),
    trackerBytes: metrics.gauge({
      name: 'guard_tracker_bytes',
      help: 'Memory of the tables that count subjects, by part.',
      labelNames: ['part'],
    }),
    suspects: metrics.gauge({ name: 'guard_suspects', help: 'Subjects that are counted exactly.' }),
    evictions: metrics.counter({
      name: 'guard_suspect_evictions_total',
      help: 'Suspects that went, or did not come in, because suspects_bytes was reached.',
    }),
    crossings: metrics.counter({
      name: 'guard_crossings_total',
      help: 'Times that a subject was found past a threshold, by policy; while it stays there, once per second.',
      labelNames: ['policy'],
    }),
    resets: metrics.counter({
      name: 'guard_tracker_resets_total',
      help: 'Times that all counts were given up because the clock was set back.',
    }),
  };
}

function createActionCounter(metrics: MetricsRegistry): (kinds: Iterable<ActionKind>) => void {
  const actions = metrics.counter({
    name: 'user_actions_total',
    help: 'Actions of users, by action and source; refused attempts are not among them.',
    labelNames: ['action_type', 'source'],
  });
  const outcomes = metrics.counter({
    name: 'user_action_outcomes_total',
    help: 'Actions and attempts of users by outcome: ok, error, refused.',
    labelNames: ['outcome'],
  });
  return (kinds) => {
    for (const kind of kinds) {
      if (kind.pending === 0) continue;
      const { action, source, outcome } = kind.row;
      outcomes.inc(kind.pending, outcome);
      if (outcome !== 'refused') actions.inc(kind.pending, action, source);
      kind.pending = 0;
    }
  };
}

function createThresholdGauges(metrics: MetricsRegistry): BehaviourMetrics['setThresholds'] {
  const factorGauge = metrics.gauge({
    name: 'guard_threshold_factor',
    help: 'Factor of the thresholds of dynamic policies, by load and active subjects.',
  });
  const ofPolicy = metrics.gauge({
    name: 'guard_threshold',
    help: 'Thresholds in force, by policy and step from 1; +Inf for one that is no more.',
    labelNames: ['policy', 'step'],
  });
  const ofActions = metrics.gauge({
    name: 'guard_actions_threshold',
    help: 'Thresholds in force for the number of all actions of a user within a window, by what follows: one series each, for rules to compare with.',
    labelNames: ['window', 'grade'],
  });
  let shown = new Map<string, () => void>();
  return (policies, factor) => {
    factorGauge.set(factor);
    const before = shown;
    shown = new Map();
    const smallest = new Map<string, number>();
    for (const policy of policies) {
      if (policy.mode === 'off') continue;
      policy.steps.forEach((step, index) => {
        const threshold = step.over * (policy.isDynamic ? factor : 1);
        const labels = [policy.name, String(index + 1)];
        ofPolicy.set(threshold, ...labels);
        shown.set(`policy ${labels.join(' ')}`, () => ofPolicy.set(Infinity, ...labels));
        if (!countsEverything(policy)) return;
        const window = [formatDurationMs(policy.windowMs), step.grade];
        const least = Math.min(threshold, smallest.get(window.join(' ')) ?? Infinity);
        smallest.set(window.join(' '), least);
        ofActions.set(least, ...window);
        shown.set(`window ${window.join(' ')}`, () => ofActions.set(Infinity, ...window));
      });
    }
    // A series cannot go: nothing is above what has no bound.
    for (const [key, hide] of before) if (!shown.has(key)) hide();
  };
}

function countsEverything({ scope, measure, actions, sources }: Policy): boolean {
  return scope === 'user' && measure.kind === 'actions' && actions.length === 0 && sources.length === 0;
}

function createSuspectGauges(
  metrics: MetricsRegistry,
  topSubjectsMax: number,
): BehaviourMetrics['setSuspects'] {
  const over = metrics.gauge({
    name: 'guard_subjects_over_threshold',
    help: 'Subjects above the first threshold of a policy.',
    labelNames: ['policy'],
  });
  const top = metrics.gauge({
    name: 'guard_topk_rate',
    help: 'Counts within the window of the busiest subjects of a policy, by rank from 1; 0 below half of the threshold.',
    labelNames: ['policy', 'rank'],
  });
  return (policies, counts, values) => {
    policies.forEach(({ name }, index) => {
      over.set(counts[index] ?? 0, name);
      for (let rank = 1; rank <= topSubjectsMax; rank++)
        top.set(values[index]?.[rank - 1] ?? 0, name, String(rank));
    });
  };
}

function createFrontGauges(metrics: MetricsRegistry): BehaviourMetrics['setFronts'] {
  const active = metrics.gauge({
    name: 'guard_active_subjects',
    help: 'Users that did something within the last minute.',
  });
  const mode = metrics.gauge({
    name: 'guard_tracker_mode',
    help: 'Windows by mode: exact, or two-tier because more subjects are active than have cells.',
    labelNames: ['mode'],
  });
  const distribution = metrics.gauge({
    name: 'user_actions_per_minute',
    help: 'Users by their number of actions in the last full minute, at most `le`: as buckets of a histogram.',
    labelNames: ['le'],
  });
  return (fronts, nowMs) => {
    const twoTier = fronts.filter(({ windows }) => windows.mode === 'two-tier').length;
    mode.set(twoTier, 'two-tier');
    mode.set(fronts.length - twoTier, 'exact');
    const census = fronts[0]?.windows;
    if (census === undefined) return;
    active.set(census.activeSubjects(nowMs));
    let sum = 0;
    census.distribution.forEach((count, i) => {
      sum += count;
      distribution.set(sum, i < DISTRIBUTION_BOUNDS.length ? String(DISTRIBUTION_BOUNDS[i]) : '+Inf');
    });
  };
}
