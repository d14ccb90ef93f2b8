import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMetricsRegistry } from './registry.ts';

class TestClock {
  ms = 0;
  nowMs(): number {
    return this.ms;
  }
  monotonicMs(): number {
    return this.ms;
  }
}

const setUp = (options: { quantiles?: number[]; windowMs?: number } = {}) => {
  const clock = new TestClock();
  const registry = createMetricsRegistry({ clock });
  const summary = registry.summary({ name: 's', help: 'h', ...options });
  const read = (): number[] =>
    registry
      .collect()
      .find(({ name }) => name === 's')!
      .samples.map(({ value }) => value);
  return { clock, registry, summary, read };
};

test('a summary shows its quantiles, the sum and the count', () => {
  const { registry, summary } = setUp({ quantiles: [0, 0.5, 1] });
  for (const value of [1, 2, 4]) summary.observe(value);
  const { samples } = registry.collect().find(({ name }) => name === 's')!;
  assert.deepEqual(
    samples.map(({ name, labels }) => [name, ...labels]),
    [['s', 'quantile', '0'], ['s', 'quantile', '0.5'], ['s', 'quantile', '1'], ['s_sum'], ['s_count']],
  );
  assert.deepEqual(
    samples.map(({ value }) => Number(value.toPrecision(2))),
    [1, 2, 4, 7, 3],
  );
});

test('before the first value and after the window the quantiles are NaN; sum and count stay', () => {
  const { clock, summary, read } = setUp({ quantiles: [0.5], windowMs: 1000 });
  assert.deepEqual(read(), [Number.NaN, 0, 0]);
  summary.observe(10);
  clock.ms = 799;
  assert.deepEqual(read(), [10, 10, 1]);
  clock.ms = 1000;
  assert.deepEqual(read(), [Number.NaN, 10, 1]);
});

test('values leave the window a fifth of it at a time', () => {
  const { clock, summary, read } = setUp({ quantiles: [1], windowMs: 1000 });
  for (let i = 0; i < 10; i++) {
    clock.ms = i * 100;
    summary.observe(10 - i);
  }
  const maxima = Array.from({ length: 6 }, (_, i) => {
    clock.ms = 900 + i * 200;
    return read()[0];
  });
  assert.deepEqual(maxima, [10, 8, 6, 4, 2, Number.NaN]);
});

test('a clock that stands or jumps back changes no window; one that leaps empties it', () => {
  const { clock, summary, read } = setUp({ quantiles: [0.5], windowMs: 1000 });
  clock.ms = 5000;
  summary.observe(3);
  clock.ms = 100;
  summary.observe(3);
  assert.deepEqual(read(), [3, 6, 2]);
  clock.ms = 1e12;
  assert.deepEqual(read(), [Number.NaN, 6, 2]);
});

test('each quantile is within 0.6 % of the value of its rank', () => {
  const value = fc.double({ min: 0.001, max: 60, noNaN: true });
  const signed = fc
    .tuple(value, fc.boolean())
    .map(([magnitude, isNegative]) => (isNegative ? -magnitude : magnitude));
  fc.assert(
    fc.property(fc.array(signed, { minLength: 1, maxLength: 300 }), (values) => {
      const quantiles = [0, 0.25, 0.5, 0.9, 0.99, 1];
      const { summary, read } = setUp({ quantiles });
      for (const one of values) summary.observe(one);
      const sorted = values.toSorted((a, b) => a - b);
      for (const [i, quantile] of quantiles.entries()) {
        const want = sorted[Math.floor(quantile * (sorted.length - 1))]!;
        const got = read()[i]!;
        assert.ok(
          Math.abs(got - want) <= Math.abs(want) * 0.006,
          `quantile ${quantile}: ${got}, want ${want}`,
        );
      }
    }),
  );
});

test('values over all magnitudes keep memory and answers bounded', () => {
  const { summary, read } = setUp({ quantiles: [0.5] });
  for (let i = -300; i <= 300; i++) for (let n = 1; n < 10; n++) summary.observe(n * 10 ** i);
  const [median, , count] = read();
  assert.equal(count, 601 * 9);
  // 2,000 octaves in 1,024 buckets: schema -1, a factor of four.
  assert.ok(median! > 5 / 4 && median! < 5 * 4, `median ${median}`);
});

test('endless values are counted and shown', () => {
  const { summary, read } = setUp({ quantiles: [0, 0.5, 1] });
  for (const value of [-Infinity, 0, Infinity]) summary.observe(value);
  assert.deepEqual(read(), [-Infinity, 0, Infinity, Number.NaN, 3]);
});

test('options that make no sense are refused', () => {
  const registry = createMetricsRegistry();
  const check = (
    options: { quantiles?: number[]; windowMs?: number; sampleOneIn?: number },
    want: RegExp,
  ): void => assert.throws(() => registry.summary({ name: 's', help: 'h', ...options }), want);
  check({ quantiles: [0.5, 0.5] }, /quantiles must lie within \[0, 1\] and increase; got 0.5, 0.5/);
  check({ quantiles: [1.1] }, /quantiles must lie within/);
  check({ quantiles: [Number.NaN] }, /quantiles must lie within/);
  check({ windowMs: 0 }, /windowMs must be above 0; got 0/);
  check({ sampleOneIn: 0.5 }, /sampleOneIn must be a whole number above 0; got 0.5/);
  assert.throws(
    () => registry.summary({ name: 's', help: 'h', labelNames: ['quantile'] }),
    /label name "quantile" is kept for quantiles/,
  );
});
