import type { GuardDecision } from '@vedette/api';
import { expect, test } from 'vitest';
import { appealsOf } from './appeals.ts';

const BASE: GuardDecision = {
  id: 'a',
  scope: 'user',
  subject: 'u1',
  kind: 'refuse',
  grade: 'temporary',
  untilMs: 5000,
  state: 'live',
  level: 1,
  madeAtMs: 0,
  reason: 'too many',
  policy: 'p',
  policyVersion: '1',
  mode: 'enforce',
  isEnforced: true,
  evidence: { kind: 'person', by: 'Ada' },
  events: [{ kind: 'made', atMs: 0 }],
};
const said = { by: 'Ada', reason: 'looked at it' };
const appealed = (atMs: number) => ({ kind: 'appealed', atMs, text: `at ${atMs}` }) as const;
const decisionOf = (id: string, events: GuardDecision['events'], state: GuardDecision['state'] = 'live') => ({
  ...BASE,
  id,
  state,
  events: [...BASE.events, ...events],
});
const stateOf = (events: GuardDecision['events'], state?: GuardDecision['state']) =>
  appealsOf([decisionOf('a', events, state)])[0];

test('an appeal waits until somebody lifts or confirms what it is about', () => {
  expect(stateOf([appealed(1)])?.state).toBe('open');
  expect(stateOf([appealed(1), { kind: 'approved', atMs: 2, ...said }])).toMatchObject({
    state: 'refused',
    answer: said,
  });
  expect(stateOf([appealed(1), { kind: 'lifted', atMs: 2, ...said }], 'lifted')?.state).toBe('accepted');
  expect(stateOf([appealed(1), { kind: 'expired', atMs: 2 }], 'expired')?.state).toBe('over');
});

test('what was said before the appeal is no answer to it, and the last appeal counts', () => {
  const approved = { kind: 'approved', atMs: 2, ...said } as const;
  expect(stateOf([approved, appealed(3)])?.state).toBe('open');
  expect(stateOf([appealed(1), approved, appealed(3)])).toMatchObject({ state: 'open', text: 'at 3' });
});

test('those that wait come first, the oldest of them first; a decision that comes twice is shown once', () => {
  const open = [decisionOf('new', [appealed(9)]), decisionOf('old', [appealed(2)])];
  const done = decisionOf('done', [appealed(5), { kind: 'lifted', atMs: 6, ...said }], 'lifted');
  const shown = appealsOf([done, ...open, decisionOf('none', []), ...open]);
  expect(shown.map(({ decision }) => decision.id)).toEqual(['old', 'new', 'done']);
});
