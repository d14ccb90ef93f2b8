import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import type { IngestAnswer } from '../endpoint.ts';
import { OTLP_LIMITS } from './limits.ts';
import { counter, createFixture, encodeRequest, gauge, nanos, requestOf } from './otlp-fixture.ts';

const textOf = ({ body }: IngestAnswer): string =>
  typeof body === 'string' ? body : Buffer.from(body ?? []).toString();

/** Fields of a protobuf answer: numbers and texts, messages opened. */
function fieldsOf(bytes: string | Uint8Array | undefined): Record<number, unknown> {
  assert.ok(bytes instanceof Uint8Array);
  const reader = new ProtobufReader(bytes);
  const fields: Record<number, unknown> = {};
  while (reader.next()) {
    const { field } = reader;
    fields[field] = reader.wire === 0 ? reader.uint() : reader.bytes();
  }
  return fields;
}

const PATHS = ['/v1/metrics', '/api/v1/otlp/v1/metrics'];

test('both paths take both encodings and answer in the one of the request', async () => {
  for (const path of PATHS) {
    const fixture = createFixture();
    const body = requestOf([counter('hits', 3)]);
    const json = await fixture.send(
      Buffer.from(JSON.stringify(body)),
      { 'content-type': 'application/json; charset=utf-8' },
      path,
    );
    assert.deepEqual(
      [json.status, json.headers?.['content-type'], json.body],
      [200, 'application/json', '{}'],
    );
    const protobuf = await fixture.send(
      encodeRequest(body),
      { 'content-type': 'application/x-protobuf' },
      path,
    );
    assert.deepEqual([protobuf.status, protobuf.headers?.['content-type']], [200, 'application/x-protobuf']);
    assert.deepEqual([...(protobuf.body as Uint8Array)], []);
    assert.deepEqual(fixture.store.values(), { hits_total: [3, 3] });
  }
});

test('bodies may be compressed with gzip, deflate and zstd', async () => {
  const plain = encodeRequest(requestOf([counter('hits', 3)]));
  const cases: [string, Uint8Array][] = [
    ['identity', plain],
    ['gzip', gzipSync(plain)],
    ['GZIP', gzipSync(plain)],
    ['deflate', deflateSync(plain)],
    ['zstd', zstdCompressSync(plain)],
  ];
  for (const [encoding, body] of cases) {
    const { protobuf, store } = createFixture();
    assert.equal((await protobuf(body, { 'content-encoding': encoding })).status, 200, encoding);
    assert.deepEqual(store.values(), { hits_total: [3] });
  }
});

test('an empty request is a success, and nothing is written', async () => {
  const { json, protobuf, store } = createFixture();
  for (const answer of [
    await protobuf(new Uint8Array()),
    await json('{}'),
    await json('{"resourceMetrics":[]}'),
    await json('{"resourceMetrics":null}'),
    await json(requestOf([])),
    await json(requestOf([{ name: 'x', gauge: {} }, { name: 'y' }])),
    await protobuf(requestOf([{ name: 'x', gauge: {} }, { name: 'y' }])),
  ])
    assert.equal(answer.status, 200, textOf(answer));
  assert.deepEqual(store.batches, []);
});

test('another type of content or of compression is 415 and says what is understood', async () => {
  const { send } = createFixture();
  const check = async (headers: Record<string, string>, want: RegExp): Promise<void> => {
    const answer = await send(new Uint8Array(), headers);
    assert.equal(answer.status, 415);
    assert.match(textOf(answer), want);
  };
  await check({}, /Content-Type is "", want application\/x-protobuf or application\/json/);
  await check({ 'content-type': 'text/plain' }, /"text\/plain"/);
  await check(
    { 'content-type': 'application/json', 'content-encoding': 'snappy' },
    /Content-Encoding is "snappy", want identity, gzip, deflate, zstd/,
  );
});

test('a body that cannot be decoded is 400 with a Status in its own encoding, and nothing of it is kept', async () => {
  const { json, protobuf, store } = createFixture();
  const broken = encodeRequest(requestOf([counter('hits', 3)])).subarray(0, -1);
  const answer = await protobuf(broken);
  assert.equal(answer.status, 400);
  assert.equal(answer.headers?.['content-type'], 'application/x-protobuf');
  const status = fieldsOf(answer.body);
  assert.equal(status[1], 3);
  assert.match(
    Buffer.from(status[2] as Uint8Array).toString(),
    /^cannot read protobuf at byte \d+: it is cut off/,
  );
  const jsonAnswer = await json('{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":1}]}]}]}');
  assert.equal(jsonAnswer.status, 400);
  assert.deepEqual(JSON.parse(textOf(jsonAnswer)), {
    code: 3,
    message: 'cannot read JSON: want a text, got 1',
  });
  assert.deepEqual(store.batches, []);
});

test('a body that grows beyond its limit is 413, whatever its compression', async () => {
  const { json } = createFixture();
  const bomb = Buffer.alloc(OTLP_LIMITS.bodyBytesMax + 1, ' ');
  for (const [encoding, body] of [
    ['gzip', gzipSync(bomb)],
    ['zstd', zstdCompressSync(bomb)],
    ['identity', bomb],
  ] as const) {
    const { send } = createFixture();
    const answer = await send(body, { 'content-type': 'application/json', 'content-encoding': encoding });
    assert.equal(answer.status, 413);
    assert.match(textOf(answer), /limit of 20971520 bytes/);
  }
  assert.equal((await json('{}')).status, 200);
});

