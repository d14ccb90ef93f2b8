import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTicks, formatValue, isBinaryUnit } from './unit.ts';

const check = (value: number | null | undefined, unit: string, want: string): void =>
  expect(formatValue(value, unit).replaceAll('\u00a0', ' ')).toBe(want);

test('bytes go in steps of 1024', () => {
  check(0, 'bytes', '0 B');
  check(1023, 'bytes', '1023 B');
  check(1024, 'bytes', '1 KiB');
  check(1536, 'bytes', '1.5 KiB');
  check(117.6 * 1024 ** 2, 'bytes', '118 MiB');
  check(3 * 1024 ** 5, 'bytes', '3 PiB');
  check(2048, 'binBps', '2 KiB/s');
});

test('rates and counts go in steps of 1000', () => {
  check(999, 'short', '999');
  check(1000, 'short', '1 k');
  check(2431, 'short', '2.43 k');
  check(1.9e6, 'Bps', '1.9 MB/s');
  check(12, 'reqps', '12 req/s');
});

test('a value just below the next scale is not printed as 1000 of the smaller one', () => {
  check(999.6, 'short', '1 k');
  check(1023.9, 'bytes', '1 KiB');
});

test('ratios and percents carry the sign without a space', () => {
  check(0.418, 'percentunit', '41.8%');
  check(41.8, 'percent', '41.8%');
  check(0.00036, 'percentunit', '0.036%');
});

test('seconds find their scale in both directions', () => {
  check(0.0042, 's', '4.2 ms');
  check(0.0000009, 's', '900 ns');
  check(90, 's', '1.5 min');
  check(7200, 's', '2 h');
  check(86_400 * 3, 's', '3 d');
  check(4.2, 'ms', '4.2 ms');
  check(1500, 'ms', '1.5 s');
});

test('gaps and infinities have words, negative numbers a true minus', () => {
  check(null, 'bytes', '–');
  check(undefined, 'bytes', '–');
  check(NaN, 'short', '–');
  check(Infinity, 's', '+Inf');
  check(-Infinity, 's', '−Inf');
  check(-2048, 'bytes', '−2 KiB');
});

test('an unknown unit stands behind the number as it is', () => {
  check(3, 'widgets', '3 widgets');
});

test('the ticks of an axis share one scale', () => {
  const ticks = (values: number[], unit: string): string[] =>
    formatTicks(values, unit).map((text) => text.replaceAll('\u00a0', ' '));
  expect(ticks([0, 2.5e6, 5e6], 'Bps')).toEqual(
    ['0', '2.5 MB/s', '5.0 MB/s'].map((text) => text.replace('.0', '')),
  );
  expect(ticks([0, 512 * 1024, 1024 ** 2], 'bytes')).toEqual(['0', '0.5 MiB', '1 MiB']);
  expect(ticks([0, 0.005, 0.01], 's')).toEqual(['0', '5 ms', '10 ms']);
  expect(ticks([], 's')).toEqual([]);
});

test('two different ticks never read the same', () => {
  const step = fc
    .integer({ min: 1, max: 5 })
    .chain((digit) => fc.integer({ min: -6, max: 9 }).map((power) => digit * 10 ** power));
  fc.assert(
    fc.property(
      step,
      fc.integer({ min: 2, max: 8 }),
      fc.constantFrom('short', 'bytes', 's', 'percentunit', 'Bps'),
      (gap, count, unit) => {
        const values = Array.from({ length: count }, (_, i) => i * gap);
        expect(new Set(formatTicks(values, unit)).size).toBe(count);
      },
    ),
  );
});

test('only units that count in 1024 are cut at powers of two', () => {
  expect(isBinaryUnit('bytes')).toBe(true);
  expect(isBinaryUnit('Bps')).toBe(false);
  expect(isBinaryUnit('widgets')).toBe(false);
});
