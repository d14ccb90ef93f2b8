import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCHEMA_CUSTOM, SeededRandom, VirtualClock, type NativeHistogram, type Random } from '@vedette/model';
import { BatchSender, type BatchOutcome, type DropReason } from './batch-sender.ts';
import { MetadataBook } from './metadata-book.ts';
import { configOf, seriesOf, T } from './remote-write-fixture.ts';
import { FLOAT, HISTOGRAM } from './row-kind.ts';
import { emptyRow, SampleRows } from './sample-rows.ts';
import type { WriteOutcome } from './write-client.ts';

interface Scene {
  readonly clock: VirtualClock;
  readonly sender: BatchSender;
  /** `time message` of each request, time since the start. */
  readonly attempts: string[];
  readonly dropped: DropReason[];
  readonly fallbacks: () => number;
}

function openScene(
  answers: readonly WriteOutcome[],
  config: Record<string, unknown> = {},
  random: Random = atMost(),
): Scene {
  const clock = new VirtualClock({ startMs: T });
  const attempts: string[] = [];
  const dropped: DropReason[] = [];
  let fallbacks = 0;
  const client = {
    post: async (_: Uint8Array, message: string): Promise<WriteOutcome> => {
      attempts.push(`${clock.nowMs() - T} ${message}`);
      return answers[attempts.length - 1] ?? { kind: 'written', written: undefined };
    },
  };
  const sender = new BatchSender(
    {
      clock,
      random,
      client,
      slicer: { shouldYield: () => true, yield: () => Promise.resolve() },
      metadata: new MetadataBook(),
    },
    {
      config: configOf({ url: 'http://127.0.0.1:9/', ...config }),
      events: {
        onDrop: (_, reason) => void dropped.push(reason),
        onRetry: () => undefined,
        onAnswer: () => undefined,
        onFallback: () => void fallbacks++,
      },
    },
  );
  return { clock, sender, attempts, dropped, fallbacks: () => fallbacks };
}

/** Chance that shortens no wait. */
function atMost(): Random {
  const random = new SeededRandom(1);
  return { float: () => 0, fill: (bytes) => random.fill(bytes), uuid: () => random.uuid() };
}

function rowsOf(...timestampsMs: readonly number[]): SampleRows {
  const rows = new SampleRows();
  for (const timestampMs of timestampsMs)
    rows.push({ ...emptyRow(), series: seriesOf('a'), kind: FLOAT, timestampMs });
  return rows;
}

const RETRY: WriteOutcome = { kind: 'retry', reason: 'away', retryAfterMs: 0 };
const UNENDING = new AbortController().signal;
const V1 = 'prometheus.WriteRequest';
const V2 = 'io.prometheus.write.v2.Request';

async function sendThrough(scene: Scene, rows: SampleRows): Promise<BatchOutcome> {
  let outcome: BatchOutcome | undefined;
  const sending = scene.sender.send({ rows }, UNENDING).then((found) => (outcome = found));
  for (let i = 0; i < 1000 && outcome === undefined; i++) await scene.clock.advance(1000);
  return await sending;
}

test('waits double from min_backoff to max_backoff', async () => {
  const scene = openScene(
    Array.from({ length: 6 }, () => RETRY),
    {
      queue_config: { min_backoff: '100ms', max_backoff: '1s' },
    },
  );
  assert.equal((await sendThrough(scene, rowsOf(T))).kind, 'written');
  assert.deepEqual(
    scene.attempts.map((line) => Number(line.split(' ')[0])),
    [0, 100, 300, 700, 1500, 2500, 3500],
  );
});

test('chance shortens waits by at most half', async () => {
  const scene = openScene(
    Array.from({ length: 40 }, () => RETRY),
    { queue_config: { min_backoff: '1s', max_backoff: '1s' } },
    new SeededRandom(7),
  );
  await sendThrough(scene, rowsOf(T));
  const times = scene.attempts.map((line) => Number(line.split(' ')[0]));
  const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  assert.ok(
    waits.every((wait) => wait >= 500 && wait <= 1000),
    waits.join(),
  );
  assert.ok(new Set(waits).size > 30);
});

