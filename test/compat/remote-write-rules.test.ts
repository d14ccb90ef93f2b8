/**
 * The rules of the compliance suite for receivers of remote write 2.0 (prometheus/compliance, remotewrite/receiver),
 * stated anew over HTTP: statuses and the `…-Written` headers, which must be exact on success and never more than
 * was stored otherwise.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { createRemoteWriteEndpoint } from '../../packages/server/src/ingest/remote-write/remote-write-endpoint.ts';
import {
  CONTENT_TYPE,
  RecordingStore,
  requestV1,
  requestV2,
  type HistogramText,
  type Pairs,
  type SeriesText,
} from '../../packages/server/src/ingest/remote-write/remote-write-fixture.ts';
import { compressSnappy } from '../../packages/server/src/lib/snappy.ts';
import { TimeSlicer } from '../../packages/server/src/lib/time-slicer.ts';
import { startTestServer } from '../../packages/server/src/serve/test-server.ts';

const NOW_MS = 1_700_000_000_000;
const UP: Pairs = [['__name__', 'up']];
const JOB: Pairs = [
  ['__name__', 'up'],
  ['instance', 'localhost:9090'],
  ['job', 'testjob'],
];
const NAMELESS: Pairs = [
  ['instance', 'localhost:9090'],
  ['job', 'testjob'],
];

type Post = (body: Uint8Array, headers?: Record<string, string>) => Promise<Response>;

async function startReceiver(t: TestContext): Promise<Post> {
  const clock = new VirtualClock({ startMs: NOW_MS });
  const endpoint = createRemoteWriteEndpoint({
    clock,
    metrics: createMetricsRegistry(),
    slicer: new TimeSlicer(clock),
    writer: new RecordingStore(),
  });
  const server = await startTestServer({ endpoints: [endpoint] });
  t.after(() => server.close());
  return (body, headers = {}) =>
    fetch(`${server.address}/api/v1/write`, {
      method: 'POST',
      body,
      headers: {
        'content-type': CONTENT_TYPE.v2,
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '2.0.0',
        ...headers,
      },
    });
}

type Written = readonly [samples: number, histograms: number, exemplars: number];

async function checkAll(
  t: TestContext,
  cases: readonly (readonly [
    name: string,
    series: readonly SeriesText[],
    status: number,
    written: Written,
  ])[],
): Promise<void> {
  const post = await startReceiver(t);
  for (const [name, series, status, written] of cases) {
    const answer = await post(compressSnappy(requestV2(series)));
    const told = ['samples', 'histograms', 'exemplars'].map((kind) =>
      Number(answer.headers.get(`x-prometheus-remote-write-${kind}-written`) ?? NaN),
    );
    assert.deepEqual([answer.status, told], [status, written], name);
    const text = await answer.text();
    if (status === 204) assert.equal(text, '', name);
    else assert.match(text, /^cannot /, name);
  }
}

const sampleOf = (labels: Pairs, value: number | 'stale' = 1, agoMs = 0): SeriesText => ({
  labels,
  samples: [{ timestampMs: NOW_MS - agoMs, value }],
});

test('samples of any value and any text in labels', async (t) => {
  const shapes: readonly (readonly [string, Pairs, boolean])[] = [
    ['simple', UP, true],
    ['several labels', JOB, true],
    [
      'newlines',
      [
        ['__name__', 'up'],
        ['job', 'test\njob\n'],
      ],
      true,
    ],
    [
      'dots',
      [
        ['__name__', 'resource.cpu.usage'],
        ['job.name', 'testjob'],
      ],
      true,
    ],
    [
      'spaces',
      [
        ['__name__', 'resource cpu usage'],
        ['job name', 'testjob'],
      ],
      true,
    ],
    ['without name', NAMELESS, false],
    ['empty', [], false],
  ];
  const values = [1, 'stale', NaN, Infinity, -Infinity] as const;
  await checkAll(
    t,
    values.flatMap((value) =>
      shapes.map(
        ([name, labels, isValid]) =>
          [
            `${name} ${value}`,
            [sampleOf(labels, value)],
            isValid ? 204 : 400,
            [isValid ? 1 : 0, 0, 0],
          ] as const,
      ),
    ),
  );
});

test('of several series the valid ones are written and counted', async (t) => {
  const four = [1, 2, 3, 4].map((i) =>
    sampleOf([
      ['__name__', 'up'],
      ['instance', `localhost:909${i}`],
    ]),
  );
  await checkAll(t, [
    ['all valid', four, 204, [4, 0, 0]],
    ['none has a name', [sampleOf(NAMELESS), sampleOf(NAMELESS)], 400, [0, 0, 0]],
    ['one has no name', [sampleOf(NAMELESS), ...four.slice(1)], 400, [3, 0, 0]],
    ['one has an empty name', [sampleOf([['__name__', '']]), ...four], 400, [4, 0, 0]],
    [
      'a label twice',
      [
        sampleOf([
          ['__name__', 'up'],
          ['a', '1'],
          ['a', '1'],
        ]),
        ...four,
      ],
      400,
      [4, 0, 0],
    ],
    ['a created timestamp', [{ ...sampleOf(JOB, 100), createdMs: NOW_MS - 3_600_000 }], 204, [1, 0, 0]],
  ]);
});

const BUCKETS: HistogramText = {
  timestampMs: NOW_MS,
  countInt: 7,
  sum: 1.5,
  schema: 3,
  zeroThreshold: 1e-128,
  zeroInt: 1,
  positiveSpans: [[0, 2]],
  positiveDeltas: [1, 1],
  negativeSpans: [[0, 1]],
  negativeDeltas: [3],
};

test('native histograms of every kind; a wrong count is refused', async (t) => {
  const of = (histogram: HistogramText): SeriesText => ({
    labels: [['__name__', 'h']],
    histograms: [histogram],
  });
  const { negativeSpans: _spans, negativeDeltas: _deltas, ...positive } = BUCKETS;
  const custom = {
    timestampMs: NOW_MS,
    countInt: 2,
    schema: -53,
    positiveSpans: [[0, 2]],
    positiveDeltas: [1, 0],
    customValues: [1, 2],
  } as const;
  await checkAll(t, [
    ['basic', [of(BUCKETS)], 204, [0, 1, 0]],
    ['positive only', [of({ ...positive, countInt: 4 })], 204, [0, 1, 0]],
    ['custom buckets', [of(custom)], 204, [0, 1, 0]],
    ['empty', [of({ timestampMs: NOW_MS, countInt: 0, sum: 0 })], 204, [0, 1, 0]],
    ['with a created timestamp', [{ ...of(BUCKETS), createdMs: NOW_MS - 1_800_000 }], 204, [0, 1, 0]],
    ['wrong count', [of({ ...BUCKETS, countInt: 8 })], 400, [0, 0, 0]],
    ['two', [of(BUCKETS), { ...of(BUCKETS), labels: [['__name__', 'h2']] }], 204, [0, 2, 0]],
  ]);
});

test('exemplars with any labels and values, also alone', async (t) => {
  const of = (labels: Pairs, value = 1): SeriesText => ({
    ...sampleOf(UP, value),
    exemplars: [{ labels, value, timestampMs: NOW_MS }],
  });
  const trace: Pairs = [['trace_id', 'abc123def456']];
  await checkAll(t, [
    ['with a trace', [of(trace)], 204, [1, 0, 1]],
    ['with a span', [of([['span_id', 'span123'], ...trace])], 204, [1, 0, 1]],
    ['without a trace', [of([['user_id', 'user123']])], 204, [1, 0, 1]],
    ['without labels', [of([])], 204, [1, 0, 1]],
    ['with unicode', [of([['trace_id', 'unicode_trace_测试']])], 204, [1, 0, 1]],
    ...[0, -123.456, 1e10, 1e-10, NaN, Infinity, -Infinity].map(
      (value) => [`value ${value}`, [of(trace, value)], 204, [1, 0, 1]] as const,
    ),
    [
      'of a histogram',
      [{ labels: UP, histograms: [BUCKETS], exemplars: [{ labels: trace, value: 1 }] }],
      204,
      [0, 1, 1],
    ],
    ['alone', [{ labels: UP, exemplars: [{ labels: trace, value: 42 }] }], 204, [0, 0, 1]],
    ['without a name', [{ ...of(trace), labels: NAMELESS }], 400, [0, 0, 0]],
    [
      'three times of one series',
      [3_600_000, 60_000, 0].map((agoMs) => ({
        ...sampleOf(UP, 1, agoMs),
        exemplars: [{ labels: trace, value: 1, timestampMs: NOW_MS - agoMs }],
      })),
      204,
      [3, 0, 3],
    ],
  ]);
});

test('metadata of every type, with or without samples', async (t) => {
  const of = (type: number, help = 'Some help', unit = 'seconds'): SeriesText => ({
    ...sampleOf(JOB),
    metadata: { type, help, unit },
  });
  await checkAll(t, [
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((type) => [`type ${type}`, [of(type)], 204, [1, 0, 0]] as const),
    ['no help, no unit', [of(1, '', '')], 204, [1, 0, 0]],
    ['special characters', [of(2, 'äöü\nand "quotes"', 'special/units')], 204, [1, 0, 0]],
    ['alone', [{ labels: UP, metadata: { type: 1, help: 'h', unit: '' } }], 204, [0, 0, 0]],
    ['without a name', [{ ...of(1), labels: NAMELESS }], 400, [0, 0, 0]],
    ['with an empty name', [{ ...of(2), labels: [['__name__', '']] }], 400, [0, 0, 0]],
  ]);
});

test('content types and encodings that are not ours are 415, damage is 400', async (t) => {
  const post = await startReceiver(t);
  const body = compressSnappy(requestV2([sampleOf(UP)]));
  const corrupt = Uint8Array.from(body);
  corrupt[0] = 0x30;
  const check = async (headers: Record<string, string>, want: number): Promise<void> => {
    const answer = await post(corrupt, headers);
    assert.equal(answer.status, want, JSON.stringify(headers));
    assert.match(await answer.text(), /^cannot /);
  };
  await check({ 'content-type': 'application/json' }, 415);
  await check({ 'content-type': 'image/png' }, 415);
  await check({ 'content-encoding': 'gzip' }, 415);
  await check({ 'content-encoding': 'deflate' }, 415);
  await check({}, 400);
});

test('1.0 is taken without version headers, its labels in any order', async (t) => {
  const post = await startReceiver(t);
  const plain = { 'content-type': 'application/x-protobuf', 'x-prometheus-remote-write-version': '' };
  const body = compressSnappy(requestV1([sampleOf(JOB.toReversed()), sampleOf([['__name__', 'x_total']])]));
  assert.equal((await post(body, plain)).status, 204);
  const corrupt = Uint8Array.from(body);
  corrupt[0] = 0xff;
  assert.equal((await post(corrupt, plain)).status, 400);
});
