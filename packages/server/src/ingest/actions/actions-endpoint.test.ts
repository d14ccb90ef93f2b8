import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, UnavailableError, VirtualClock } from '@vedette/model';
import { createMetricsRegistry, type ActionBatch, type ActionCount, type ActionRow } from '@vedette/sdk';
import fc from 'fast-check';
import type { IngestRequest } from '../endpoint.ts';
import { parseActions } from './action-body.ts';
import { createActionsEndpoint } from './actions-endpoint.ts';
import { INSTANCES_MAX, SeenBatches } from './seen-batches.ts';

const NOW_MS = 1_700_000_000_000;
const WORDS = ['user', 'search', 'http', 'ok', 'error', 'ip'];
const ROW: ActionRow = [0, 'u1', 1, 2, 3, 2, NOW_MS];

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

function batchOf(overrides: Partial<ActionBatch> = {}): ActionBatch {
  return { version: 1, instance: 'a-1', seq: 1, sentAtMs: NOW_MS, words: WORDS, rows: [ROW], ...overrides };
}

function requestOf(value: unknown): IngestRequest {
  return {
    headers: {},
    query: new URLSearchParams(),
    body: bytesOf(value),
    signal: new AbortController().signal,
  };
}

function startEndpoint(): {
  taken: ActionCount[];
  post: (value: unknown) => Promise<unknown>;
  fail: (error: Error | undefined) => void;
} {
  const taken: ActionCount[] = [];
  let failure: Error | undefined;
  const endpoint = createActionsEndpoint({
    clock: new VirtualClock({ startMs: NOW_MS }),
    metrics: createMetricsRegistry(),
    actions: async () => ({
      take: (actions) => {
        if (failure !== undefined) throw failure;
        taken.push(...actions);
      },
    }),
  });
  return {
    taken,
    post: async (value) => JSON.parse(String((await endpoint.receive(requestOf(value))).body)) as unknown,
    fail: (error) => void (failure = error),
  };
}

test('a batch of the SDK becomes actions', () => {
  const { actions, batch } = parseActions(bytesOf(batchOf()), NOW_MS);
  assert.deepEqual(batch, { instance: 'a-1', seq: 1 });
  assert.deepEqual(actions, [
    { scope: 'user', subject: 'u1', action: 'search', source: 'http', outcome: 'ok', count: 2, atMs: NOW_MS },
  ]);
});

test('a plain body comes from any program: its subjects are spelled as applications spell them', () => {
  const subjectsOf = (entries: readonly object[]): readonly string[] =>
    parseActions(
      bytesOf({ actions: entries.map((entry) => ({ action: 'a', ...entry })) }),
      NOW_MS,
    ).actions.map(({ subject }) => subject);
  assert.deepEqual(subjectsOf([{ subject: 'cafe\u0301' }, { subject: '::ffff:10.0.0.1', scope: 'ip' }]), [
    'caf\u00e9',
    '10.0.0.1',
  ]);
  assert.throws(() => subjectsOf([{ subject: '  ' }]), /actions\[0\]: subject/);
});

test('a plain body needs a subject and an action', () => {
  const { actions } = parseActions(bytesOf({ actions: [{ subject: 'u1', action: 'search' }] }), NOW_MS);
  assert.deepEqual(actions, [
    { scope: 'user', subject: 'u1', action: 'search', source: 'api', outcome: 'ok', count: 1, atMs: NOW_MS },
  ]);
});

test('ages count, not the clock of the sender', () => {
  const day = 86_400_000;
  for (const skew of [-day, 0, day]) {
    const rows: ActionRow[] = [[0, 'u1', 1, 2, 3, 1, NOW_MS + skew - 5000]];
    const { actions } = parseActions(bytesOf(batchOf({ sentAtMs: NOW_MS + skew, rows })), NOW_MS);
    assert.equal(actions[0]!.atMs, NOW_MS - 5000);
  }
  const future: ActionRow[] = [[0, 'u1', 1, 2, 3, 1, NOW_MS + day]];
  assert.equal(parseActions(bytesOf(batchOf({ rows: future })), NOW_MS).actions[0]!.atMs, NOW_MS);
});

test('what is older than an hour is left out and counted', () => {
  const rows: ActionRow[] = [3_600_000, 3_600_001].map((age) => [0, 'u1', 1, 2, 3, 1, NOW_MS - age]);
  const { actions, staleCount } = parseActions(bytesOf(batchOf({ rows })), NOW_MS);
  assert.deepEqual([actions.length, staleCount], [1, 1]);
});

test('odd ids are ids', () => {
  const ids = ['\0', 'a\nb', '😀', '__proto__', 'constructor', 'x'.repeat(256), '*', '"'];
  const rows = ids.map((id): ActionRow => [0, id, 1, 2, 3, 1, NOW_MS]);
  assert.deepEqual(
    parseActions(bytesOf(batchOf({ rows })), NOW_MS).actions.map(({ subject }) => subject),
    ids,
  );
});