test('Retry-After is waited for whole and does not lengthen the waits after it', async () => {
  const scene = openScene([{ kind: 'retry', reason: 'busy', retryAfterMs: 20_000 }, RETRY, RETRY], {
    queue_config: { min_backoff: '1s', max_backoff: '10s' },
  });
  await sendThrough(scene, rowsOf(T));
  assert.deepEqual(scene.attempts, [`0 ${V1}`, `20000 ${V1}`, `22000 ${V1}`, `26000 ${V1}`]);
});

test('a refusal is not repeated', async () => {
  const scene = openScene([{ kind: 'refused', status: 400, reason: 'no', written: undefined }]);
  assert.partialDeepStrictEqual(await sendThrough(scene, rowsOf(T)), { kind: 'refused', status: 400 });
  assert.equal(scene.attempts.length, 1);
});

test('a remote without version 2 gets version 1, this batch and all after it', async () => {
  const scene = openScene([{ kind: 'unsupported' }], { protobuf_message: V2 });
  assert.equal((await sendThrough(scene, rowsOf(T))).kind, 'written');
  await sendThrough(scene, rowsOf(T + 1));
  assert.deepEqual(scene.attempts, [`0 ${V2}`, `0 ${V1}`, `1000 ${V1}`]);
  assert.equal(scene.fallbacks(), 1);
});

test('what passes the age limit while it waits is dropped, the rest goes on', async () => {
  const scene = openScene([RETRY, RETRY, RETRY], {
    queue_config: { min_backoff: '10s', max_backoff: '10s', sample_age_limit: '25s' },
  });
  const batch = { rows: rowsOf(T - 10_000, T) };
  const sending = scene.sender.send(batch, UNENDING);
  await scene.clock.advance(15_000);
  assert.deepEqual(scene.dropped, []);
  await scene.clock.advance(5000);
  assert.deepEqual(scene.dropped, ['too_old']);
  await scene.clock.advance(20_000);
  assert.deepEqual(scene.dropped, ['too_old', 'too_old']);
  assert.equal((await sending).rows.length, 0);
  assert.equal(batch.rows.length, 0);
  // The last look found nothing left to send.
  assert.equal(scene.attempts.length, 3);
});

test('histograms with bounds of their own are left out of version 1, by name', async () => {
  const histogram: NativeHistogram = {
    schema: SCHEMA_CUSTOM,
    count: 1,
    sum: 1,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { spans: [{ offset: 0, length: 1 }], counts: Float64Array.of(1) },
    negative: { spans: [], counts: new Float64Array() },
    customBounds: Float64Array.of(1),
    counterReset: 'unknown',
  };
  const rows = rowsOf(T);
  rows.push({ ...emptyRow(), series: seriesOf('h'), kind: HISTOGRAM, timestampMs: T, extra: histogram });
  const inVersion1 = openScene([]);
  assert.equal((await sendThrough(inVersion1, rows)).rows.length, 1);
  assert.deepEqual(inVersion1.dropped, ['nhcb_in_rw1_not_supported']);
  const inVersion2 = openScene([], { protobuf_message: V2 });
  assert.equal((await sendThrough(inVersion2, rows)).rows.length, 2);
  assert.deepEqual(inVersion2.dropped, []);
});

test('an abort ends the wait with its reason', async () => {
  const scene = openScene([RETRY], { queue_config: { min_backoff: '1s' } });
  const controller = new AbortController();
  const ended = assert.rejects(scene.sender.send({ rows: rowsOf(T) }, controller.signal), /enough/);
  await scene.clock.advance(10);
  controller.abort(new Error('enough'));
  await ended;
  assert.equal(scene.clock.pendingTimerCount, 0);
});

test('metadata is repeated until it is taken or refused', async () => {
  const scene = openScene([RETRY, RETRY, { kind: 'refused', status: 404, reason: 'no', written: undefined }]);
  const sending = scene.sender.sendMetadata(new Uint8Array(3), UNENDING);
  await scene.clock.advance(1000);
  assert.equal(await sending, false);
  assert.equal(scene.attempts.length, 3);
  assert.equal(await scene.sender.sendMetadata(new Uint8Array(3), UNENDING), true);
});
