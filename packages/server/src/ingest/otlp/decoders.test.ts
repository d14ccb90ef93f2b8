/** Both decoders read the same request the same way. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { InputError } from '@vedette/model';
import { DecodeScope } from './decode-scope.ts';
import { decodeJson } from './json-decoder.ts';
import { OTLP_LIMITS } from './limits.ts';
import { attribute, counter, createFixture, encodeRequest, gauge, nanos, requestOf } from './otlp-fixture.ts';
import type { ResourceMetrics } from './otlp-metrics.ts';
import { decodeProtobuf } from './protobuf-decoder.ts';
import { RefusedPoints } from './refused-points.ts';

type Decoder = typeof decodeJson;

function decode(decoder: Decoder, bytes: Uint8Array, refused = new RefusedPoints()): ResourceMetrics[] {
  return [...decoder(bytes, new DecodeScope(refused))].filter((step) => step !== undefined);
}

const jsonOf = (request: object): Uint8Array => Buffer.from(JSON.stringify(request));

const POINT = {
  attributes: [
    attribute('text', 'é"\n'),
    { key: 'yes', value: { boolValue: true } },
    { key: 'int', value: { intValue: '-9007199254740993' } },
    { key: 'float', value: { doubleValue: 1e-9 } },
    { key: 'bytes', value: { bytesValue: 'aGk=' } },
    { key: 'none', value: {} },
    { key: 'list', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'a' }, {}] } } },
    {
      key: 'map',
      value: {
        kvlistValue: {
          values: [
            { key: 'b', value: { intValue: '2' } },
            { key: 'a', value: { boolValue: false } },
          ],
        },
      },
    },
  ],
  startTimeUnixNano: nanos(-10),
  timeUnixNano: nanos(),
};
const EXEMPLARS = [
  {
    timeUnixNano: nanos(),
    asInt: '-5',
    spanId: 'eee19b7ec3c1b174',
    traceId: '5b8efff798038103d269b633813fc60c',
    filteredAttributes: [attribute('k', 'v')],
  },
];
/** Every field there is. */
const WHOLE = {
  resourceMetrics: [
    {
      resource: { attributes: [attribute('service.name', 'shop')] },
      scopeMetrics: [
        {
          scope: { name: 'lib', version: '1', attributes: [attribute('s', 't')] },
          schemaUrl: 'https://example.org',
          metrics: [
            {
              name: 'g',
              description: 'd',
              unit: 'By',
              gauge: {
                dataPoints: [
                  { ...POINT, asInt: '-3' },
                  { ...POINT, asDouble: 'NaN', flags: 1 },
                ],
              },
            },
            {
              name: 's',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                dataPoints: [{ ...POINT, asDouble: 2.5, exemplars: EXEMPLARS }],
              },
            },
            {
              name: 'h',
              histogram: {
                aggregationTemporality: 1,
                dataPoints: [
                  {
                    ...POINT,
                    count: '3',
                    sum: 1.5,
                    bucketCounts: ['1', '2'],
                    explicitBounds: [0.5],
                    exemplars: EXEMPLARS,
                  },
                  { ...POINT, count: '3' },
                ],
              },
            },
            {
              name: 'e',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    ...POINT,
                    count: '4',
                    sum: 2,
                    scale: -2,
                    zeroCount: '1',
                    zeroThreshold: 0.5,
                    positive: { offset: -3, bucketCounts: ['1', '300'] },
                    negative: { offset: 2, bucketCounts: ['2'] },
                    exemplars: EXEMPLARS,
                  },
                ],
              },
            },
            {
              name: 'q',
              summary: {
                dataPoints: [{ ...POINT, count: '4', sum: 2, quantileValues: [{ quantile: 0.5, value: 1 }] }],
              },
            },
            { name: 'nothing' },
          ],
        },
      ],
    },
    {},
  ],
};