test('a fault refuses the body and says where it is', () => {
  const rowWith = (position: number, value: unknown): unknown =>
    batchOf({ rows: [ROW, ROW.with(position, value as never) as unknown as ActionRow] });
  const cases: [unknown, RegExp][] = [
    [[], /the body: got a list, want an object/],
    [{ rows: [] }, /version: got undefined, want 1/],
    [batchOf({ instance: 'a b' }), /instance/],
    [batchOf({ seq: 0 }), /seq: got 0/],
    [batchOf({ words: 'x' as never }), /words: got string, want a list/],
    [{ ...batchOf(), rows: [[1]] }, /rows\[0\]: got a list, want a list of 7 values/],
    [{ ...batchOf(), rows: Array.from({ length: 2001 }, () => ROW) }, /at most 2000; send several/],
    [rowWith(0, 99), /rows\[1\]\[0\]: got 99, want a position in words \(0 to 5\)/],
    [rowWith(0, '__proto__'), /rows\[1\]\[0\]/],
    [rowWith(0, 1), /rows\[1\]: scope: got "search"/],
    [rowWith(1, ''), /subject: got 0 bytes/],
    [rowWith(1, 'x'.repeat(257)), /subject: got 257 bytes, want well-formed text of 1 to 256/],
    [rowWith(1, '\u{20AC}'.repeat(100)), /subject: got 300 bytes/],
    [rowWith(1, 'x'.repeat(900_000)), /subject: got 900000 bytes/],
    [rowWith(1, 7), /subject: got number/],
    [rowWith(4, 0), /outcome: got "user", want ok, error, refused/],
    [rowWith(5, -1), /count: got -1/],
    [rowWith(5, 1.5), /count: got 1.5/],
    [rowWith(6, null), /atMs: got null/],
    [{ actions: [{ subject: 'u' }] }, /actions\[0\]: action: got undefined/],
    [{ actions: [{ subject: 'u', action: 'x'.repeat(65) }] }, /action: got 65 characters/],
    [{ actions: 'x' }, /actions: got string/],
    [{}, /actions: got undefined, want a list/],
  ];
  for (const [body, text] of cases)
    assert.throws(
      () => parseActions(bytesOf(body), NOW_MS),
      (error) => error instanceof InputError && text.test(error.message),
      String(text),
    );
  assert.throws(() => parseActions(Buffer.from('{"a'), NOW_MS), /no(t)? .*JSON|body is not JSON/);
  assert.throws(() => parseActions(Buffer.from([0x22, 0xff, 0x22]), NOW_MS), /UTF-8/);
  assert.throws(
    () => parseActions(Buffer.from('{"actions":[{"subject":"\\ud800","action":"a"}]}'), NOW_MS),
    /well-formed/,
  );
});

test('whatever the bytes, there are actions or an InputError', () => {
  const anyBody = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ rows: fc.json(), words: fc.json() }).map((v) => JSON.stringify(v)),
  );
  fc.assert(
    fc.property(anyBody, (text) => {
      try {
        parseActions(Buffer.from(text), NOW_MS);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
      }
    }),
  );
});

test('a batch that comes twice counts once', async () => {
  const { taken, post } = startEndpoint();
  assert.deepEqual(await post(batchOf()), { accepted: 1, stale: 0, duplicate: false });
  assert.deepEqual(await post(batchOf()), { accepted: 0, stale: 0, duplicate: true });
  assert.deepEqual(await post(batchOf({ instance: 'a-2' })), { accepted: 1, stale: 0, duplicate: false });
  assert.equal(taken.length, 2);
});

test('a batch that was not taken may come again', async () => {
  const { taken, post, fail } = startEndpoint();
  fail(new UnavailableError('VED_INGEST_BUSY', 'full'));
  await assert.rejects(post(batchOf()), UnavailableError);
  fail(undefined);
  assert.deepEqual(await post(batchOf()), { accepted: 1, stale: 0, duplicate: false });
  assert.equal(taken.length, 1);
});

test('numbers that overtake each other are each taken once', () => {
  const seqs = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 100 });
  fc.assert(
    fc.property(seqs, (list) => {
      const seen = new SeenBatches();
      const model = new Set<number>();
      for (const seq of list) {
        // Those that are too far behind count as seen, whether they were or not.
        const isOld = Math.max(0, ...model) - seq >= 32;
        assert.equal(seen.add('a', seq), !isOld && !model.has(seq));
        model.add(seq);
      }
    }),
  );
});

test('instances are bounded, and the one heard of last is forgotten last', () => {
  const seen = new SeenBatches();
  for (let i = 0; i < INSTANCES_MAX; i++) seen.add(`i${i}`, 1);
  seen.add('i0', 2);
  seen.add('new', 1);
  assert.equal(seen.size, INSTANCES_MAX);
  assert.equal(seen.add('i0', 2), false);
  assert.equal(seen.add('i1', 1), true);
});
