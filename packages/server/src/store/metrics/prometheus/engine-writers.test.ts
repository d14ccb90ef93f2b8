import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  labelsOf,
  SampleBatchBuilder,
  UnavailableError,
  VirtualClock,
  type AppendResult,
  type SampleBatch,
} from '@vedette/model';
import type { RemoteWriter } from '../remote-write/remote-writer.ts';
import { createEngineWriters, type EngineWriters } from './engine-writers.ts';

function batchOf(count: number): SampleBatch {
  const builder = new SampleBatchBuilder();
  for (let i = 0; i < count; i++) {
    builder.openSeries(labelsOf({ __name__: 'x', i: String(i) }));
    builder.addSample(1000, i);
  }
  return builder.finish();
}

const ACKNOWLEDGED: AppendResult = {
  acceptedCount: 1,
  acceptedHistogramCount: 0,
  acceptedExemplarCount: 0,
  createdSeriesCount: 0,
  refusals: [{ reason: 'out-of-order', count: 1, example: 'x' }],
};

/** A sender whose remote answers when told. */
function createScene(): {
  writers: EngineWriters;
  clock: VirtualClock;
  forwarded: SampleBatch[];
  answer: PromiseWithResolvers<AppendResult>;
} {
  const clock = new VirtualClock({ startMs: 0 });
  const forwarded: SampleBatch[] = [];
  const answer = Promise.withResolvers<AppendResult>();
  const sender: Pick<RemoteWriter, 'append' | 'forward'> = {
    append: () => answer.promise,
    forward: async (batch) => void forwarded.push(batch),
  };
  const writers = createEngineWriters({ clock }, sender);
  return { writers, clock, forwarded, answer };
}

test('a collector is done when its batch is queued, whatever the engine does', async () => {
  const { writers, forwarded } = createScene();
  const result = await writers.queued.append(batchOf(3));
  assert.deepEqual([result.acceptedCount, result.refusals], [3, []]);
  assert.equal(forwarded.length, 1);
  assert.equal(writers.samplesTotal(), 3);
});

test('a receiver gets the answer of the engine, refusals included', async () => {
  const { writers, answer } = createScene();
  const appending = writers.acknowledged.append(batchOf(2));
  answer.resolve(ACKNOWLEDGED);
  assert.equal(await appending, ACKNOWLEDGED);
  const failing = createScene();
  const rejected = failing.writers.acknowledged.append(batchOf(2));
  failing.answer.reject(new UnavailableError('VED_STORAGE_FULL', 'the queue is full'));
  await assert.rejects(rejected, UnavailableError);
});

test('a rule waits for the engine, but not for long', async () => {
  const quick = createScene();
  const answered = quick.writers.awaited.append(batchOf(2));
  quick.answer.resolve(ACKNOWLEDGED);
  assert.equal(await answered, ACKNOWLEDGED);
  assert.equal(quick.clock.pendingTimerCount, 0);
  const { writers, clock, answer } = createScene();
  const results: AppendResult[] = [];
  const waiting = writers.awaited.append(batchOf(2)).then((found) => results.push(found));
  await clock.advance(1999);
  assert.equal(results.length, 0);
  await clock.advance(1);
  await waiting;
  assert.equal(results[0]?.acceptedCount, 2);
  // What comes of it later is the sender's to tell; it must not end the process.
  answer.reject(new UnavailableError('VED_STORAGE_FAILED', 'stopped'));
  await clock.advance(1);
});