test('a request with every field is the same in both encodings', () => {
  const [first] = decode(decodeProtobuf, encodeRequest(WHOLE));
  const json = decode(decodeJson, jsonOf(WHOLE));
  assert.deepEqual(json, decode(decodeProtobuf, encodeRequest(WHOLE)));
  const point = first?.scopes[0]?.metrics[0]?.content;
  assert.ok(point?.kind === 'gauge');
  assert.deepEqual(point.points[0], {
    attributes:
      'text|é"\n|yes|true|int|-9007199254740993|float|1e-9|bytes|aGk=|none||list|[1,"a",null]|map|{"a":false,"b":2}'.split(
        '|',
      ),
    startMs: 1_700_000_000_990,
    timestampMs: 1_700_000_001_000,
    isStale: false,
    value: -3,
    exemplars: [],
  });
});

/** The same in the names of the schema, with numbers for digits and names for enums, and with fields unknown. */
const inSchemaNames = (text: string): string =>
  text
    .replaceAll(
      /"([a-z]+[A-Z][a-zA-Z]*)":/g,
      (_, name: string) => `"${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`,
    )
    .replaceAll(/"(-?\d+)"/g, '$1')
    .replaceAll(
      '"aggregation_temporality":2',
      '"aggregation_temporality":"AGGREGATION_TEMPORALITY_CUMULATIVE"',
    )
    .replaceAll('"aggregation_temporality":1', '"aggregation_temporality":"AGGREGATION_TEMPORALITY_DELTA"')
    .replaceAll('"name":', '"unknown":[{"x":"}"}],"name":');

test('names of the schema, numbers, names of enums and unknown fields are understood, too', () => {
  const text = JSON.stringify(WHOLE).replace('"version":"1"', '"version":"v"');
  const want = decode(decodeJson, Buffer.from(text));
  assert.deepEqual(decode(decodeJson, Buffer.from(inSchemaNames(text))), want);
});

test('the order of fields does not matter', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [key, reversed(inner)]),
    );
  };
  const want = decode(decodeJson, jsonOf(WHOLE));
  const turned = reversed(WHOLE);
  assert.ok(typeof turned === 'object' && turned !== null);
  assert.deepEqual(decode(decodeJson, jsonOf(turned)), want);
  assert.deepEqual(decode(decodeProtobuf, encodeRequest(turned)), want);
});

test('null is absence', () => {
  const text = JSON.stringify(
    requestOf([{ ...gauge('g', 1), unit: null, description: null, sum: null }]),
  ).replace('"scopeMetrics"', '"resource":null,"scopeMetrics"');
  const [found] = decode(decodeJson, Buffer.from(text));
  assert.equal(found?.scopes[0]?.metrics[0]?.content.kind, 'gauge');
});

test('a point of another shape is refused alone in JSON', () => {
  const refused = new RefusedPoints();
  const dataPoints = [
    { asInt: 'x', timeUnixNano: nanos() },
    5,
    { timeUnixNano: -1 },
    { attributes: [7] },
    { attributes: [{ key: 'k', value: { boolValue: 'yes' } }] },
    { asInt: 1, timeUnixNano: nanos() },
  ];
  const [found] = decode(decodeJson, jsonOf(requestOf([{ name: 'g', gauge: { dataPoints } }])), refused);
  const content = found?.scopes[0]?.metrics[0]?.content;
  assert.ok(content?.kind === 'gauge');
  assert.equal(content.points.length, 1);
  assert.equal(refused.message(), '5 refused (invalid), the first: cannot read JSON: want a number, got "x"');
});

test('a point longer than its limit is refused, its neighbour is kept', () => {
  const long = [attribute('k', 'v'.repeat(OTLP_LIMITS.partBytesMax))];
  const request = requestOf([gauge('a', 1, { attributes: long }), gauge('b', 2)]);
  for (const [decoder, bytes] of [
    [decodeJson, jsonOf(request)],
    [decodeProtobuf, encodeRequest(request)],
  ] as const) {
    const refused = new RefusedPoints();
    decode(decoder, bytes, refused);
    assert.match(
      refused.message(),
      /^1 refused \(limit\), the first: a data point of \d+ bytes, limit is 131072$/,
    );
  }
});

