import { expect, test } from 'vitest';
import type { PrometheusRule, PrometheusRuleGroup } from '../api/prometheus.ts';
import { nextEvaluationMs, standingsOf } from './rule-standing.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 10);
const ago = (ms: number): string => new Date(NOW_MS - ms).toISOString();

const GROUP: PrometheusRuleGroup = {
  name: 'g',
  file: 'r.yml',
  interval: 15,
  evaluationTime: 0.002,
  lastEvaluation: ago(5000),
  rules: [],
};
const RULE: PrometheusRule = {
  type: 'alerting',
  name: 'Down',
  query: 'up == 0',
  health: 'ok',
  evaluationTime: 0.001,
  lastEvaluation: ago(5000),
  duration: 300,
  keepFiringFor: 60,
};
const check = (
  rule: Partial<PrometheusRule>,
  want: unknown[],
  group: Partial<PrometheusRuleGroup> = {},
): void =>
  expect(
    standingsOf({ ...RULE, ...rule }, { ...GROUP, ...group }, { nowMs: NOW_MS, askedAtMs: NOW_MS }),
  ).toEqual(want);

test('a rule that finds nothing is quiet', () => check({}, [{ kind: 'quiet' }]));

test('pending says how long the oldest still has to last', () => {
  const alerts = [100_000, 20_000].map((ms) => ({
    labels: {},
    state: 'pending' as const,
    activeAt: ago(ms),
  }));
  check({ alerts }, [{ kind: 'pending', count: 2, leftMs: 200_000, forMs: 300_000 }]);
  check({ alerts, duration: 50 }, [{ kind: 'pending', count: 2, leftMs: 0, forMs: 50_000 }]);
});

test('an alert that only lasts by keep_firing_for is told apart from one that fires', () => {
  const firing = { labels: {}, state: 'firing' as const, activeAt: ago(900_000) };
  check({ alerts: [firing, { ...firing, keepFiringSince: ago(20_000) }] }, [
    { kind: 'firing', count: 1 },
    { kind: 'kept', count: 1, leftMs: 40_000 },
  ]);
});

test('a fault of the expression comes first, with its words', () =>
  check({ health: 'err', lastError: 'boom' }, [{ kind: 'failing', error: 'boom' }]));

test('a rule that was never evaluated says so', () =>
  check({ health: 'unknown', lastEvaluation: '0001-01-01T00:00:00Z' }, [{ kind: 'neverRun' }]));

test('a group is stalled after three missed evaluations, not at three', () => {
  check({ lastEvaluation: ago(45_000) }, [{ kind: 'quiet' }]);
  check({ lastEvaluation: ago(45_001) }, [{ kind: 'stalled', ageMs: 45_001, intervalMs: 15_000 }]);
});

test('a group that takes longer than its interval is slow, and is still explained', () =>
  check({}, [{ kind: 'slow', tookMs: 15_500, intervalMs: 15_000 }, { kind: 'quiet' }], {
    evaluationTime: 15.5,
  }));

test('the next evaluation is an interval after the last, and never in the past', () => {
  expect(nextEvaluationMs(GROUP, NOW_MS)).toBe(10_000);
  expect(nextEvaluationMs({ ...GROUP, lastEvaluation: ago(20_000) }, NOW_MS)).toBe(0);
  expect(nextEvaluationMs({ ...GROUP, lastEvaluation: '0001-01-01T00:00:00Z' }, NOW_MS)).toBeUndefined();
});

test('what was asked for a while ago is not stalled by that alone', () => {
  const rule = { ...RULE, lastEvaluation: ago(60_000) };
  const standings = standingsOf(rule, GROUP, { nowMs: NOW_MS, askedAtMs: NOW_MS - 59_000 });
  expect(standings).toEqual([{ kind: 'quiet' }]);
});
