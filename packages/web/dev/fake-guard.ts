import type { GuardDecision, GuardPolicies, GuardSubjects } from '../../api/src/guard.ts';
import type { FakeScene } from './fake-state.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

type Part = Partial<GuardDecision> & Pick<GuardDecision, 'subject'>;

/** Decisions of every kind and state, and ids as only strangers choose them. */
export function fakeDecisions(scene: FakeScene): readonly GuardDecision[] {
  if (scene === 'fresh') return [];
  const nowMs = Date.now();
  const made = (agoMs: number) => ({
    madeAtMs: nowMs - agoMs,
    events: [{ kind: 'made' as const, atMs: nowMs - agoMs }],
  });
  const parts: readonly Part[] = [
    { subject: 'u1', ...made(51_000) },
    { subject: 'admin\u202Etxt.exe\u0000 ', ...made(70_000), untilMs: nowMs + 42_000 },
    {
      subject: `user-${'x'.repeat(180)}`,
      ...made(2 * MINUTE_MS),
      grade: 'extended',
      untilMs: nowMs + 57 * MINUTE_MS,
    },
    { subject: 'שלום-عربي-42', ...made(4 * MINUTE_MS), kind: 'slow' },
    {
      subject: 'mallory',
      ...made(3 * DAY_MS),
      grade: 'permanent',
      untilMs: null,
      policy: 'person',
      reason: 'Sold a list of accounts; see the ticket of Tuesday',
      evidence: { kind: 'person', by: 'Ada' },
    },
    { subject: 'bot-7', ...made(5 * MINUTE_MS), state: 'held-back', isEnforced: false },
    {
      subject: 'grace',
      state: 'lifted',
      ...made(9 * MINUTE_MS),
      events: [
        { kind: 'made', atMs: nowMs - 9 * MINUTE_MS },
        {
          kind: 'appealed',
          atMs: nowMs - 6 * MINUTE_MS,
          text: 'I only searched for cards.\nPlease look again!',
        },
        { kind: 'lifted', atMs: nowMs - 2 * MINUTE_MS, by: 'Ada', reason: 'was a load test of ours' },
      ],
    },
    { subject: 'hopper', ...made(20 * MINUTE_MS), state: 'shadow', mode: 'shadow', isEnforced: false },
  ];
  return parts.map((part, i) => ({ ...decisionAt(i, nowMs), ...part }));
}

function decisionAt(i: number, nowMs: number): Omit<GuardDecision, 'subject'> {
  return {
    id: `d74bd80f-1d75-49fb-b59c-30331da2fa${String(i).padStart(2, '0')}`,
    scope: 'user',
    kind: 'refuse',
    grade: 'temporary',
    untilMs: nowMs + 249_000,
    state: 'live',
    level: 1,
    madeAtMs: nowMs,
    reason: '31 actions in 60 s; the limit is 30',
    policy: 'actions-per-minute',
    policyVersion: 'fe312e1aeea6',
    mode: 'enforce',
    isEnforced: true,
    evidence: {
      kind: 'crossing',
      value: 31,
      threshold: 21,
      over: 30,
      factor: 0.7,
      windowMs: MINUTE_MS,
      topActions: [
        { action: 'search', count: 23 },
        { action: 'open', count: 8 },
      ],
    },
    events: [],
  };
}

export function fakePolicies(scene: FakeScene): GuardPolicies {
  const none = {
    decisionCount: 0,
    enforcedCount: 0,
    rightCount: 0,
    wrongCount: 0,
    precision: null,
    tripped: null,
    brake: { usedCount: 3, allowedCount: 20, windowMs: 10 * MINUTE_MS, minuteCount: 1, minuteMax: 120 },
  };
  const base = { version: 'fe312e1aeea6', mode: 'enforce', configuredMode: 'enforce', ...none } as const;
  if (scene === 'fresh')
    return { policies: [{ ...base, name: 'actions-per-minute', mode: 'shadow', configuredMode: 'shadow' }] };
  const worked = { decisionCount: 46, enforcedCount: 21, rightCount: 12, wrongCount: 1, precision: 12 / 13 };
  const reason =
    'more than 20 decisions in 600 s, with 30 active subjects (guard.blast_radius.max_share, floor)';
  return {
    policies: [
      {
        ...base,
        ...worked,
        name: 'actions-per-minute',
        mode: 'shadow',
        tripped: { atMs: Date.now() - 5 * MINUTE_MS, reason },
      },
      { ...base, name: 'actions-per-hour' },
      { ...base, name: 'one-function-share', mode: 'canary' },
      { ...base, name: 'alert', mode: 'off' },
    ],
  };
}

/** One who is past the first step, one on the way. */
export function fakeSubjects(scene: FakeScene): GuardSubjects {
  const step = { decide: 'refuse', grade: 'temporary', forMs: 5 * MINUTE_MS } as const;
  const watched = (subject: string, value: number) => ({
    scope: 'user' as const,
    subject,
    policy: 'actions-per-minute',
    value,
    ratio: value / 21,
    step: value > 21 ? 0 : null,
    actionCount: value,
    course: [1, 2, 1, 4, 5, 3, 6, 2, 4, 3],
    topActions: [{ action: 'search', count: value - 3 }],
  });
  return {
    atMs: Date.now(),
    factor: 0.7,
    activeCount: 30,
    policies: [
      {
        name: 'actions-per-minute',
        scope: 'user',
        measure: 'actions',
        minCount: null,
        actions: [],
        sources: [],
        windowMs: MINUTE_MS,
        isDynamic: true,
        steps: [{ ...step, over: 30, threshold: 21 }],
      },
    ],
    subjects: scene === 'fresh' ? [] : [watched('u1', 31), watched('ada', 17)],
  };
}
