/**
 * `node packages/tsdb/src/chunk/chunk.bench.ts`: bytes and nanoseconds a sample of chunks, by the shape of the
 * values. Chunks have 480 samples, two hours at 15 s; timestamps jitter by up to 3 ms where it says so.
 */
import { SeededRandom } from '@vedette/model';
import { bench, run } from 'mitata';
import { zstdCompressSync } from 'node:zlib';
import { ChunkDecoder } from './chunk-decoder.ts';
import { ChunkEncoder } from './chunk-encoder.ts';
import { createColumns } from './sample-columns.ts';

const SAMPLES = 480;
const CHUNKS = 64;

const random = new SeededRandom(1);
let state = 0;
const shapes: Readonly<Record<string, (i: number) => number>> = {
  'counter, exact interval': () => (state += Math.floor(random.float() * 200)),
  'counter, jitter': () => (state += Math.floor(random.float() * 200)),
  'gauge of 2 decimals, jitter': () => Math.round(random.float() * 10_000) / 100,
  'cpu seconds, jitter': () => (state = Math.round((state + random.float() * 15) * 100) / 100),
  'bytes in pages, jitter': () => 4096 * Math.floor(20_000 + random.float() * 5000),
  'constant, jitter': () => 1,
  'random doubles, jitter': () => random.float(),
};

const encoder = new ChunkEncoder();
const decoder = new ChunkDecoder();
const target = createColumns(SAMPLES);

for (const [shape, valueOf] of Object.entries(shapes)) {
  const jitterMs = shape.endsWith('jitter') ? 4 : 1;
  const chunks: Uint8Array[] = [];
  for (let n = 0; n < CHUNKS; n++) {
    for (let i = 0; i < SAMPLES; i++) {
      encoder.columns.timestampsMs[i] = 1.7e12 + i * 15_000 + Math.floor(random.float() * jitterMs);
      encoder.columns.values[i] = valueOf(i);
    }
    chunks.push(encoder.encode(SAMPLES).slice());
  }
  const bytes = Buffer.concat(chunks);
  const perSample = (total: number): string => (total / (CHUNKS * SAMPLES)).toFixed(2);
  console.log(
    `${shape}: ${perSample(bytes.length)} B/sample, ${perSample(zstdCompressSync(bytes).length)} with zstd`,
  );
  bench(`encode ${SAMPLES}: ${shape}`, () => encoder.encode(SAMPLES));
  const chunk = chunks[0] ?? new Uint8Array(0);
  bench(`decode ${SAMPLES}: ${shape}`, () => decoder.decode(chunk, 0, chunk.length, target, 0));
}

await run();
