import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { findHistogramFault, SeededRandom } from '@vedette/model';
import { attribute, createFixture, encodeRequest, nanos, requestOf, type Fixture } from './otlp-fixture.ts';

const HEAD = {
  attributes: [attribute('a.b', 'c'), { key: 'n', value: { intValue: '7' } }],
  startTimeUnixNano: nanos(-10),
  timeUnixNano: nanos(),
};
const EXEMPLARS = [{ timeUnixNano: nanos(), asDouble: 1, traceId: '5b8efff798038103d269b633813fc60c' }];

/** Every kind of point, in both temporalities; mutations start from here. */
const REQUEST = requestOf(
  [1, 2].flatMap((aggregationTemporality) => [
    { name: `g${aggregationTemporality}`, unit: 'By/s', gauge: { dataPoints: [{ ...HEAD, asInt: '-3' }] } },
    {
      name: `s${aggregationTemporality}`,
      sum: {
        aggregationTemporality,
        isMonotonic: true,
        dataPoints: [{ ...HEAD, asDouble: 2.5, exemplars: EXEMPLARS }],
      },
    },
    {
      name: `h${aggregationTemporality}`,
      histogram: {
        aggregationTemporality,
        dataPoints: [
          {
            ...HEAD,
            count: '3',
            sum: 1.5,
            bucketCounts: ['1', '2'],
            explicitBounds: [0.5],
            exemplars: EXEMPLARS,
          },
        ],
      },
    },
    {
      name: `e${aggregationTemporality}`,
      exponentialHistogram: {
        aggregationTemporality,
        dataPoints: [
          {
            ...HEAD,
            count: '4',
            sum: 2,
            scale: 3,
            zeroCount: '1',
            positive: { offset: -3, bucketCounts: ['1', '0', '1'] },
            negative: { offset: 2, bucketCounts: ['1'] },
          },
        ],
      },
    },
    {
      name: `q${aggregationTemporality}`,
      summary: {
        dataPoints: [{ ...HEAD, count: '4', sum: 2, quantileValues: [{ quantile: 0.5, value: 1 }] }],
      },
    },
  ]),
  [attribute('service.name', 'shop'), attribute('host.name', 'box')],
);
const BODIES = {
  'application/x-protobuf': Buffer.from(encodeRequest(REQUEST)),
  'application/json': Buffer.from(JSON.stringify(REQUEST)),
};

const BODY_BYTES_MAX = 8000;
const SEEDS = [1, 2, 3];
const ROUNDS = 700;
const JSON_PIECES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  'null',
  '-1',
  '1e999',
  '"NaN"',
  '{}',
  '[]',
  '99999999999999999999',
  'true',
];

function mutate(bytes: Buffer, random: SeededRandom): Buffer {
  const at = (length: number): number => Math.floor(random.float() * length);
  const start = at(bytes.length + 1);
  const count = at(10);
  const spliced = (piece: Uint8Array, removed = 0): Buffer =>
    Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(start + removed)]);
  switch (at(7)) {
    case 0:
      return spliced(Buffer.alloc(0), count);
    case 1:
      return spliced(bytes.subarray(start, start + count));
    case 2:
      return spliced(random.fill(Buffer.alloc(count)), count);
    case 3:
      return spliced(Buffer.from(JSON_PIECES[at(JSON_PIECES.length)] ?? ''), at(3));
    case 4:
      return spliced(bytes.subarray(at(bytes.length), at(bytes.length)));
    case 5:
      // A single byte: a length, a wire type, a digit.
      return spliced(Buffer.from([at(256)]), 1);
    default:
      return bytes.subarray(0, start);
  }
}

/** What holds of every answer and of everything that was stored, whatever came in. */
function assertSound(
  { store }: Fixture,
  answer: { status: number; body?: string | Uint8Array },
  shown: string,
): void {
  assert.ok([200, 400, 413].includes(answer.status), `${answer.status} ${shown}`);
  const text = Buffer.from(answer.body ?? '').toString();
  assert.ok(text.length < 3000, shown);
  if (answer.status !== 200) assert.match(text, /cannot /, shown);
  for (const batch of store.batches) {
    for (const timestampMs of batch.timestampsMs) assert.ok(Number.isSafeInteger(timestampMs), shown);
    for (const startMs of batch.startsMs ?? []) assert.ok(Number.isSafeInteger(startMs), shown);
    for (const histogram of batch.histograms?.values() ?? [])
      assert.equal(findHistogramFault(histogram), undefined, shown);
    assert.ok(batch.timestampsMs.length < 5000 && batch.keys.length < 1e6, shown);
  }
}

for (const [type, body] of Object.entries(BODIES)) {
  test(`mutated bodies of ${type} are taken or refused with a reason`, async (t) => {
    for (const seed of SEEDS) {
      const random = new SeededRandom(seed);
      let takenCount = 0;
      for (let round = 0; round < ROUNDS; round++) {
        let bytes: Buffer = body;
        for (let count = 1 + Math.floor(random.float() * 3); count > 0; count--)
          bytes = mutate(bytes, random);
        bytes = bytes.subarray(0, BODY_BYTES_MAX);
        const fixture = createFixture(round % 2 === 0 ? {} : { convert_histograms_to_nhcb: true });
        const answer = await fixture.send(bytes, { 'content-type': type });
        assertSound(fixture, answer, `seed ${seed}, round ${round}: ${bytes.toString('base64')}`);
        if (answer.status === 200) takenCount++;
      }
      t.diagnostic(`seed ${seed}: ${takenCount} of ${ROUNDS} bodies were taken`);
      assert.ok(takenCount > ROUNDS / 50, `seed ${seed}: only ${takenCount} bodies were taken`);
    }
  });

  test(`a body of ${type} cut off at any byte is refused, or is a shorter request`, async () => {
    for (let end = 0; end < body.length; end++) {
      const fixture = createFixture();
      const answer = await fixture.send(body.subarray(0, end), { 'content-type': type });
      assertSound(fixture, answer, `cut at ${end}`);
      // JSON has an end mark; protobuf's outermost message has none, but its only field has a length.
      assert.equal(answer.status, end === 0 && type !== 'application/json' ? 200 : 400, `cut at ${end}`);
    }
  });

  test(`random bytes as ${type}, plain and compressed, never do more than fail`, async () => {
    const random = new SeededRandom(4);
    for (let round = 0; round < 500; round++) {
      const bytes = random.fill(new Uint8Array(Math.floor(random.float() * 300)));
      const fixture = createFixture();
      assertSound(fixture, await fixture.send(bytes, { 'content-type': type }), `round ${round}`);
      const zipped = mutate(gzipSync(bytes), random);
      const headers = { 'content-type': type, 'content-encoding': 'gzip' };
      assertSound(fixture, await fixture.send(zipped, headers), `gzip, round ${round}`);
    }
  });
}
