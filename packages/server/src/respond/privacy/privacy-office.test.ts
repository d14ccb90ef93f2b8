import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import type { ActionCount, SubjectKey } from '@vedette/sdk';
import { createPrivacyOffice, type PrivacyDeps } from './privacy-office.ts';

const NEVER = new AbortController().signal;
const WHO: readonly SubjectKey[] = [
  { scope: 'user', subject: 'u1_a' },
  { scope: 'ip', subject: 'u1_a' },
];

function officeWith(overrides: Partial<PrivacyDeps> = {}): {
  office: ReturnType<typeof createPrivacyOffice>;
  steps: string[];
} {
  const steps: string[] = [];
  const step = <T>(text: string, result: T): T => {
    steps.push(text);
    return result;
  };
  const office = createPrivacyOffice({
    clock: new VirtualClock({ startMs: 1000 }),
    guard: {
      erase: async (keys) => step(`guard ${keys.length}`, { decisions: 2, records: 3 }),
      exportOf: async () => [],
    },
    detection: { forget: (keys) => step(`forget ${keys.length}`, undefined) },
    actions: {
      erase: async (keys) => step(`actions ${keys.length}`, 30),
      read: async function* ({ subject }) {
        yield [actionOf(subject!)];
      },
    },
    query: {
      labelNames: async () => ({ items: ['job', 'user_id'], isTruncated: false }),
      labelValues: async (name) => ({
        items: name === 'user_id' ? ['other', 'u1_a'] : ['api'],
        isTruncated: false,
      }),
    },
    metrics: {
      deleteSeries: async (sets) =>
        step(`delete ${sets.map(([matcher]) => `${matcher?.name}=${matcher?.value}`).join()}`, 4),
      deleteExemplars: async () => step('exemplars', 0),
      cleanTombstones: async () => step('clean', undefined),
    },
    memories: [
      {
        forget: (speaks) =>
          Promise.resolve(
            step(`memory ${String(speaks({ user_id: 'u1_a' }))} ${String(speaks(['u1_b']))}`, undefined),
          ),
      },
    ],
    state: {
      erase: async (texts) => step(`state ${texts.join()}`, 5),
      mentionsOf: async (texts) =>
        texts.map((value, seq) => ({ kind: 'record', log: 'l', seq, atMs: 1, value })),
    },
    erased: { begin: () => step('late ones out', undefined), end: () => step('open again', undefined) },
    ...overrides,
  });
  return { office, steps };
}

function actionOf({ scope, subject }: SubjectKey): ActionCount {
  return { scope, subject, action: 'a', source: 's', outcome: 'ok', count: 1, atMs: 1 };
}

test('everything goes, the state last, and the report counts', async () => {
  const { office, steps } = officeWith();
  assert.deepEqual(await office.erase(WHO, NEVER), {
    atMs: 1000,
    decisions: 2,
    actions: 30,
    series: 8,
    stateRecords: 8,
    remarks: [
      '"u1_a" is shorter than 6 characters: texts that people wrote, such as comments of silences, may have it in the middle of a sentence; look there yourself',
    ],
  });
  assert.deepEqual(steps, [
    'late ones out',
    'guard 2',
    'forget 2',
    'actions 2',
    'delete user_id=u1_a',
    'memory true false',
    'exemplars',
    'delete user_id=u1_a',
    'clean',
    'state u1_a',
    'open again',
  ]);
});

test('samples that are kept elsewhere are a remark', async () => {
  const { office } = officeWith({ metrics: undefined });
  const { series, remarks } = await office.erase(WHO, NEVER);
  assert.equal(series, 0);
  assert.match(remarks.join(), /user_id/);
});

test('without series of theirs nothing is rewritten', async () => {
  const none = {
    labelNames: async () => ({ items: [], isTruncated: false }),
    labelValues: async () => ({ items: [], isTruncated: false }),
  };
  const { office, steps } = officeWith({ query: none });
  await office.erase(WHO, NEVER);
  assert.equal(steps.includes('clean'), false);
});

test('an export has what is kept of every subject', async () => {
  const { office } = officeWith();
  const { actions, isCut, seriesLabels, stateRecords } = await office.export(WHO, NEVER);
  assert.deepEqual(
    actions.map(({ scope }) => scope),
    ['user', 'ip'],
  );
  assert.equal(isCut, false);
  assert.deepEqual(
    stateRecords.map(({ value }) => value),
    ['u1_a'],
  );
  assert.deepEqual(seriesLabels, [{ label: 'user_id', subject: 'u1_a' }]);
});

test('a failure of one part is not silent', async () => {
  const { office, steps } = officeWith({
    state: { erase: () => Promise.reject(new Error('disk')), mentionsOf: async () => [] },
  });
  await assert.rejects(office.erase(WHO, NEVER), /disk/);
  assert.equal(steps.at(-1), 'open again');
});