test('damaged gzip is 400', async () => {
  const { json } = createFixture();
  const answer = await json('not gzip', { 'content-encoding': 'gzip' });
  assert.equal(answer.status, 400);
  assert.match(textOf(answer), /cannot decompress the body as gzip/);
});

test('a store that is full is 503 with Retry-After, and the same request succeeds later', async () => {
  const { json, store } = createFixture();
  store.isFull = true;
  const body = requestOf([counter('hits', 3)]);
  const answer = await json(body);
  assert.deepEqual([answer.status, answer.headers?.['retry-after']], [503, '5']);
  assert.deepEqual(JSON.parse(textOf(answer)), { code: 14, message: 'cannot append: disk is full' });
  store.isFull = false;
  assert.equal((await json(body)).status, 200);
  assert.deepEqual(store.values(), { hits_total: [3] });
});

test('requests beyond the memory for them are 429 until others have ended', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const slicer = { shouldYield: () => true, yield: () => held };
  const { send, json } = createFixture({}, { slicer });
  // Field 15, which nobody knows, with 20 MiB less its head.
  const body = Buffer.alloc(OTLP_LIMITS.bodyBytesMax);
  body.set([15 * 8 + 2, 0xfb, 0xff, 0xff, 0x09]);
  const headers = { 'content-type': 'application/x-protobuf' };
  const waiting = [1, 2, 3].map(() => send(body, headers));
  const answer = await send(body, headers);
  assert.deepEqual([answer.status, answer.headers?.['retry-after']], [429, '1']);
  assert.match(textOf(answer), /limit is 62914560/);
  release();
  slicer.shouldYield = () => false;
  for (const { status } of await Promise.all(waiting)) assert.equal(status, 200);
  assert.equal((await json('{}')).status, 200);
});

test('refused points are counted and told, the rest is kept', async () => {
  const fixture = createFixture();
  const noTime = gauge('no_time', 1, { timeUnixNano: '0' });
  const unspecified = { name: 'odd', sum: { dataPoints: [{ asInt: '1', timeUnixNano: nanos() }] } };
  const body = requestOf([counter('hits', 3), noTime, unspecified, gauge('###', 1)]);
  const answer = await fixture.json(body);
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(textOf(answer)), {
    partialSuccess: {
      rejectedDataPoints: '3',
      errorMessage:
        '1 refused (timestamp), the first: a data point without a time; ' +
        '1 refused (temporality), the first: the metric "odd" is neither delta nor cumulative; ' +
        '1 refused (name), the first: the metric "###" has no usable name',
    },
  });
  assert.deepEqual(fixture.store.values(), { hits_total: [3] });
  const partial = fieldsOf(fieldsOf((await fixture.protobuf(body)).body)[1] as Uint8Array);
  assert.equal(partial[1], 3);
});

test('what the store refuses is part of the partial success; of exemplars it is not', async () => {
  const { json, store } = createFixture();
  store.refusals = [
    { reason: 'out-of-order', count: 1, example: 'hits_total' },
    { reason: 'invalid-exemplar', count: 4, example: 'hits_total' },
  ];
  const answer = await json(requestOf([counter('hits', 3), counter('misses', 1)]));
  assert.deepEqual(JSON.parse(textOf(answer)), {
    partialSuccess: {
      rejectedDataPoints: '1',
      errorMessage: '1 refused (store), the first: 1 samples out-of-order, such as hits_total',
    },
  });
});

test('a limit of series is told with its culprit in the partial success', async () => {
  const { json, store } = createFixture();
  const detail = 'job "api" has 9 active series, the limit is 9; label "user" has 9 values';
  store.refusals = [{ reason: 'series-limit', count: 1, example: 'hits_total', detail }];
  const { partialSuccess } = JSON.parse(textOf(await json(requestOf([counter('hits', 3)]))));
  assert.equal(
    partialSuccess.errorMessage,
    `1 refused (store), the first: 1 samples series-limit, such as hits_total: ${detail}`,
  );
});

test('a histogram that the store refuses is one point, however many samples it has', async () => {
  const { json, store } = createFixture();
  store.refusals = [{ reason: 'too-old', count: 5, example: 'h_bucket{le="1"}' }];
  const point = {
    count: '3',
    sum: 1,
    bucketCounts: [1, 1, 1],
    explicitBounds: [1, 2],
    timeUnixNano: nanos(),
  };
  const answer = await json(
    requestOf([{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [point] } }]),
  );
  assert.equal(JSON.parse(textOf(answer)).partialSuccess.rejectedDataPoints, '1');
});

test('requests and points are counted', async () => {
  const { json, metrics } = createFixture();
  await json(requestOf([counter('hits', 3), gauge('no_time', 1, { timeUnixNano: '0' })]));
  await json('nonsense');
  const found = Object.fromEntries(
    metrics
      .collect()
      .flatMap(({ samples }) =>
        samples.map(({ name, labels, value }) => [`${name}{${labels.join('=')}}`, value]),
      ),
  );
  assert.equal(found['vedette_otlp_requests_total{code=200}'], 1);
  assert.equal(found['vedette_otlp_requests_total{code=400}'], 1);
  assert.equal(found['vedette_otlp_points_total{}'], 1);
  assert.equal(found['vedette_otlp_points_refused_total{reason=timestamp}'], 1);
});
