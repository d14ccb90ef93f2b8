import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, SeededRandom } from '@vedette/model';
import { PageReader, protobufPage, type TestFamily } from './exposition-fixture.ts';
import { CLASSIC_HISTOGRAMS, recordBatch } from './scrape-fixture.ts';

const EXEMPLAR = { id: 'x', value: 0.5, timestampSeconds: 12.25 };

/** Every message and field there is; mutations start from here. */
const FAMILIES: readonly TestFamily[] = [
  {
    name: 'c_seconds',
    type: 'counter',
    help: 'Help.',
    unit: 'seconds',
    metrics: [{ labels: { a: 'é' }, value: 1.5, createdSeconds: 5, exemplar: EXEMPLAR, timestampSeconds: 9 }],
  },
  { name: 'g', type: 'gauge', metrics: [{ value: 1 }, { labels: { a: 'b', c: 'd' }, value: 2 }] },
  { name: 's', type: 'summary', metrics: [{ count: 2, sum: 3, quantiles: [[0.5, 1]], createdSeconds: 5 }] },
  {
    name: 'h',
    type: 'histogram',
    metrics: [
      {
        createdSeconds: 5,
        buckets: [{ bound: 1, count: 2, exemplar: EXEMPLAR }],
        exemplars: [EXEMPLAR],
        native: {
          schema: 2,
          count: 9,
          sum: 3,
          zeroThreshold: 0.1,
          zeroCount: 1,
          positive: { spans: [{ offset: -2, length: 2 }], counts: Float64Array.of(3, 2) },
          negative: { spans: [{ offset: 4, length: 1 }], counts: Float64Array.of(3) },
          customBounds: new Float64Array(0),
          counterReset: 'unknown',
        },
      },
    ],
  },
];
const SEEDS = [1, 2, 3];
const ROUNDS = 1500;
const PAGE_BYTES_MAX = 2000;
/** Half a kilobyte of page gives some twenty samples; no damage may make thousands of them. */
const SAMPLES_MAX = 1000;

const RULES = { ...CLASSIC_HISTOGRAMS, isNativeScraped: true, isClassicAlwaysKept: true };

/** Reads a page; `undefined` when it is refused, and only the one error, with a short reason, may refuse it. */
const ingest = async (page: Uint8Array, reader: PageReader): Promise<string | undefined> => {
  try {
    const batch = await reader.read(page, 'protobuf');
    for (const value of batch.timestampsMs) assert.ok(Number.isSafeInteger(value));
    assert.ok(batch.timestampsMs.length < SAMPLES_MAX);
    const { samples } = recordBatch(batch);
    return JSON.stringify(samples.filter(({ value }) => value !== 'stale'));
  } catch (error) {
    assert.ok(error instanceof InputError, String(error));
    assert.ok(error.message.length > 10 && error.message.length < 1000, error.message);
    return undefined;
  }
};

test('a damaged page is refused or read, and read alike with and without what is remembered', async (t) => {
  const good = protobufPage(FAMILIES);
  assert.notEqual(await ingest(good, new PageReader({ histograms: RULES })), undefined);
  for (const seed of SEEDS) {
    const random = new SeededRandom(seed);
    const known = new PageReader({ histograms: RULES });
    let goodCount = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const page = mutated(good, random);
      const fresh = await ingest(page, new PageReader({ histograms: RULES }));
      const again = await ingest(page, known);
      const what = (): string => `seed ${seed}, round ${round}: ${page.toString('hex')}`;
      assert.deepEqual(again, fresh, what());
      if (fresh !== undefined) goodCount++;
    }
    t.diagnostic(`seed ${seed}: ${goodCount} of ${ROUNDS} pages were good`);
    assert.ok(goodCount > 0 && goodCount < ROUNDS, `seed ${seed}`);
  }
});

test('no cut of a page is taken for a whole one, unless it ends between two families', async () => {
  const pages = FAMILIES.map((family) => protobufPage([family]));
  const ends = new Set([0]);
  let end = 0;
  for (const page of pages) ends.add((end += page.length));
  const whole = Buffer.concat(pages);
  for (let length = 0; length <= whole.length; length++) {
    const answer = await ingest(whole.subarray(0, length), new PageReader({ histograms: RULES }));
    assert.equal(answer !== undefined, ends.has(length), `${length} bytes`);
  }
});

/** One to three bytes changed, left out, put in, or a part repeated. */
function mutated(page: Buffer, random: SeededRandom): Buffer {
  const below = (count: number): number => Math.floor(random.float() * count);
  let bytes = Buffer.from(page);
  for (let count = 1 + below(3); count > 0; count--) {
    const at = below(bytes.length);
    const kind = below(5);
    if (kind === 0) bytes[at] = below(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    else if (kind === 3)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.of(below(256)), bytes.subarray(at)]);
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(at + 1))]);
  }
  return bytes.subarray(0, PAGE_BYTES_MAX);
}
