import type { GuardDecision } from '@vedette/api';
import { expect, test } from 'vitest';
import { choicesOf, isNamed, isShare, toneOfDecision } from './decisions.ts';

const DECISION: GuardDecision = {
  id: 'd74bd80f',
  scope: 'user',
  subject: 'u1\u202Eexe',
  kind: 'refuse',
  grade: 'temporary',
  untilMs: 5000,
  state: 'live',
  level: 1,
  madeAtMs: 0,
  reason: '31 actions in 60 s; the limit is 30',
  policy: 'actions-per-minute',
  policyVersion: '1',
  mode: 'enforce',
  isEnforced: true,
  evidence: { kind: 'person', by: 'Ada' },
  events: [{ kind: 'made', atMs: 0 }],
};

test('a decision is found by subject, escape, reason and policy, and needs every word', () => {
  for (const words of ['', 'U1', 'u{202e}', 'limit actions-per', 'd74bd'])
    expect([words, isNamed(DECISION, words)]).toEqual([words, true]);
  expect(isNamed(DECISION, 'u1 u2')).toBe(false);
});

test('what is refused now is loudest, what is over is quiet', () => {
  expect(toneOfDecision({ state: 'live', kind: 'refuse' })).toBe('critical');
  expect(toneOfDecision({ state: 'live', kind: 'slow' })).toBe('warning');
  expect(toneOfDecision({ state: 'held-back', kind: 'refuse' })).toBe('warning');
  expect(toneOfDecision({ state: 'shadow', kind: 'refuse' })).toBe('info');
  expect(toneOfDecision({ state: 'expired', kind: 'refuse' })).toBe('unknown');
});

test('what holds can be ended, confirmed, prolonged and made permanent', () => {
  expect(choicesOf(DECISION)).toEqual({
    canApprove: true,
    canLift: true,
    canExtend: true,
    canMakePermanent: true,
  });
});

test('what has no end cannot be prolonged', () => {
  const { canExtend, canMakePermanent } = choicesOf({ ...DECISION, untilMs: null });
  expect([canExtend, canMakePermanent]).toEqual([false, false]);
});

test('what is held back is judged before anything else', () => {
  const choices = choicesOf({ ...DECISION, state: 'held-back' });
  expect(choices).toEqual({ canApprove: true, canLift: true, canExtend: false, canMakePermanent: false });
});

test('nothing can be done with what is over, and nobody approves twice', () => {
  for (const state of ['expired', 'lifted'] as const)
    expect(Object.values(choicesOf({ ...DECISION, state })).some(Boolean)).toBe(false);
  const approved = { kind: 'approved', atMs: 1, by: 'Ada', reason: 'right' } as const;
  expect(choicesOf({ ...DECISION, events: [approved] }).canApprove).toBe(false);
});

test('an appeal after an approval can be answered by another approval', () => {
  const approved = { kind: 'approved', atMs: 1, by: 'Ada', reason: 'right' } as const;
  const events = [approved, { kind: 'appealed', atMs: 2, text: 'no' } as const];
  expect(choicesOf({ ...DECISION, events }).canApprove).toBe(true);
});

test('a threshold below one is a share', () => {
  expect(isShare({ over: 0.8 })).toBe(true);
  expect(isShare({ over: 1 })).toBe(false);
});
