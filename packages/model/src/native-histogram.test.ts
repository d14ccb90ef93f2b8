import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findHistogramFault,
  SCHEMA_CUSTOM,
  type HistogramBuckets,
  type NativeHistogram,
} from './native-histogram.ts';

function buckets(spans: [offset: number, length: number][], ...counts: number[]): HistogramBuckets {
  return {
    spans: spans.map(([offset, length]) => ({ offset, length })),
    counts: Float64Array.from(counts),
  };
}

const NONE = buckets([]);

function histogramOf(parts: Partial<NativeHistogram>): NativeHistogram {
  return {
    schema: 0,
    count: 3,
    sum: 5,
    zeroThreshold: 0.001,
    zeroCount: 0,
    positive: buckets(
      [
        [-2, 1],
        [1, 2],
      ],
      1,
      0,
      2,
    ),
    negative: NONE,
    customBounds: new Float64Array(0),
    counterReset: 'unknown',
    ...parts,
  };
}

function customOf(parts: Partial<NativeHistogram>): NativeHistogram {
  return histogramOf({
    schema: SCHEMA_CUSTOM,
    zeroThreshold: 0,
    positive: buckets(
      [
        [0, 1],
        [1, 1],
      ],
      1,
      2,
    ),
    customBounds: Float64Array.from([1, 2]),
    ...parts,
  });
}

test('sound histograms have no fault', () => {
  for (const histogram of [
    histogramOf({}),
    histogramOf({ schema: -4 }),
    histogramOf({ schema: 8, sum: NaN }),
    histogramOf({ positive: NONE, count: 0 }),
    customOf({}),
    customOf({ customBounds: new Float64Array(0), positive: buckets([[0, 1]], 3) }),
  ])
    assert.equal(findHistogramFault(histogram), undefined);
});

test('a histogram that contradicts itself is told why', () => {
  const cases: [RegExp, NativeHistogram][] = [
    [/unknown schema; got 9/, histogramOf({ schema: 9 })],
    [/unknown schema; got -5/, histogramOf({ schema: -5 })],
    [/unknown schema; got 0\.5/, histogramOf({ schema: 0.5 })],
    [/count must not be negative; got -1/, histogramOf({ count: -1 })],
    [/zero count.*NaN/, histogramOf({ zeroCount: NaN })],
    [/zero threshold.*-1/, histogramOf({ zeroThreshold: -1 })],
    [
      /positive span 1 must be whole numbers; got offset 0.5/,
      histogramOf({ positive: buckets([[0.5, 1]], 1) }),
    ],
    [
      /negative span 1 must be whole numbers; got offset NaN/,
      histogramOf({ negative: buckets([[NaN, 1]], 1) }),
    ],
    [
      /positive span 1 must be whole numbers; got offset 0, length 1.5/,
      histogramOf({
        positive: buckets(
          [
            [0, 1.5],
            [0, 0.5],
          ],
          1,
          1,
        ),
      }),
    ],
    [/positive span 1 must be/, histogramOf({ positive: buckets([[2 ** 31 + 1, 1]], 1) })],
    [/positive spans cover 2 buckets; got 1 counts/, histogramOf({ positive: buckets([[0, 2]], 1) })],
    [/negative bucket 2 must not be negative; got -3/, histogramOf({ negative: buckets([[0, 2]], 1, -3) })],
    [
      /positive span 2 begins before/,
      histogramOf({
        positive: buckets(
          [
            [0, 1],
            [-1, 1],
          ],
          1,
          1,
        ),
      }),
    ],
    [/custom bounds belong to schema -53/, histogramOf({ customBounds: Float64Array.from([1]) })],
    [/custom bounds must increase; got 1 at 2/, customOf({ customBounds: Float64Array.from([1, 1]) })],
    [/custom bound 2 must be finite/, customOf({ customBounds: Float64Array.from([1, Infinity]) })],
    [/positive buckets only/, customOf({ negative: buckets([[0, 1]], 1) })],
    [/positive buckets only/, customOf({ zeroCount: 1 })],
    [/spans end at custom bucket 4; there are 3/, customOf({ positive: buckets([[3, 1]], 1) })],
    [/begins before the first custom bucket/, customOf({ positive: buckets([[-1, 1]], 1) })],
  ];
  for (const [want, histogram] of cases) assert.match(findHistogramFault(histogram) ?? '', want);
});
