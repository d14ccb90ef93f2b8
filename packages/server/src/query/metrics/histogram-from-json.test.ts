import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findHistogramFault, InputError, SCHEMA_CUSTOM, type NativeHistogram } from '@vedette/model';
import * as fc from 'fast-check';
import { JsonCursor } from '../../lib/json-cursor.ts';
import { readHistogramJson } from './histogram-from-json.ts';

const readText = (text: string): NativeHistogram => readHistogramJson(new JsonCursor(Buffer.from(text)));

type Bucket = readonly [boundaries: number, lower: number, upper: number, count: number];

const jsonOf = (count: number, sum: number, buckets: readonly Bucket[]): string =>
  JSON.stringify({
    count: String(count),
    sum: String(sum),
    buckets: buckets.map(([boundaries, ...numbers]) => [
      boundaries,
      ...numbers.map((one) => (Math.abs(one) === Infinity ? `${one < 0 ? '-' : '+'}Inf` : String(one))),
    ]),
  });

const plain = (histogram: NativeHistogram): unknown => ({
  ...histogram,
  positive: { spans: histogram.positive.spans, counts: [...histogram.positive.counts] },
  negative: { spans: histogram.negative.spans, counts: [...histogram.negative.counts] },
  customBounds: [...histogram.customBounds],
});

test('exponential buckets on both sides of zero find their schema, spans and threshold', () => {
  const histogram = readText(
    jsonOf(12, 18.4, [
      [1, -4, -2, 1],
      [1, -2, -1, 2],
      [3, -0.001, 0.001, 2],
      [0, 0.5, 1, 3],
      [0, 4, 8, 4],
    ]),
  );
  assert.deepEqual(plain(histogram), {
    count: 12,
    sum: 18.4,
    counterReset: 'unknown',
    schema: 0,
    zeroThreshold: 0.001,
    zeroCount: 2,
    positive: {
      spans: [
        { offset: 0, length: 1 },
        { offset: 2, length: 1 },
      ],
      counts: [3, 4],
    },
    negative: { spans: [{ offset: 1, length: 2 }], counts: [2, 1] },
    customBounds: [],
  });
});

test('custom buckets keep their bounds, open ends included', () => {
  const histogram = readText(
    jsonOf(6, 10, [
      [3, -Infinity, 0.1, 1],
      [0, 0.1, 0.25, 2],
      [0, 2.5, Infinity, 3],
    ]),
  );
  assert.equal(histogram.schema, SCHEMA_CUSTOM);
  assert.deepEqual([...histogram.customBounds], [0.1, 0.25, 2.5]);
  assert.deepEqual(histogram.positive.spans, [
    { offset: 0, length: 2 },
    { offset: 1, length: 1 },
  ]);
  assert.deepEqual([...histogram.positive.counts], [1, 2, 3]);
});

test('a histogram without buckets, or with a zero bucket alone, is one', () => {
  assert.equal(findHistogramFault(readText('{"count":"0","sum":"0"}')), undefined);
  const zero = readText(jsonOf(3, 0, [[3, -0.01, 0.01, 3]]));
  assert.deepEqual([zero.schema, zero.zeroThreshold, zero.zeroCount], [0, 0.01, 3]);
  assert.ok(Number.isNaN(readText('{"count":"1","sum":"NaN"}').sum));
});

test('every schema and any bucket is found again', () => {
  const cases = fc.record({
    schema: fc.integer({ min: -4, max: 8 }),
    places: fc.uniqueArray(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 12 }),
  });
  fc.assert(
    fc.property(cases, ({ schema, places }) => {
      const sorted = places.toSorted((a, b) => a - b);
      const buckets = sorted.map((i): Bucket => [
        0,
        2 ** ((i - 1) * 2 ** -schema),
        2 ** (i * 2 ** -schema),
        Math.abs(i) + 1,
      ]);
      const histogram = readText(jsonOf(1, 1, buckets));
      assert.equal(histogram.schema, schema);
      assert.equal(findHistogramFault(histogram), undefined);
      const found: number[] = [];
      let next = 0;
      for (const { offset, length } of histogram.positive.spans) {
        next += offset;
        for (let i = 0; i < length; i++) found.push(next++);
      }
      assert.deepEqual(found, sorted);
    }),
  );
});

test('buckets that cannot be are refused', () => {
  const check = (text: string): void => assert.throws(() => readText(text), InputError, text);
  check('{"buckets":[[0,"2","1","1"]]}');
  check('{"buckets":[[0,"1","2"]]}');
  check('{"buckets":[[0,"1","2","3","4"]]}');
  check('{"buckets":[[0,"x","2","3"]]}');
  check('{"count":1}');
  check(
    jsonOf(1, 1, [
      [0, 0.3, 5, 1],
      [0, 0.1, 0.2, 1],
    ]),
  );
});
