import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { NO_LABELS, UnavailableError, VirtualClock } from '@vedette/model';
import { openStateStore } from '../../store/state/embedded.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { SendResult } from '../notify/receiver.ts';
import type { Delivery } from '../stages.ts';
import {
  AttemptLog,
  failureKeyOf,
  FINGERPRINTS_MAX,
  SEARCHED_MAX,
  type AttemptQuery,
  type EndedAttempt,
} from './attempt-log.ts';

const START_MS = 1_700_000_000_000;
const DELIVERED: SendResult = { kind: 'delivered', answer: { status: 200, text: 'ok' } };
const FAILED: SendResult = {
  kind: 'failed',
  isRetriable: true,
  category: 'serverError',
  error: 'unexpected status code 502: Bad Gateway',
  answer: { status: 502, text: 'Bad Gateway' },
};

interface Wanted {
  readonly receiver?: string;
  readonly integration?: string;
  readonly groupKey?: string;
  readonly firing?: readonly string[];
  readonly resolved?: readonly string[];
  readonly result?: SendResult;
  readonly attempt?: number;
}

function endedAttempt(wanted: Wanted = {}): EndedAttempt {
  const { receiver = 'ops', integration = 'webhook', groupKey = '{}:{alertname="A"}' } = wanted;
  const delivery: Delivery = {
    flush: { groupKey, groupLabels: NO_LABELS, alerts: [], tickMs: 0, repeatIntervalMs: 60_000 },
    receiver: {
      name: receiver,
      integration,
      index: 0,
      sendsResolved: true,
      send: () => Promise.resolve({ kind: 'delivered' }),
    },
    replaced: new AbortController().signal,
  };
  const { firing = ['f1'], resolved = [], result = DELIVERED, attempt = 1 } = wanted;
  const plan = { id: 'n1', reason: 'first notification', firing, resolved } as const;
  return { delivery, plan, attempt, result, tookMs: 12.34567 };
}

function open(t: TestContext, options?: { recordsMax: number }) {
  const clock = new VirtualClock({ startMs: START_MS, settle: () => Promise.resolve() });
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  t.after(() => state.close());
  return { clock, state, ...logOn(clock, state, options) };
}

function logOn(clock: VirtualClock, state: StateStore, options?: { recordsMax: number }) {
  const seen = { dropped: 0 };
  const log = new AttemptLog({ clock, state, log: SILENT_LOG, onDropped: () => seen.dropped++ }, options);
  const note = async (wanted?: Wanted): Promise<void> => {
    clock.jumpWallClock(1000);
    log.note(endedAttempt(wanted));
    await log.settle();
  };
  return { log, note, seen };
}

test('an attempt is stored with its answer, its reason and the alerts it was about', async (t) => {
  const { log, note } = open(t);
  await note({ result: FAILED, firing: ['f1', 'f2'], resolved: ['r1'], attempt: 3 });
  assert.deepEqual(await log.search({ limit: 10 }), {
    attempts: [
      {
        atMs: START_MS + 1000,
        tookMs: 12.346,
        receiver: 'ops',
        integration: 'webhook',
        index: 0,
        groupKey: '{}:{alertname="A"}',
        notificationId: 'n1',
        reason: 'first notification',
        attempt: 3,
        outcome: 'failed',
        isRetriable: true,
        category: 'serverError',
        error: 'unexpected status code 502: Bad Gateway',
        answer: { status: 502, text: 'Bad Gateway' },
        firingCount: 2,
        resolvedCount: 1,
        fingerprints: ['f1', 'f2', 'r1'],
      },
    ],
    nextCursor: undefined,
  });
});

test('each condition of a search narrows it, and all of them must hold', async (t) => {
  const { log, note } = open(t);
  await note({ firing: ['a'] });
  await note({ receiver: 'dba', result: FAILED, firing: ['b'] });
  await note({ integration: 'log', firing: [], resolved: ['a'], groupKey: '{}/{team="DB"}:{}' });
  const check = async (query: Omit<AttemptQuery, 'limit'>, want: readonly number[]): Promise<void> => {
    const { attempts } = await log.search({ ...query, limit: 10 });
    assert.deepEqual(
      attempts.map(({ atMs }) => (atMs - START_MS) / 1000),
      want,
      JSON.stringify(query),
    );
  };
  await check({}, [3, 2, 1]);
  await check({ receiver: 'dba' }, [2]);
  await check({ receiver: 'db' }, []);
  await check({ integration: 'webhook' }, [2, 1]);
  await check({ outcome: 'failed' }, [2]);
  await check({ outcome: 'delivered' }, [3, 1]);
  await check({ fingerprint: 'a' }, [3, 1]);
  await check({ text: 'team="db"' }, [3]);
  await check({ text: 'bad gateway' }, [2]);
  await check({ text: 'OK' }, [3, 1]);
  await check({ fromMs: START_MS + 2000 }, [3, 2]);
  await check({ fromMs: START_MS + 2001 }, [3]);
  await check({ untilMs: START_MS + 2000 }, [2, 1]);
  await check({ fromMs: START_MS + 2000, untilMs: START_MS + 2000 }, [2]);
  await check({ fingerprint: 'a', integration: 'webhook' }, [1]);
});

