import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createValidity,
  formatLabels,
  isValidAt,
  labelsOf,
  setValidAt,
  type ResultSeries,
  type Slicer,
} from '@vedette/model';
import { copyBits, joinColumns, sizeOf, type ResultColumns } from './result-columns.ts';

const eager: Slicer = { shouldYield: () => true, yield: () => Promise.resolve() };

function seriesOf(name: string, points: readonly (number | undefined)[]): ResultSeries {
  const validity = createValidity(points.length);
  for (const [i, point] of points.entries()) if (point !== undefined) setValidAt(validity, i);
  return { labels: labelsOf({ name }), values: Float64Array.from(points, (point) => point ?? 99), validity };
}

function columnsOf(
  startMs: number,
  columns: Readonly<Record<string, readonly (number | undefined)[]>>,
): ResultColumns {
  const series = Object.entries(columns).map(([name, points]) => seriesOf(name, points));
  return { grid: { startMs, stepMs: 10, count: series[0]?.values.length ?? 0 }, series };
}

async function joined(parts: readonly ResultColumns[], startMs: number, count: number): Promise<string[]> {
  const series = await joinColumns(parts, { startMs, stepMs: 10, count }, eager);
  return series.map(({ labels, values, validity }) => {
    const points = [...values].map((value, step) => (isValidAt(validity, step) ? String(value) : '_'));
    return `${formatLabels(labels)} ${points.join(' ')}`;
  });
}

test('parts become one, in the order of label sets, with holes where a part has no such series', async () => {
  const parts = [columnsOf(100, { b: [1, 2], d: [3, undefined] }), columnsOf(120, { a: [5], b: [6] })];
  assert.deepEqual(await joined(parts, 100, 3), ['{name="a"} _ _ 5', '{name="b"} 1 2 6', '{name="d"} 3 _ _']);
});

test('what lies beside the grid is left out, and a series with nothing on it, too', async () => {
  const parts = [
    columnsOf(70, { a: [1, 2, 3, 4], b: [5, 6, undefined, undefined] }),
    columnsOf(110, { a: [7, 8] }),
  ];
  assert.deepEqual(await joined(parts, 90, 3), ['{name="a"} 3 4 7']);
});

test('bits are copied from any place to any place, and no others', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(bytes, fc.nat(40), fc.nat(40), fc.nat(40), (source, from, to, count) => {
      fc.pre(from + count <= source.length * 8);
      const target = new Uint8Array(12);
      copyBits(source, from, target, to, count);
      for (let i = 0; i < 96; i++) {
        const isInside = i >= to && i < to + count;
        assert.equal(isValidAt(target, i), isInside && isValidAt(source, from + i - to));
      }
    }),
  );
});

test('the size counts columns and labels', () => {
  const small = sizeOf(columnsOf(0, { a: [1] }));
  const long = sizeOf({ ...columnsOf(0, { a: [1] }), grid: { startMs: 0, stepMs: 10, count: 1001 } });
  assert.equal(long - small, 8000 + 125);
  assert.ok(sizeOf(columnsOf(0, { ['a'.repeat(500)]: [1] })) >= small + 499);
});
