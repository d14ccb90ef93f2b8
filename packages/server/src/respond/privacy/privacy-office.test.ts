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
      erase: async (keys) => step(`guard ${keys.length}`, 2),
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
      cleanTombstones: async () => step('clean', undefined),
    },
    state: { erase: async (texts) => step(`state ${texts.join()}`, 5) },
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
    series: 4,
    stateRecords: 5,
    remarks: [],
  });
  assert.deepEqual(steps, ['guard 2', 'forget 2', 'actions 2', 'delete user_id=u1_a', 'clean', 'state u1_a']);
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
  const { actions, isCut, seriesLabels } = await office.export(WHO, NEVER);
  assert.deepEqual(
    actions.map(({ scope }) => scope),
    ['user', 'ip'],
  );
  assert.equal(isCut, false);
  assert.deepEqual(seriesLabels, [{ label: 'user_id', subject: 'u1_a' }]);
});

test('a failure of one part is not silent', async () => {
  const { office } = officeWith({ state: { erase: () => Promise.reject(new Error('disk')) } });
  await assert.rejects(office.erase(WHO, NEVER), /disk/);
});
