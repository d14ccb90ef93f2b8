import type { Counter, MetricsRegistry } from '../metrics/instruments.ts';
import type { GuardOptions } from './guard-options.ts';
import type { GuardStatus, Verdict } from './guard.ts';

/** Kept as plain numbers, since every check counts; metrics read them when they are collected. */
export interface GuardTally {
  allow: number;
  slow: number;
  challenge: number;
  refuse: number;
  tracked: number;
  /** Calls whose subject, action or outcome names nothing. */
  nameless: number;
  /** Actions that came after the guard was closed. */
  late: number;
}

export interface GuardMetricsSource {
  readonly tally: GuardTally;
  readonly status: () => GuardStatus;
  readonly lagMs: () => number | undefined;
}

const FEED_STATES: readonly GuardStatus['feed'][] = ['starting', 'following', 'stale'];
const VERDICTS: readonly Verdict['kind'][] = ['allow', 'slow', 'challenge', 'refuse'];

/** Declares `guard_*` and fills them at each collection. */
export function registerGuardMetrics(registry: MetricsRegistry, source: GuardMetricsSource): void {
  const checks = registry.counter({
    name: 'guard_checks_total',
    help: 'Checks of subjects, by verdict.',
    labelNames: ['verdict'],
  });
  const tracked = registry.counter({
    name: 'guard_actions_tracked_total',
    help: 'Actions that were counted.',
  });
  const dropped = registry.counter({
    name: 'guard_actions_dropped_total',
    help: 'Actions without subject or name, and rows lost because too many waited or the server refused them.',
    labelNames: ['reason'],
  });
  const pending = registry.gauge({
    name: 'guard_pending_rows',
    help: 'Rows of actions that wait to be sent.',
  });
  const decisions = registry.gauge({ name: 'guard_decisions', help: 'Decisions known to this process.' });
  const feed = registry.gauge({
    name: 'guard_feed_state',
    help: '1 for the state in which the feed of decisions is.',
    labelNames: ['state'],
  });
  const lag = registry.gauge({
    name: 'guard_feed_lag_seconds',
    help: 'Time since the last message of the feed.',
  });
  const { tally } = source;
  const advance = advancer();
  registry.onCollect(() => {
    const status = source.status();
    for (const verdict of VERDICTS) advance(checks, tally[verdict], verdict);
    advance(tracked, tally.tracked);
    advance(dropped, tally.nameless, 'nameless');
    advance(dropped, tally.late, 'closed');
    advance(dropped, status.droppedRows, 'not_sent');
    pending.set(status.pendingRows);
    decisions.set(status.decisionCount);
    for (const state of FEED_STATES) feed.set(state === status.feed ? 1 : 0, state);
    const lagMs = source.lagMs();
    if (lagMs !== undefined) lag.set(lagMs / 1000);
  });
}

/** Counts what users do where Prometheus sees it; `undefined` when nobody asked. */
export function createActionCounter(
  options: GuardOptions,
): ((action: string, source: string, userId: string | undefined) => void) | undefined {
  const { registry, userActions, userActionsByUser, ids } = options;
  if (userActionsByUser !== undefined && ids.mode !== 'plain')
    throw new Error('cannot create a guard: userActionsByUser shows ids in metrics; want ids.mode "plain"');
  if (registry === undefined || (userActions !== true && userActionsByUser === undefined)) return undefined;
  const all =
    userActions === true
      ? registry.counter({
          name: 'user_actions_total',
          help: 'What users did.',
          labelNames: ['action_type', 'source'],
        })
      : undefined;
  const byUser =
    userActionsByUser &&
    registry.counter({
      name: 'user_actions_by_user_total',
      help: 'What each user did.',
      labelNames: ['user_id', 'action_type'],
      seriesMax: userActionsByUser.seriesMax,
    });
  return (action, source, userId) => {
    all?.inc(1, action, source);
    if (userId !== undefined) byUser?.inc(1, userId, action);
  };
}

/** Brings counters up to numbers that are kept elsewhere. */
function advancer(): (counter: Counter, total: number, ...labelValues: string[]) => void {
  const told = new Map<Counter, Map<string, number>>();
  return (counter, total, ...labelValues) => {
    const key = labelValues.join('\0');
    const totals = told.get(counter) ?? new Map<string, number>();
    told.set(counter, totals);
    counter.inc(total - (totals.get(key) ?? 0), ...labelValues);
    totals.set(key, total);
  };
}
