import '../../../../../../tools/property-seed.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seriesOf } from './remote-write-fixture.ts';
import { emptyRow, SampleRows, type SampleRow } from './sample-rows.ts';
import { SendQueue, type RowBatch } from './send-queue.ts';

function rowOf(lane: number, timestampMs: number): SampleRow {
  return { ...emptyRow(), series: { ...seriesOf(`m${lane}`), lane }, timestampMs };
}

function timesOf(rows: SampleRows): number[] {
  const row = emptyRow();
  const times: number[] = [];
  for (let i = 0; rows.read(i, row); i++) times.push(row.timestampMs);
  return times;
}

const ONE = { index: 0, count: 1 };

function queueOf(bounds: { laneCount?: number; rowsMax?: number; bytesMax?: number } = {}): SendQueue {
  return new SendQueue({ laneCount: 4, rowsMax: 1000, bytesMax: 1e6, ...bounds });
}

test('rows wait until there are enough or they are due', () => {
  const queue = queueOf();
  queue.push(rowOf(0, 1));
  queue.push(rowOf(1, 2));
  assert.equal(queue.take(ONE, 3), undefined);
  queue.markDue();
  queue.push(rowOf(2, 3));
  assert.deepEqual(timesOf(queue.take(ONE, 3)?.rows ?? new SampleRows()), [1, 2, 3]);
  assert.equal(queue.take(ONE, 3), undefined);
});

test('a lane under way gives nothing until it is released', () => {
  const queue = queueOf();
  for (let i = 0; i < 4; i++) queue.push(rowOf(1, i));
  const first = queue.take(ONE, 2);
  assert.ok(first !== undefined);
  assert.deepEqual(timesOf(first.rows), [0, 1]);
  assert.equal(queue.take(ONE, 2), undefined);
  assert.equal(queue.rowCount, 4);
  queue.release(first, 2);
  assert.equal(queue.rowCount, 2);
  assert.deepEqual(timesOf(queue.take(ONE, 2)?.rows ?? new SampleRows()), [2, 3]);
});

test('lanes are shared among the shards, those that waited longest first', () => {
  const queue = queueOf();
  for (const [lane, time] of [
    [0, 9],
    [1, 5],
    [2, 1],
    [3, 2],
  ] as const)
    queue.push(rowOf(lane, time));
  queue.markDue();
  assert.deepEqual(timesOf(queue.take({ index: 1, count: 2 }, 10)?.rows ?? new SampleRows()), [2, 5]);
  assert.deepEqual(timesOf(queue.take({ index: 0, count: 2 }, 1)?.rows ?? new SampleRows()), [1]);
});

test('at the bound nothing is dropped, beyond it the oldest of all lanes', () => {
  const queue = queueOf({ rowsMax: 3 });
  const dropped: number[] = [];
  for (const [lane, time] of [
    [0, 5],
    [1, 3],
    [2, 4],
  ] as const)
    queue.push(rowOf(lane, time));
  assert.ok(queue.makeRoom((row) => void dropped.push(row.timestampMs)));
  assert.equal(dropped.length, 0);
  queue.push(rowOf(3, 9));
  queue.push(rowOf(3, 10));
  assert.ok(queue.makeRoom((row) => void dropped.push(row.timestampMs)));
  assert.deepEqual(dropped, [3, 4]);
  assert.equal(queue.rowCount, 3);
});

test('bytes are bounded, too, and what is under way cannot be dropped', () => {
  const exemplar = { labels: seriesOf('x'.repeat(1000)).labels, value: 1, timestampMs: 1 };
  const queue = queueOf({ bytesMax: 3000 });
  queue.push({ ...rowOf(0, 1), kind: 3, extra: exemplar });
  assert.ok(queue.hasRoomFor(0, 0));
  const before = queue.bytes;
  queue.markDue();
  const batch = queue.take(ONE, 1);
  queue.push({ ...rowOf(0, 2), kind: 3, extra: exemplar });
  const dropped: number[] = [];
  assert.ok(queue.makeRoom((row) => void dropped.push(row.timestampMs)));
  assert.deepEqual(dropped, [2]);
  assert.equal(queue.bytes, before);
  assert.ok(batch !== undefined);
  queue.release(batch, 1);
  assert.equal(queue.bytes, 0);
});

/** Everything that can happen to a queue, in any order. */
type Step =
  | { readonly kind: 'push'; readonly lane: number }
  | { readonly kind: 'take' | 'release' | 'due' | 'room' | 'reshard'; readonly n: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('push' as const), lane: fc.nat(3) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'take' as const,
        'release' as const,
        'due' as const,
        'room' as const,
        'reshard' as const,
      ),
      n: fc.nat(7),
    }),
  },
);

test('whatever happens, rows of a lane leave in order, at most once, and the figures end at zero', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const queue = queueOf({ rowsMax: 30 });
      const underWay: RowBatch[] = [];
      const left = new Map<number, number>();
      const row = emptyRow();
      let shards = 1;
      let pushed = 0;
      let gone = 0;
      const leave = ({ series, timestampMs }: SampleRow): void => {
        gone++;
        assert.ok((left.get(series.lane) ?? -1) < timestampMs, 'a row overtook one of its lane');
        left.set(series.lane, timestampMs);
      };
      const take = (index: number, max: number): void => {
        const batch = queue.take({ index: index % shards, count: shards }, max);
        if (batch === undefined) return;
        for (const lane of batch.lanes) assert.ok(!underWay.some(({ lanes }) => lanes.includes(lane)));
        underWay.push(batch);
        for (let i = 0; batch.rows.read(i, row); i++) leave(row);
      };
      const release = (n: number): void => {
        const [batch] = underWay.splice(n % Math.max(1, underWay.length), 1);
        if (batch !== undefined) queue.release(batch, batch.rows.length);
      };
      for (const one of steps) {
        if (one.kind === 'push') queue.push(rowOf(one.lane, pushed++));
        else if (one.kind === 'take') take(one.n, 1 + one.n);
        else if (one.kind === 'release') release(one.n);
        else if (one.kind === 'due') queue.markDue();
        else if (one.kind === 'reshard') shards = 1 + (one.n % 4);
        else {
          queue.makeRoom(leave);
          const held = underWay.reduce((sum, { rows }) => sum + rows.length, 0);
          assert.ok(queue.rowCount <= Math.max(30, held));
        }
      }
      while (underWay.length > 0) release(0);
      queue.clear(leave);
      assert.deepEqual([gone, queue.rowCount, queue.bytes], [pushed, 0, 0]);
    }),
    { numRuns: 500 },
  );
});

test('a ring of rows keeps their order through growing, wrapping and emptying', () => {
  const rows = new SampleRows();
  const row = emptyRow();
  let next = 0;
  let expected = 0;
  for (const [pushes, shifts] of [
    [50, 30],
    [100, 10],
    [300, 410],
    [70, 1],
    [1, 70],
  ] as const) {
    for (let i = 0; i < pushes; i++) rows.push(rowOf(0, next++));
    for (let i = 0; i < shifts; i++) {
      assert.ok(rows.shift(row));
      assert.equal(row.timestampMs, expected++);
    }
  }
  assert.equal(rows.length, 0);
  assert.equal(rows.shift(row), false);
  assert.equal(rows.firstMs, Infinity);
});
