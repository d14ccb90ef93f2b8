import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, type SeriesSamples, type Slicer } from '@vedette/model';
import { CHUNK_SAMPLES_MAX } from '../chunk/chunk.ts';
import { SampleBuffers } from './sample-buffers.ts';
import { mergeSelections } from './select.ts';
import type { Selection } from './source.ts';

const slicer: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

/** One series with `value` at time 1. */
function selectionOf(value: number): Selection {
  return {
    count: 1,
    labelsAt: () => labelsOf({ __name__: 'x' }),
    prepare: () => Promise.resolve(),
    read: (_position, _range, target) => {
      const { timestampsMs, values, staleFlags } = target.columns;
      timestampsMs[target.count] = 1;
      values[target.count] = value;
      staleFlags[target.count] = 0;
      target.count++;
    },
  };
}

type Stream = AsyncGenerator<readonly SeriesSamples[], void, undefined>;

const streamOf = (value: number, buffers: SampleBuffers, signal = new AbortController().signal): Stream =>
  mergeSelections([selectionOf(value)], { fromMs: 0, untilMs: 9 }, slicer, signal, { buffers });

async function firstValues(stream: Stream): Promise<Float64Array | undefined> {
  const { value } = await stream.next();
  return value?.[0]?.values;
}

test('streams side by side have a buffer each; one that was read to its end leaves its own to the next', async () => {
  const buffers = new SampleBuffers();
  const [one, two] = [streamOf(1, buffers), streamOf(2, buffers)];
  const [first, second] = [await firstValues(one), await firstValues(two)];
  assert.deepEqual([first?.[0], second?.[0]], [1, 2]);
  assert.equal((await one.next()).done, true);
  const third = await firstValues(streamOf(3, buffers));
  assert.equal(third?.buffer, first?.buffer);
  assert.equal(second?.[0], 2);
});

test('what a stream showed last stays when it is broken off or aborted', async () => {
  const buffers = new SampleBuffers();
  const broken = streamOf(1, buffers);
  const first = await firstValues(broken);
  await broken.return();
  const abort = new AbortController();
  const aborted = streamOf(2, buffers, abort.signal);
  const second = await firstValues(aborted);
  abort.abort(new Error('enough'));
  await assert.rejects(aborted.next(), /enough/);
  for (const value of [3, 4]) assert.equal((await firstValues(streamOf(value, buffers)))?.[0], value);
  assert.deepEqual([first?.[0], second?.[0]], [1, 2]);
});

test('a buffer that went back comes again, empty; one that is out does not', () => {
  const buffers = new SampleBuffers();
  const first = buffers.take();
  const second = buffers.take();
  assert.notEqual(first, second);
  first.count = 7;
  buffers.giveBack(first);
  const again = buffers.take();
  assert.equal(again, first);
  assert.equal(again.count, 0);
  assert.notEqual(buffers.take(), first);
});

test('two are kept, and none that grew beyond a batch of floats', () => {
  const buffers = new SampleBuffers();
  const large = buffers.take();
  large.count = 2 ** 14;
  assert.ok(large.columns.values.length > 2 ** 14);
  buffers.giveBack(large);
  const fitting = buffers.take();
  assert.notEqual(fitting, large);
  fitting.count = 2 ** 14 - CHUNK_SAMPLES_MAX;
  assert.equal(fitting.columns.values.length, 2 ** 14);
  const [second, third] = [buffers.take(), buffers.take()];
  for (const buffer of [fitting, second, third]) buffers.giveBack(buffer);
  assert.deepEqual(new Set([buffers.take(), buffers.take()]), new Set([fitting, second]));
  assert.notEqual(buffers.take(), third);
});