test('pages follow one another without a gap, and the last one says so', async (t) => {
  const { log, note } = open(t);
  for (let i = 1; i <= 5; i++) await note({ attempt: i });
  const seen: number[][] = [];
  let cursor: number | undefined;
  do {
    const page = await log.search({ limit: 2, cursor });
    seen.push(page.attempts.map(({ attempt }) => attempt));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  assert.deepEqual(seen, [[5, 4], [3, 2], [1]]);
});

test('a search gives up after its number of records, and goes on from there', async (t) => {
  const { log, state } = open(t);
  const { log: source, note } = open(t);
  await note({ firing: ['wanted'] });
  const [wanted] = (await source.search({ limit: 1 })).attempts;
  const other = { ...wanted!, atMs: START_MS + 1, fingerprints: ['other'] };
  await state.logs.append('notification_attempts', [{ atMs: START_MS, value: wanted }]);
  for (let i = 0; i < SEARCHED_MAX; i += 500)
    await state.logs.append(
      'notification_attempts',
      Array.from({ length: 500 }, () => ({ atMs: START_MS + 1, value: other })),
    );
  const first = await log.search({ fingerprint: 'wanted', limit: 10 });
  assert.deepEqual([first.attempts.length, first.nextCursor], [0, 2]);
  const second = await log.search({ fingerprint: 'wanted', limit: 10, cursor: first.nextCursor });
  assert.deepEqual([second.attempts.length, second.nextCursor], [1, undefined]);
  const recent = await log.search({ fromMs: START_MS + 5, limit: 10 });
  assert.deepEqual(recent, { attempts: [], nextCursor: undefined }, 'what is older is not gone through');
});

test('long texts and many alerts are cut, and their numbers stay', async (t) => {
  const { log, note } = open(t);
  const firing = Array.from({ length: FINGERPRINTS_MAX + 1 }, (_, i) => `f${i}`);
  const error = `${'x'.repeat(499)}😀`;
  const groupKey = 'k'.repeat(5000);
  await note({ firing, groupKey, result: { ...FAILED, error, answer: { status: 500, text: error } } });
  const [attempt] = (await log.search({ limit: 1 })).attempts;
  assert.deepEqual(
    [attempt?.firingCount, attempt?.fingerprints.length, attempt?.groupKey.length],
    [FINGERPRINTS_MAX + 1, FINGERPRINTS_MAX, 4096],
  );
  assert.equal(attempt?.error, `${'x'.repeat(499)}\uFFFD`);
  assert.equal(attempt.answer?.text, attempt.error);
  assert.equal(
    (await log.lastFailures(new Set([groupKey]))).size,
    1,
    'a cut group key is found by the whole',
  );
});

test('credentials that come back in an answer are not kept', async (t) => {
  const { log, note } = open(t);
  const text = '{"headers":{"Authorization":"Bearer s3cr3t-t0ken"},"token":"abcdef123"} Basic dXNlcjpwdw==';
  await note({ result: { ...FAILED, error: `echo ${text}`, answer: { status: 500, text } } });
  const [attempt] = (await log.search({ limit: 1 })).attempts;
  for (const kept of [attempt?.answer?.text ?? '', attempt?.error ?? '']) {
    assert.doesNotMatch(kept, /s3cr3t|abcdef|dXNl/);
    assert.match(kept, /Bearer <secret>/);
  }
});

test('a full disk and one that hangs keep nobody waiting', async (t) => {
  const { clock, state } = open(t);
  const full: StateStore = {
    ...state,
    logs: { ...state.logs, append: () => Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'full')) },
  };
  const { note, log } = logOn(clock, full);
  await note();
  assert.deepEqual((await log.search({ limit: 1 })).attempts, []);
  const hanging: StateStore = { ...state, logs: { ...state.logs, append: () => new Promise(() => {}) } };
  const { log: stuck, seen } = logOn(clock, hanging);
  for (let i = 0; i < 1002; i++) stuck.note(endedAttempt());
  assert.equal(seen.dropped, 2);
});

test('what is too old or too much is removed, the oldest first', async (t) => {
  const { clock, log, note } = open(t, { recordsMax: 1500 });
  for (let i = 1; i <= 3000; i++) log.note(endedAttempt({ attempt: i }));
  await log.settle();
  clock.jumpWallClock(1);
  for (let i = 1001; i <= 2000; i++) log.note(endedAttempt({ attempt: i }));
  await log.settle();
  const { attempts } = await log.search({ limit: 5000 });
  assert.ok(attempts.length < 2600, `${attempts.length}`);
  clock.jumpWallClock(121 * 3_600_000);
  await note({ attempt: 1 });
  assert.deepEqual(
    (await log.search({ limit: 10 })).attempts.map(({ attempt }) => attempt),
    [1],
  );
});

test('the newest failure of each group and integration is found', async (t) => {
  const { log, note } = open(t);
  await note({ result: { ...FAILED, error: 'first' } });
  await note({ result: { ...FAILED, error: 'second' } });
  await note({ integration: 'log', result: { ...FAILED, error: 'of another' } });
  await note({ groupKey: 'another', result: { ...FAILED, error: 'of another group' } });
  await note();
  const failures = await log.lastFailures(new Set(['{}:{alertname="A"}']));
  const errors = new Set([...failures.values()].map(({ error }) => error));
  assert.deepEqual(errors, new Set(['of another', 'second']));
  const key = failureKeyOf('{}:{alertname="A"}', { name: 'ops', integration: 'webhook', index: 0 });
  assert.equal(failures.get(key)?.error, 'second');
});
