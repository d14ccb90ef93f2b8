import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SampleBatchBuilder } from '@vedette/model';
import { BatchBuilders, KEPT_BUILDERS_MAX, KEPT_SAMPLES_MAX } from './batch-builders.ts';

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
  for (const [count, isKept] of [
    [KEPT_SAMPLES_MAX, true],
    [KEPT_SAMPLES_MAX + 1, false],
  ] as const) {
    const fresh = new BatchBuilders();
    const builder = filled(fresh, count);
    fresh.give(builder);
    assert.equal(fresh.take(1) === builder, isKept);
  }
});
