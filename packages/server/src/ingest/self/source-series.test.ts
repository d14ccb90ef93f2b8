import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLabels, labelsOfSeriesKey, type SampleBatch } from '@vedette/model';
import { Rows, SourceSeries, type SourceFamily } from './source-series.ts';

/** `series → value` or `stale`, in order. */
function textsOf(batch: SampleBatch): string[] {
  return Array.from({ length: batch.seriesCount }, (_, i) => {
    const labels = labelsOfSeriesKey(
      batch.keys.subarray(i === 0 ? 0 : batch.keyEnds[i - 1], batch.keyEnds[i]),
    );
    const sample = batch.sampleEnds[i]! - 1;
    return `${formatLabels(labels)} ${batch.staleFlags[sample] === 1 ? 'stale' : batch.values[sample]}`;
  });
}

function setUp(seriesMax?: number): {
  source: SourceSeries;
  family: SourceFamily;
  tick: (timestampMs: number, ...values: [labelValue: string, value: number][]) => SampleBatch;
  drops: () => number;
} {
  let dropCount = 0;
  const source = new SourceSeries({
    sourceLabels: { job: 'j' },
    onDrop: () => dropCount++,
    ...(seriesMax === undefined ? {} : { seriesMax }),
  });
  const family = source.family({ name: 'g', type: 'gauge', help: 'h', labelNames: ['x'] });
  const rows = new Rows();
  const tick = (timestampMs: number, ...values: [string, number][]): SampleBatch => {
    rows.clear();
    for (const [labelValue, value] of values) {
      const row = source.rowOf(family, [labelValue]);
      if (row !== undefined) rows.add(row, value);
    }
    return source.batchOf(timestampMs, [rows]);
  };
  return { source, family, tick, drops: () => dropCount };
}

test('rows become series with the labels of the source, all at the time of the tick', () => {
  const { tick } = setUp();
  const batch = tick(1000, ['a', 1], ['b', 2], ['', 3]);
  assert.deepEqual(textsOf(batch), ['g{job="j", x="a"} 1', 'g{job="j", x="b"} 2', 'g{job="j"} 3']);
  assert.deepEqual([...batch.timestampsMs], [1000, 1000, 1000]);
});

test('a series that is gone gets one staleness marker, and comes back as itself', () => {
  const { tick, source } = setUp();
  const step = (...args: Parameters<typeof tick>): string[] => {
    const batch = tick(...args);
    source.confirm(batch);
    return textsOf(batch);
  };
  step(1000, ['a', 1], ['b', 2]);
  assert.deepEqual(step(2000, ['a', 1]), ['g{job="j", x="a"} 1', 'g{job="j", x="b"} stale']);
  assert.deepEqual(step(3000, ['a', 1]), ['g{job="j", x="a"} 1']);
  assert.deepEqual(step(4000, ['b', 5]), ['g{job="j", x="b"} 5', 'g{job="j", x="a"} stale']);
});

test('markers and descriptions are sent again until the store took them', () => {
  const { tick, source } = setUp();
  tick(1000, ['a', 1], ['b', 2]);
  const refused = tick(2000, ['a', 1]);
  assert.equal(refused.metadata?.length, 1);
  const second = tick(3000, ['a', 1]);
  assert.deepEqual(textsOf(second), ['g{job="j", x="a"} 1', 'g{job="j", x="b"} stale']);
  assert.equal(second.metadata?.length, 1);
  source.confirm(second);
  const third = tick(4000, ['a', 1]);
  assert.deepEqual(textsOf(third), ['g{job="j", x="a"} 1']);
  assert.equal(third.metadata?.length, 0);
});

test('a series that came back before its marker was taken has a sample and no marker', () => {
  const { tick } = setUp();
  tick(1000, ['a', 1]);
  tick(2000);
  assert.deepEqual(textsOf(tick(3000, ['a', 2])), ['g{job="j", x="a"} 2']);
});

test('a series that comes twice in a tick is written once, the first time', () => {
  const { tick } = setUp();
  assert.deepEqual(textsOf(tick(1000, ['a', 1], ['a', 2])), ['g{job="j", x="a"} 1']);
});

test('at the limit new rows are dropped and told; a series that ended makes room', () => {
  const { tick, drops } = setUp(2);
  assert.equal(tick(1000, ['a', 1], ['b', 1], ['c', 1]).seriesCount, 2);
  assert.equal(drops(), 1);
  tick(2000, ['a', 1]);
  assert.deepEqual(textsOf(tick(3000, ['a', 1], ['c', 1])).slice(0, 2), [
    'g{job="j", x="a"} 1',
    'g{job="j", x="c"} 1',
  ]);
  assert.equal(drops(), 1);
});

test('discarded rows that no tick has seen make room again', () => {
  const { source, family, drops } = setUp(1);
  const rows = new Rows();
  rows.add(source.rowOf(family, ['a'])!, 1);
  source.discard(rows);
  assert.equal(rows.count, 0);
  assert.ok(source.rowOf(family, ['b']));
  assert.equal(drops(), 0);
});

test('wrong use is a bug', () => {
  const { source, family } = setUp();
  assert.throws(
    () => source.family({ name: 'g', type: 'gauge', help: '' }),
    /BUG: family "g" is declared twice/,
  );
  assert.throws(() => source.rowOf(family, ['a', 'b']), /BUG: "g" has 1 labels; got 2 values/);
});

test('columns of rows grow', () => {
  const { source, family } = setUp();
  const rows = new Rows();
  for (let i = 0; i < 100; i++) rows.add(source.rowOf(family, [String(i)])!, i);
  const batch = source.batchOf(1, [rows]);
  assert.deepEqual(
    [...batch.values],
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test('a series that is forgotten leaves without a staleness marker, also when it was about to get one', () => {
  const { tick, source } = setUp();
  const forget = (name: string): void =>
    source.forget((values) => Array.isArray(values) && values.includes(name));
  tick(1000, ['a', 1], ['b', 1]);
  forget('a');
  assert.deepEqual(textsOf(tick(2000, ['b', 2])), ['g{job="j", x="b"} 2']);
  assert.deepEqual(textsOf(tick(3000, ['c', 3])), ['g{job="j", x="c"} 3', 'g{job="j", x="b"} stale']);
  // Not confirmed: it would be sent again.
  forget('b');
  assert.deepEqual(textsOf(tick(4000, ['c', 4])), ['g{job="j", x="c"} 4']);
});
