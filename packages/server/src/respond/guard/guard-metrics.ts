import type { MetricsRegistry } from '@vedette/sdk';
import type { AlertOutcome } from './alert-webhook.ts';
import type { Decision } from './decision.ts';
import type { PassReason } from './judge.ts';
import type { BanType } from './live-set.ts';
import type { PolicyStatus } from './port.ts';

export type PassedOver = PassReason | 'in_flight' | 'unwritten';

export interface GuardMetrics {
  decided(decision: Decision): void;
  passedOver(why: PassedOver): void;
  alertTaken(outcome: AlertOutcome): void;
  followerCutOff(): void;
  writeFailed(): void;
}

/** What is counted when somebody looks. */
export interface GuardCounts {
  banned(type: BanType): number;
  policies(): readonly PolicyStatus[];
  waitingCount(): number;
  openCount(): number;
  followerCount(): number;
}

const BAN_TYPES: readonly BanType[] = [
  'temporary',
  'extended',
  'review_required',
  'permanent',
  'slow',
  'challenge',
];

/** No subject is in any label. */
export function createGuardMetrics(registry: MetricsRegistry, counts: GuardCounts): GuardMetrics {
  createGauges(registry, counts);
  const decisions = registry.counter({
    name: 'guard_decisions_total',
    help: 'Decisions that were made, recorded ones included.',
    labelNames: ['policy', 'grade', 'mode'],
  });
  const passedOver = registry.counter({
    name: 'guard_offences_passed_over_total',
    help: 'Crossings and alerts that led to no decision, by reason.',
    labelNames: ['reason'],
  });
  const alerts = registry.counter({
    name: 'guard_webhook_alerts_total',
    help: 'Alerts that came by webhook for the guard, by what became of them.',
    labelNames: ['outcome'],
  });
  const cutOff = registry.counter({
    name: 'guard_feed_cut_off_total',
    help: 'Followers of the feed that were too slow and had to begin again.',
  });
  const writeFailures = registry.counter({
    name: 'guard_write_failures_total',
    help: 'Writes of the guard that the state store did not take.',
  });
  cutOff.inc(0);
  writeFailures.inc(0);
  return {
    decided: ({ policy, grade, mode }) => decisions.inc(1, policy, grade, mode),
    passedOver: (why) => passedOver.inc(1, why),
    alertTaken: (outcome) => alerts.inc(1, outcome),
    followerCutOff: () => cutOff.inc(),
    writeFailed: () => writeFailures.inc(),
  };
}

function createGauges(registry: MetricsRegistry, counts: GuardCounts): void {
  const banned = registry.gauge({
    name: 'banned_users_current',
    help: 'Subjects that a decision is in force for, by its grade, or that are slowed or challenged.',
    labelNames: ['ban_type'],
  });
  const precision = registry.gauge({
    name: 'guard_policy_precision',
    help: 'Of the decisions of a policy that people judged, the part that was right.',
    labelNames: ['policy'],
  });
  const tripped = registry.gauge({
    name: 'guard_brake_tripped',
    help: '1 while the blast-radius stop holds a policy in shadow.',
    labelNames: ['policy'],
  });
  const waiting = registry.gauge({
    name: 'guard_reviews_waiting',
    help: 'Decisions that wait for a person.',
  });
  const open = registry.gauge({
    name: 'guard_decisions_open',
    help: 'Decisions in memory: they hold, or wait for a person.',
  });
  const followers = registry.gauge({
    name: 'guard_feed_followers',
    help: 'Readers of the feed of decisions: applications over HTTP, the mirror in Redis.',
  });
  registry.onCollect(() => {
    for (const type of BAN_TYPES) banned.set(counts.banned(type), type);
    for (const policy of counts.policies()) {
      tripped.set(policy.tripped === undefined ? 0 : 1, policy.name);
      if (policy.precision !== undefined) precision.set(policy.precision, policy.name);
    }
    waiting.set(counts.waitingCount());
    open.set(counts.openCount());
    followers.set(counts.followerCount());
  });
}
