import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, SeededRandom } from '@vedette/model';
import { compressSnappy } from '../../lib/snappy.ts';
import { createScene, requestV1, requestV2, type SeriesText } from './remote-write-fixture.ts';

/** Every field there is; mutations start from here. */
const SERIES: readonly SeriesText[] = [
  {
    labels: [
      ['__name__', 'http_requests_total'],
      ['instance', 'é:9100'],
      ['job', 'api'],
    ],
    samples: [
      { timestampMs: 1_700_000_000_000, value: 1.5, startMs: 1_600_000_000_000 },
      { timestampMs: -5, value: 'stale' },
    ],
    exemplars: [{ labels: [['trace_id', 'abc']], value: 1, timestampMs: 7 }],
    metadata: { type: 1, help: 'Requests.', unit: '' },
    createdMs: 12,
  },
  {
    labels: [['__name__', 'h']],
    histograms: [
      {
        timestampMs: 1,
        countInt: 3,
        sum: 4,
        schema: 3,
        zeroInt: 1,
        positiveSpans: [[-1, 2]],
        positiveDeltas: [1, 0],
      },
      {
        timestampMs: 2,
        countFloat: 2,
        zeroFloat: 1,
        negativeSpans: [[0, 1]],
        negativeCounts: [1],
        resetHint: 3,
      },
      {
        timestampMs: 3,
        countInt: 1,
        schema: -53,
        positiveSpans: [[0, 1]],
        positiveDeltas: [1],
        customValues: [1, 2],
      },
      { timestampMs: 4, sum: 'stale' },
    ],
  },
];
const MESSAGES = {
  v1: requestV1(SERIES, [{ family: 'h', type: 3, help: 'Durations.', unit: 'seconds' }]),
  v2: requestV2(SERIES),
} as const;
const MESSAGE_BYTES_MAX = 4000;
const SEEDS = [11, 12, 13];
const ROUNDS = 1500;
/** Far above what reading 4 kB may keep at a time, far below what an announced length could ask for. */
const GROWTH_BYTES_MAX = 256 * 2 ** 20;

const MUTATIONS: readonly ((bytes: Uint8Array, random: SeededRandom) => Uint8Array)[] = [
  // A bit flips.
  (bytes, random) => {
    const at = below(random, bytes.length);
    return withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << below(random, 8)));
  },
  // Any byte, a length among them, becomes an extreme one.
  (bytes, random) =>
    withByte(bytes, below(random, bytes.length), [0, 1, 0x7f, 0x80, 0xff][below(random, 5)] ?? 0),
  // The end is cut off.
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  // A piece is put somewhere else, or doubled.
  (bytes, random) => {
    const from = below(random, bytes.length);
    const piece = bytes.subarray(from, from + below(random, 60));
    const at = below(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  },
  // A piece is missing.
  (bytes, random) => {
    const from = below(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + below(random, 20))]);
  },
];

function below(random: SeededRandom, count: number): number {
  return Math.floor(random.float() * Math.max(1, count));
}

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = value;
  return copy;
}

function mutate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let mutated = bytes;
  for (let count = 1 + below(random, 4); count > 0; count--)
    mutated = (MUTATIONS[below(random, MUTATIONS.length)] ?? ((same) => same))(mutated, random);
  return mutated.subarray(0, MESSAGE_BYTES_MAX);
}

/** What a sender gets to know: a status, or an error that becomes one. */
async function outcomeOf(send: () => Promise<{ status: number; body?: unknown }>): Promise<number> {
  try {
    const { status, body } = await send();
    if (status === 400) assert.match(String(body), /^cannot /);
    return status;
  } catch (error) {
    assert.ok(error instanceof InputError, `only an expected error may come; got ${String(error)}`);
    assert.match(error.message, /^cannot /);
    return 400;
  }
}

for (const version of ['v1', 'v2'] as const) {
  test(`${version}: whatever becomes of a message, it is stored or refused with a reason`, async () => {
    for (const seed of SEEDS) {
      const random = new SeededRandom(seed);
      const { send, sendPacked, store } = createScene();
      const before = process.memoryUsage().rss;
      const seen = new Set<number>();
      for (let round = 0; round < ROUNDS; round++) {
        const context = `seed ${seed}, round ${round}`;
        const message = MESSAGES[version];
        const isPackedHurt = round % 3 === 0;
        const bytes = mutate(isPackedHurt ? compressSnappy(message) : message, random);
        const status = await outcomeOf(() =>
          isPackedHurt ? sendPacked(version, bytes) : send(version, bytes),
        );
        assert.ok(status === 204 || status === 400, `${context}: ${status}`);
        seen.add(status);
        for (const [series, timestampMs, value] of store.rows) {
          assert.ok(series.length > 0 && Number.isInteger(timestampMs), context);
          if (typeof value === 'object') assert.ok(value.positive.counts.length < MESSAGE_BYTES_MAX, context);
        }
        store.rows.length = 0;
        store.exemplars.length = 0;
        store.metadata.length = 0;
        store.startsMs.length = 0;
      }
      assert.deepEqual(
        [...seen].sort((a, b) => a - b),
        [204, 400],
        `seed ${seed} saw one outcome only`,
      );
      const grown = process.memoryUsage().rss - before;
      assert.ok(grown < GROWTH_BYTES_MAX, `seed ${seed}: memory grew by ${grown} bytes`);
    }
  });
}
