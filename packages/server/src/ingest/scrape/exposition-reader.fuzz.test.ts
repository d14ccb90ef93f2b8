import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, labelsOf, SeededRandom, seriesKeyOf } from '@vedette/model';
import { ExpositionReader, type ExpositionFormat } from './exposition-reader.ts';
import { PageIngest } from './page-ingest.ts';
import { createSampleLabels } from './sample-labels.ts';
import { CLASSIC_HISTOGRAMS } from './scrape-fixture.ts';
import { TargetCache } from './target-cache.ts';
import { TargetMetadata } from './target-metadata.ts';

/** Every kind of line there is; mutations start from here. */
const TEXT = `# HELP a_total Some \\\\ text\\n.
# TYPE a_total counter
a_total{b="c",d="e\\n\\"\\\\"} 1.5 1395066363000
a_total 12
# a comment
# TYPE h histogram
h_bucket { le = "1.0" , x="é" } 3
h_bucket{le="+Inf"} NaN
{"my.metric", "l.x"="y"} -1e-3
`;
const OPENMETRICS = `# HELP a Some \\"text\\".
# TYPE a counter
# UNIT a_seconds seconds
a_total{b="c",d="e"} 1.5 1520879607.789 # {id="x"} 0.5 12.25
a_total 12 # {} 1
# TYPE h histogram
h_bucket{le="1"} 3 # {id="x"} 0.5
h_count 3
h_created 1.5e9
{"my.metric","l.x"="y"} -1e-3
# EOF
`;
const PAGES: readonly (readonly [ExpositionFormat, string])[] = [
  ['text', TEXT],
  ['openmetrics', OPENMETRICS],
];
const PAGE_BYTES_MAX = 2000;
const SEEDS = [1, 2, 3];
const ROUNDS = 1500;

const LABELS = createSampleLabels({
  targetLabels: labelsOf({ job: 'j' }),
  honorLabels: false,
  metricRelabelRules: [],
  limits: { labelCountMax: 50, nameBytesMax: 500, valueBytesMax: 500 },
  isLegacyNames: false,
});

/** Reads a page the way a scrape does; `undefined` when it is refused, and only the one error may refuse it. */
const ingest = async (
  bytes: Uint8Array,
  format: ExpositionFormat,
  cache: TargetCache,
): Promise<string | undefined> => {
  const page = new PageIngest(
    { slicer: { shouldYield: () => false, yield: () => Promise.resolve() } },
    { cache, metadata: new TargetMetadata() },
  );
  try {
    await page.readPage(bytes, {
      format,
      timestampMs: 1,
      labels: LABELS,
      honorTimestamps: true,
      trackTimestampsStaleness: false,
      sampleCountMax: 1000,
      histograms: CLASSIC_HISTOGRAMS,
    });
  } catch (error) {
    assert.ok(error instanceof InputError && error.message.length < 1000, String(error));
    return undefined;
  }
  const batch = page.finish();
  for (const value of batch.timestampsMs) assert.ok(Number.isSafeInteger(value));
  return JSON.stringify([
    [...batch.values],
    [...batch.timestampsMs],
    Buffer.from(batch.keys).toString('latin1'),
  ]);
};

const mutate = (bytes: Buffer, random: SeededRandom): Buffer => {
  const at = (length: number): number => Math.floor(random.float() * length);
  const start = at(bytes.length + 1);
  const count = at(8);
  const piece = bytes.subarray(start, start + count);
  switch (at(6)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + count)]);
    case 1:
      return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(start)]);
    case 2:
      return Buffer.concat([
        bytes.subarray(0, start),
        random.fill(Buffer.alloc(count)),
        bytes.subarray(start + count),
      ]);
    case 3: {
      const special = '{}"=,\\# \t\n\r\0_:+-.eE0'[at(20)] ?? '';
      return Buffer.concat([bytes.subarray(0, start), Buffer.from(special), bytes.subarray(start)]);
    }
    case 4: {
      const target = at(bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, target), piece, bytes.subarray(target)]);
    }
    default:
      return bytes.subarray(0, start);
  }
};

test('a page cut off at any byte is refused or is a shorter page, never anything else', async () => {
  for (const [format, page] of PAGES) {
    const bytes = Buffer.from(page);
    for (let end = 0; end < bytes.length; end++) {
      const cut = bytes.subarray(0, end);
      const result = await ingest(cut, format, new TargetCache());
      // OpenMetrics has an end mark; its last newline may be missing.
      if (format === 'openmetrics')
        assert.equal(result === undefined, end < bytes.length - 1, `cut at ${end}`);
      // Behind a cut in the middle of a number stands a number still; elsewhere the line is refused.
      else if (cut.at(-1) === 0x0a) assert.notEqual(result, undefined, `cut at ${end}`);
    }
  }
});

test('mutated pages are read or refused, with the cache exactly as without it', async (t) => {
  for (const seed of SEEDS) {
    const random = new SeededRandom(seed);
    let acceptedCount = 0;
    for (const [format, page] of PAGES) {
      for (let round = 0; round < ROUNDS; round++) {
        let bytes: Buffer = Buffer.from(page);
        for (let count = 1 + Math.floor(random.float() * 3); count > 0; count--)
          bytes = mutate(bytes, random);
        bytes = bytes.subarray(0, PAGE_BYTES_MAX);
        const fresh = await ingest(bytes, format, new TargetCache());
        const cache = new TargetCache();
        await ingest(Buffer.from(page), format, cache);
        const cached = await ingest(bytes, format, cache);
        const shown = `seed ${seed}, round ${round}, ${format}: ${JSON.stringify(bytes.toString('latin1'))}`;
        assert.equal(cached, fresh, shown);
        if (fresh !== undefined) acceptedCount++;
      }
    }
    t.diagnostic(`seed ${seed}: ${acceptedCount} of ${ROUNDS * 2} pages were good`);
    assert.ok(acceptedCount > ROUNDS / 20, `seed ${seed}: only ${acceptedCount} pages were good`);
  }
});

test('random bytes never do more than fail', async () => {
  for (const seed of SEEDS) {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 500; round++) {
      const bytes = random.fill(new Uint8Array(Math.floor(random.float() * 300)));
      for (const [format] of PAGES) await ingest(bytes, format, new TargetCache());
    }
  }
});

test('a reader never moves backwards and always ends', () => {
  const random = new SeededRandom(9);
  for (let round = 0; round < 2000; round++) {
    for (const [format, page] of PAGES) {
      const bytes = mutate(mutate(Buffer.from(page), random), random);
      const reader = new ExpositionReader(bytes, format);
      let lastStart = -1;
      try {
        while (reader.nextLine()) {
          assert.ok(reader.lineStart > lastStart);
          lastStart = reader.lineStart;
          const kind = reader.readHead();
          if (kind === 'end') break;
          if (kind === 'series') {
            seriesKeyOf(LABELS.map(reader.labels()) ?? labelsOf({}));
            reader.readTail();
          }
        }
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
      }
    }
  }
});
