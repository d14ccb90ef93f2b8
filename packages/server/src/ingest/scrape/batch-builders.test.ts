import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SampleBatchBuilder } from '@vedette/model';
import { BatchBuilders, KEPT_BUILDERS_MAX, KEPT_BYTES_MAX } from './batch-builders.ts';

function filled(builders: BatchBuilders, sampleCount: number): SampleBatchBuilder {
  const builder = builders.take(1);
  builder.openSeriesKey(Buffer.from('key'));
  for (let i = 0; i < sampleCount; i++) builder.addSample(i, i);
  return builder;
}

test('a builder that was given back is handed out again, empty', () => {
  const builders = new BatchBuilders();
  const first = filled(builders, 3);
  builders.give(first);
  const second = builders.take(1);
  assert.equal(second, first);
  assert.deepEqual([second.sampleCount, second.finish().seriesCount], [0, 0]);
  assert.notEqual(builders.take(1), second, 'it is out');
});

test('a few builders are kept, and none that had more than the limit', () => {
  const builders = new BatchBuilders();
  const out = Array.from({ length: KEPT_BUILDERS_MAX + 1 }, () => filled(builders, 1));
  for (const builder of out) builders.give(builder);
  const again = out.map(() => builders.take(1));
  assert.equal(again.filter((builder) => out.includes(builder)).length, KEPT_BUILDERS_MAX);
});

test('a page of twenty thousand series is read in kept memory; what takes more is let go, by its bytes', () => {
  const builders = new BatchBuilders();
  const typical = builders.take(20_000);
  for (let i = 0; i < 20_000; i++) {
    typical.openSeriesKey(Buffer.alloc(100));
    typical.addSample(1, i);
  }
  builders.give(typical);
  assert.equal(builders.take(1), typical);
  for (const [keyBytes, isKept] of [
    [KEPT_BYTES_MAX / 2, true],
    [KEPT_BYTES_MAX, false],
  ] as const) {
    const builder = new BatchBuilders().take(1);
    builder.openSeriesKey(Buffer.alloc(keyBytes));
    builders.give(builder);
    assert.equal(builders.take(1) === builder, isKept, `a key of ${keyBytes} bytes`);
  }
});
