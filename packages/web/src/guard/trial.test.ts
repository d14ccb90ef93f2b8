import { expect, test } from 'vitest';
import type { WatchedPolicy } from '../api/guard.ts';
import { candidateOf, policyOfTrial, trialOf, type TrialDraft } from './trial.ts';

const STEP = { over: 30, threshold: 24, decide: 'refuse', grade: 'temporary', forMs: 300_000 } as const;
const POLICY: WatchedPolicy = {
  name: 'p',
  scope: 'user',
  measure: 'actions',
  minCount: null,
  actions: ['GET /exports/*'],
  sources: [],
  windowMs: 60_000,
  isDynamic: true,
  steps: [STEP, { ...STEP, over: 60 }],
};
const trial = trialOf(POLICY);
const read = (draft: TrialDraft) => policyOfTrial(draft, POLICY);
const withOvers = (...overs: string[]): TrialDraft => ({
  ...trial,
  steps: trial.steps.map((step, i) => ({ ...step, over: overs[i] ?? '' })),
});

test('a trial begins with the thresholds as written, and unchanged says the same', () => {
  expect(trial.steps.map(({ over }) => over)).toEqual(['30', '60']);
  expect(read(trial)).toEqual({
    name: 'p',
    scope: 'user',
    measure: 'actions',
    actions: ['GET /exports/*'],
    sources: [],
    window: '1m',
    dynamic: true,
    steps: [
      { over: 30, decide: 'refuse', grade: 'temporary', for: '5m' },
      { over: 60, decide: 'refuse', grade: 'temporary', for: '5m' },
    ],
  });
});

test('thresholds must be numbers above zero that ascend', () => {
  for (const overs of [
    ['60', '30'],
    ['30', '30'],
    ['0', '1'],
    ['-1', '1'],
    ['', '1'],
    ['x', '1'],
    ['1', ''],
  ])
    expect([overs, read(withOvers(...overs))]).toEqual([overs, undefined]);
  expect(read(withOvers('0.5', '0.8'))?.steps[0]?.over).toBe(0.5);
});

test('spans must be spans', () => {
  expect(read({ ...trial, window: 'soon' })).toBeUndefined();
  expect(read({ ...trial, steps: trial.steps.map((one) => ({ ...one, for: '' })) })).toBeUndefined();
});

test('everything else in force goes along as it is, and what is off stays off', () => {
  const share: WatchedPolicy = {
    ...POLICY,
    name: 'share',
    measure: 'share',
    minCount: 225,
    isDynamic: false,
  };
  const changed = read(withOvers('20', '40'));
  if (changed === undefined) throw new Error('the draft is whole');
  const known = ['p', 'share', 'actions-per-hour', 'alert'].map((name) => ({ name }));
  const [first, second, ...off] = candidateOf(changed, [POLICY, share], known);
  expect(first).toBe(changed);
  expect(second).toMatchObject({ name: 'share', measure: 'share', min_count: 225 });
  expect(second).not.toHaveProperty('dynamic');
  expect(off).toEqual([{ name: 'actions-per-hour', mode: 'off' }]);
});
