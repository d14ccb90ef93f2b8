/**
 * `node packages/tsdb/src/chunk/histogram-chunk.bench.ts`: bytes and nanoseconds a sample of histogram chunks. A
 * latency histogram of schema 3 that gets some hundred observations between two scrapes, log-normal over the given
 * number of buckets; 128 samples at 15 s with up to 3 ms of jitter, as in a block, and one alone, as in the log.
 */
import { SeededRandom, type NativeHistogram } from '@vedette/model';
import { bench, run } from 'mitata';
import { zstdCompressSync } from 'node:zlib';
import { HistogramDecoder } from './histogram-decoder.ts';
import { HistogramEncoder, type HistogramRun } from './histogram-encoder.ts';

const SAMPLES = 128;
const CHUNKS = 64;

const random = new SeededRandom(1);

/** About normal, from 0 to 1. */
const bell = (): number => (random.float() + random.float() + random.float() + random.float()) / 4;

function runOf(bucketCount: number, observations: number): HistogramRun {
  const counts = Float64Array.from({ length: bucketCount }, () => Math.floor(random.float() * 1e5));
  let sum = 1000;
  const histograms = Array.from({ length: SAMPLES }, (): NativeHistogram => {
    for (let i = 0; i < observations; i++) {
      const bucket = Math.min(bucketCount - 1, Math.floor(bell() * bucketCount));
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      sum += 0.01 * 2 ** (bucket / 8) * (1 - random.float() / 12);
    }
    return {
      schema: 3,
      count: counts.reduce((total, count) => total + count, 0),
      sum,
      zeroThreshold: 2 ** -128,
      zeroCount: 0,
      positive: { spans: [{ offset: -20, length: bucketCount }], counts: counts.slice() },
      negative: { spans: [], counts: new Float64Array(0) },
      customBounds: new Float64Array(0),
      counterReset: 'not-reset',
    };
  });
  const timestampsMs = Float64Array.from(
    { length: SAMPLES },
    (_, i) => 1.7e12 + i * 15_000 + Math.floor(random.float() * 4),
  );
  return { timestampsMs, histograms, staleFlags: new Uint8Array(SAMPLES) };
}

const encoder = new HistogramEncoder();
const decoder = new HistogramDecoder();

for (const [bucketCount, observations] of [
  [20, 300],
  [60, 300],
  [60, 10_000],
] as const) {
  const runs = Array.from({ length: CHUNKS }, () => runOf(bucketCount, observations));
  const chunks = runs.map((one) => encoder.encode(one).slice());
  const bytes = Buffer.concat(chunks);
  const name = `${bucketCount} buckets, ${observations} observations a scrape`;
  const perSample = (total: number): string => (total / (CHUNKS * SAMPLES)).toFixed(1);
  const [first] = runs;
  const [chunk] = chunks;
  const histogram = first?.histograms.at(-1);
  if (first === undefined || chunk === undefined || histogram === undefined) continue;
  const single = encoder.encodeOne(1.7e12, histogram);
  console.log(
    `${name}: ${perSample(bytes.length)} B/sample, ${perSample(zstdCompressSync(bytes).length)} with zstd, ${single.length} alone`,
  );
  bench(`encode ${SAMPLES}: ${name}`, () => encoder.encode(first));
  bench(`decode ${SAMPLES}: ${name}`, () => decoder.decode(chunk));
  bench(`encode 1: ${name}`, () => encoder.encodeOne(1.7e12, histogram));
  bench(`decode 1: ${name}`, () => decoder.decode(single));
}

await run();