test('resources, names and values that are too long or too deep are refused with the body', () => {
  const check = (request: object, want: RegExp): void => {
    for (const [decoder, bytes] of [
      [decodeJson, jsonOf(request)],
      [decodeProtobuf, encodeRequest(request)],
    ] as const)
      assert.throws(
        () => decode(decoder, bytes),
        (error) => error instanceof InputError && want.test(error.message),
      );
  };
  const long = 'v'.repeat(OTLP_LIMITS.partBytesMax + 1);
  check(
    requestOf([gauge('g', 1)], [attribute('k', long)]),
    /cannot read the resource: it has \d+ bytes, limit is 131072/,
  );
  check(requestOf([gauge(long, 1)]), /limit is 131072/);
  let value: object = { stringValue: 'x' };
  for (let depth = 0; depth <= OTLP_LIMITS.valueDepthMax; depth++)
    value = { arrayValue: { values: [value] } };
  check(requestOf([gauge('g', 1)], [{ key: 'k', value }]), /nested deeper than 16/);
});

test('a body of more parts than memory is meant for is refused before it is read whole', () => {
  const perPoint = 40_000;
  const attributes = Array.from({ length: perPoint }, () => ({}));
  const timeUnixNano = nanos();
  const dataPoints = Array.from({ length: OTLP_LIMITS.partCountMax / perPoint }, () => ({
    attributes,
    timeUnixNano,
  }));
  const request = requestOf([{ name: 'g', gauge: { dataPoints } }]);
  for (const [decoder, bytes] of [
    [decodeProtobuf, encodeRequest(request)],
    [decodeJson, jsonOf(request)],
  ] as const)
    assert.throws(
      () => decode(decoder, bytes),
      (error) =>
        error instanceof InputError && error.code === 'VED_BODY_TOO_LARGE' && /2000000/.test(error.message),
    );
});

test('groups of protobuf 2 are refused', () => {
  assert.throws(() => decode(decodeProtobuf, Buffer.from([0x23, 0x24])), /groups are not part of OTLP/);
});

test('a long body is read with pauses, often enough for slices', () => {
  const metrics = Array.from({ length: 200 }, (_, i) =>
    counter(`c${i}`, i, { attributes: [attribute('k', 'v')] }),
  );
  for (const [decoder, bytes] of [
    [decodeJson, jsonOf(requestOf(metrics))],
    [decodeProtobuf, encodeRequest(requestOf(metrics))],
  ] as const) {
    let pauseCount = 0;
    for (const step of decoder(bytes, new DecodeScope(new RefusedPoints())))
      if (step === undefined) pauseCount++;
    assert.ok(pauseCount > 400, String(pauseCount));
  }
});

const SAMPLES = path.resolve(
  process.env['VEDETTE_SHARED'] ?? path.join(import.meta.dirname, '../../../../../../shared'),
  'samples',
);
const skip = !existsSync(SAMPLES) && process.env['VEDETTE_PEERS'] !== 'required' && `missing: ${SAMPLES}`;

test('what an SDK sent once is read, in both encodings and compressed', { skip }, async () => {
  const seen: unknown[] = [];
  for (const [file, type, encoding] of [
    ['otlp-metrics-proto.bin', 'application/x-protobuf', 'identity'],
    ['otlp-metrics-proto-gzip.bin', 'application/x-protobuf', 'gzip'],
    ['otlp-metrics-json.json', 'application/json', 'identity'],
    ['otlp-metrics-json-gzip.bin', 'application/json', 'gzip'],
  ] as const) {
    const { send, store } = createFixture();
    const body = readFileSync(path.join(SAMPLES, file));
    const answer = await send(body, { 'content-type': type, 'content-encoding': encoding });
    assert.equal(answer.status, 200, file);
    seen.push(Object.keys(store.values()).sort());
    assert.deepEqual(store.samples.get('cart_items{job="shop-api"}')?.[0]?.value, -2);
  }
  for (const series of seen) assert.deepEqual(series, seen[0]);
});
