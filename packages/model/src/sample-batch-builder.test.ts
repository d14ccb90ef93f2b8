import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from './labels.ts';
import type { NativeHistogram } from './native-histogram.ts';
import { SampleBatchBuilder } from './sample-batch-builder.ts';
import { seriesKeyOf } from './series-key.ts';

const NO_BUCKETS = { spans: [], counts: new Float64Array(0) };
const HISTOGRAM: NativeHistogram = {
  schema: 0,
  count: 0,
  sum: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: NO_BUCKETS,
  negative: NO_BUCKETS,
  customBounds: new Float64Array(0),
  counterReset: 'unknown',
};
const KEYS = ['a', 'bb', 'c'.repeat(500)].map((name) => seriesKeyOf(labelsOf({ __name__: name })));

function openWritten(builder: SampleBatchBuilder, key: Uint8Array): void {
  const { keys, keyAt } = builder.roomForKey(key.length + 7);
  keys.set(key, keyAt);
  builder.openWrittenSeries(keyAt + key.length);
}

test('keys written in place and columns of samples make the same batch as rows do', () => {
  const byRow = new SampleBatchBuilder(1);
  const byColumn = new SampleBatchBuilder(1);
  for (const [series, key] of KEYS.entries()) {
    const count = series * 40 + 1;
    const timestampsMs = Float64Array.from({ length: count + 3 }, (_, i) => i);
    const values = timestampsMs.map((i) => i / 10);
    byRow.openSeriesKey(key);
    openWritten(byColumn, key);
    for (let i = 0; i < count; i++) byRow.addSample(timestampsMs[i] ?? 0, values[i] ?? 0);
    byColumn.addSamples(timestampsMs, values, count);
    byRow.addStaleMarker(1000);
    byColumn.addStaleMarker(1000);
  }
  assert.deepEqual(byColumn.finish(), byRow.finish());
});

test('a key that was written and not opened leaves no trace', () => {
  const builder = new SampleBatchBuilder();
  const { keys, keyAt } = builder.roomForKey(10);
  keys.fill(255, keyAt, keyAt + 10);
  openWritten(builder, KEYS[1] ?? new Uint8Array(0));
  builder.addSample(1, 2);
  assert.deepEqual(builder.finish().keys, KEYS[1]);
});

test('samples need an open series', () => {
  assert.throws(
    () => new SampleBatchBuilder().addSamples(new Float64Array(1), new Float64Array(1), 1),
    /BUG: samples need an open series/,
  );
});

test('a cleared builder makes the batch that a new one makes, and leaves what is not of columns to the one before', () => {
  const fill = (builder: SampleBatchBuilder): SampleBatchBuilder => {
    builder.openSeriesKey(KEYS[0] ?? new Uint8Array(0));
    builder.addSamples(Float64Array.of(1, 2), Float64Array.of(3, 4), 2);
    return builder;
  };
  const builder = new SampleBatchBuilder();
  builder.openSeriesKey(KEYS[2] ?? new Uint8Array(0));
  for (let i = 0; i < 5; i++) builder.addStaleMarker(i);
  builder.setStart(4);
  builder.addHistogram(6, HISTOGRAM);
  builder.addExemplar({ labels: labelsOf({ a: 'b' }), value: 1, timestampMs: 1 });
  builder.addMetadata({ family: 'f', type: 'counter', help: '', unit: '' });
  const { histograms, exemplars, metadata } = builder.finish();
  builder.clear();
  assert.deepEqual(fill(builder).finish(), fill(new SampleBatchBuilder()).finish());
  assert.deepEqual([histograms?.size, exemplars?.length, metadata?.length], [1, 1, 1]);
});
