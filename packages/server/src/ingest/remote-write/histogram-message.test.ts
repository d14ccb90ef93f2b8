import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeHistogram } from '@vedette/model';
import { createScene, requestV1, requestV2, writtenOf, type HistogramText } from './remote-write-fixture.ts';

const ENCODE = { v1: requestV1, v2: requestV2 } as const;
const VERSIONS = ['v1', 'v2'] as const;
const LABELS = [['__name__', 'h']] as const;

const INTEGERS: HistogramText = {
  timestampMs: 10,
  countInt: 14,
  sum: 18.4,
  schema: 1,
  zeroThreshold: 0.001,
  zeroInt: 2,
  negativeSpans: [[0, 1]],
  negativeDeltas: [3],
  positiveSpans: [
    [-2, 2],
    [1, 2],
  ],
  positiveDeltas: [1, 1, -1, 4],
  resetHint: 2,
};

const FLOATS: HistogramText = {
  timestampMs: 20,
  countFloat: 2.5,
  sum: -1,
  schema: -4,
  zeroFloat: 0.5,
  negativeSpans: [[3, 1]],
  negativeCounts: [1.5],
  positiveSpans: [[0, 1]],
  positiveCounts: [0.5],
  resetHint: 3,
};

const CUSTOM: HistogramText = {
  timestampMs: 30,
  countInt: 3,
  sum: NaN,
  schema: -53,
  positiveSpans: [[0, 3]],
  positiveDeltas: [1, 0, 0],
  customValues: [0.5, 1],
};

test('integer, float and custom histograms arrive with all their fields', async () => {
  const want: NativeHistogram[] = [
    {
      schema: 1,
      count: 14,
      sum: 18.4,
      zeroThreshold: 0.001,
      zeroCount: 2,
      negative: { spans: [{ offset: 0, length: 1 }], counts: Float64Array.of(3) },
      positive: {
        spans: [
          { offset: -2, length: 2 },
          { offset: 1, length: 2 },
        ],
        counts: Float64Array.of(1, 2, 1, 5),
      },
      customBounds: new Float64Array(0),
      counterReset: 'not-reset',
    },
    {
      schema: -4,
      count: 2.5,
      sum: -1,
      zeroThreshold: 0,
      zeroCount: 0.5,
      negative: { spans: [{ offset: 3, length: 1 }], counts: Float64Array.of(1.5) },
      positive: { spans: [{ offset: 0, length: 1 }], counts: Float64Array.of(0.5) },
      customBounds: new Float64Array(0),
      counterReset: 'gauge',
    },
    {
      schema: -53,
      count: 3,
      sum: NaN,
      zeroThreshold: 0,
      zeroCount: 0,
      negative: { spans: [], counts: new Float64Array(0) },
      positive: { spans: [{ offset: 0, length: 3 }], counts: Float64Array.of(1, 1, 1) },
      customBounds: Float64Array.of(0.5, 1),
      counterReset: 'unknown',
    },
  ];
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    const answer = await send(
      version,
      ENCODE[version]([{ labels: LABELS, histograms: [INTEGERS, FLOATS, CUSTOM] }]),
    );
    assert.equal(answer.status, 204);
    assert.deepEqual(
      store.rows,
      want.map((histogram, i) => ['h', (i + 1) * 10, histogram]),
    );
    if (version === 'v2') assert.deepEqual(writtenOf(answer), ['0', '3', '0']);
  }
});

test('a histogram without buckets is one', async () => {
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    const histograms = [{ timestampMs: 1, countInt: 0, sum: 0 }];
    assert.equal((await send(version, ENCODE[version]([{ labels: LABELS, histograms }]))).status, 204);
    assert.equal(store.rows.length, 1);
  }
});

test('a sum that is the staleness marker ends the series, whatever else stands there', async () => {
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    const histograms: HistogramText[] = [
      { timestampMs: 1, sum: 'stale' },
      { ...INTEGERS, sum: 'stale', countInt: 1 },
    ];
    const answer = await send(version, ENCODE[version]([{ labels: LABELS, histograms }]));
    assert.equal(answer.status, 204);
    assert.deepEqual(store.rows, [
      ['h', 1, 'stale'],
      ['h', 10, 'stale'],
    ]);
    if (version === 'v2') assert.deepEqual(writtenOf(answer), ['0', '2', '0']);
  }
});

test('what contradicts itself is refused by itself, with the reason', async () => {
  const check = async (histogram: HistogramText, want: RegExp): Promise<void> => {
    for (const version of VERSIONS) {
      const { send, store, exposed } = createScene();
      const answer = await send(
        version,
        ENCODE[version]([{ labels: LABELS, histograms: [histogram, { ...FLOATS, timestampMs: 99 }] }]),
      );
      assert.equal(answer.status, 400);
      assert.match(String(answer.body), want);
      assert.equal(store.rows.length, 1);
      assert.match(exposed(), /refused_total\{reason="(invalid-histogram|histogram-limit)"\} 1\n/);
    }
  };
  await check(
    { ...INTEGERS, countInt: 13 },
    /^cannot store a histogram of h: 14 observations are in its buckets, its count is 13\n$/,
  );
  await check({ ...INTEGERS, countInt: 15 }, /its count is 15/);
  await check({ ...CUSTOM, countInt: 2 }, /3 observations are in its buckets, its count is 2/);
  await check({ ...INTEGERS, schema: 9 }, /unknown schema; got 9/);
  await check(
    { ...INTEGERS, positiveDeltas: [1, -2, 3, 4] },
    /positive bucket 2 must not be negative; got -1/,
  );
  await check({ ...FLOATS, positiveSpans: [[0, 2]] }, /positive spans cover 2 buckets; got 1 counts/);
  await check({ ...FLOATS, zeroFloat: -1 }, /zero count must not be negative/);
  await check({ ...CUSTOM, customValues: [1, 0.5] }, /custom bounds must increase/);
  const wide = Array<number>(40_001).fill(0);
  await check(
    { ...INTEGERS, positiveDeltas: wide, positiveSpans: [[0, wide.length]] },
    /more than 40000 numbers/,
  );
  await check(
    { ...FLOATS, positiveCounts: wide, positiveSpans: [[0, wide.length]] },
    /more than 40000 numbers/,
  );
});

test('numbers that are not packed are read alike', async () => {
  const { send, store } = createScene();
  // One bucket whose only count is a field of its own: 12 (sint) as wire type 0.
  const message = Buffer.from(
    requestV2([
      {
        labels: LABELS,
        histograms: [{ timestampMs: 1, countInt: 1, positiveSpans: [[0, 1]], positiveDeltas: [1] }],
      },
    ]),
  );
  const at = message.indexOf(Buffer.from([0x62, 1, 2]));
  // The length of the enclosing messages shrinks by the length byte of the packed field.
  const unpacked = Buffer.concat([
    message.subarray(0, at),
    Buffer.from([0x60, 2, 0x70, 0]),
    message.subarray(at + 3),
  ]);
  for (const outer of [unpacked.lastIndexOf(0x2a), unpacked.lastIndexOf(0x1a)]) unpacked[outer + 1]! += 1;
  assert.equal((await send('v2', unpacked)).status, 204);
  const histogram = store.rows[0]?.[2] as NativeHistogram;
  assert.deepEqual([...histogram.positive.counts], [1]);
});
