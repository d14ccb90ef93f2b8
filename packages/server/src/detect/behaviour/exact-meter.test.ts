import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bucketMsOf, ExactMeter } from './exact-meter.ts';

const COUNT = { windowMs: 60_000, measure: { kind: 'actions' } } as const;
const SHARE = { windowMs: 3_600_000, measure: { kind: 'share', minCount: 1 } } as const;
const START_MS = 1.8e12;

test('a bucket is a second, of a day 24, and a window is whole buckets', () => {
  assert.deepEqual([10_000, 60_000, 3_600_000, 86_400_000].map(bucketMsOf), [1000, 1000, 1000, 24_000]);
});

test('the sum is that of the buckets of the window, in whatever order rows come', () => {
  const row = fc.record({
    atMs: fc.nat(200_000),
    count: fc.integer({ min: 1, max: 9 }),
    action: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 200 }), fc.nat(90_000), (rows, laterMs) => {
      const meter = new ExactMeter(COUNT);
      const model: typeof rows = [];
      for (const { atMs, count, action } of rows) {
        meter.add(START_MS + atMs, count, action);
        model.push({ atMs, count, action });
        const newest = Math.floor(Math.max(...model.map((one) => one.atMs)) / 1000);
        const within = model.filter((one) => Math.floor(one.atMs / 1000) > newest - 60);
        assert.equal(
          meter.sum,
          within.reduce((sum, one) => sum + one.count, 0),
        );
        for (const [known, total] of meter.byAction())
          assert.equal(
            total,
            within.filter((one) => one.action === known).reduce((sum, one) => sum + one.count, 0),
          );
      }
      const newestMs = Math.max(0, ...model.map((one) => one.atMs));
      const later = Math.floor((newestMs + laterMs) / 1000);
      const left = model.filter((one) => Math.floor(one.atMs / 1000) > later - 60);
      assert.equal(
        meter.sumAt(START_MS + newestMs + laterMs),
        left.reduce((sum, one) => sum + one.count, 0),
      );
    }),
  );
});

test('a count that has more rows than fit forgets actions, and no count', () => {
  const meter = new ExactMeter({ windowMs: 3_600_000, measure: { kind: 'actions' } });
  let want = 0;
  for (let n = 0; n < 20_000; n++) {
    meter.add(START_MS + Math.floor(n / 10) * 1000, 2, 1 + (n % 10));
    want += 2;
    assert.equal(meter.sum, want);
  }
  assert.ok(meter.bytes <= 50_000, `${meter.bytes}`);
  assert.ok((meter.byAction().get(0) ?? 0) > 0);
  assert.ok(meter.isWhole);
});

test('a share that has more rows than fit says that its window is not whole, until it is', () => {
  const meter = new ExactMeter(SHARE);
  for (let n = 0; n < 4096; n++) meter.add(START_MS + Math.floor(n / 2) * 1000, 1, 1 + (n % 2));
  assert.ok(meter.isWhole);
  meter.add(START_MS + 2048_000, 1, 1);
  assert.ok(!meter.isWhole);
  assert.equal(meter.sum, 4096);
  meter.add(START_MS + 3_600_000, 1, 1);
  assert.ok(meter.isWhole);
});

test('what was not seen before a time makes a window that reaches there not whole', () => {
  const meter = new ExactMeter(COUNT);
  meter.add(START_MS + 500, 1, 1);
  meter.startAt(START_MS);
  assert.ok(!meter.isWhole);
  meter.add(START_MS + 59_000, 1, 1);
  assert.ok(meter.isWhole);
});
