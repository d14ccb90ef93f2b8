/**
 * CPU time of appending, from batch to acknowledgement, the disk left out: `node packages/tsdb/src/append.bench.ts`.
 * Three shapes: what remote write sends (20 samples a series, and one in bodies of 2,000) and scrapes of 500 series.
 * CPU time, not wall time, so that a busy machine disturbs it less; the best round counts, since some seal tails.
 */
import {
  labelsOf,
  MemoryFiles,
  SampleBatchBuilder,
  seriesKeyOf,
  SeededRandom,
  type SampleBatch,
} from '@vedette/model';
import { openTestTsdb, START_MS } from './testing.ts';

const ROUNDS = 32;

const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

function keyOf(series: number): Uint8Array {
  return seriesKeyOf(
    labelsOf({
      __name__: `http_requests_${series % 40}_total`,
      instance: `10.0.${(series >> 8) % 20}.${(series >> 3) % 200}:9100`,
      job: ['api', 'web', 'worker', 'db'][series % 4] ?? '',
      method: ['GET', 'POST', 'PUT', 'DELETE'][(series >> 2) % 4] ?? '',
      pod: `frontend-${(series * 7919 + 100_000).toString(36)}-${series}`,
      status: ['200', '404', '500'][series % 3] ?? '',
    }),
  );
}

const random = new SeededRandom(1);

function batchesOf(
  keys: readonly Uint8Array[],
  shape: { samples: number; batchSeries: number },
  round: number,
): SampleBatch[] {
  const batches: SampleBatch[] = [];
  for (let first = 0; first < keys.length; first += shape.batchSeries) {
    const builder = new SampleBatchBuilder(shape.batchSeries);
    for (const [i, key] of keys.slice(first, first + shape.batchSeries).entries()) {
      builder.openSeriesKey(key);
      for (let k = 0; k < shape.samples; k++) {
        const at = round * shape.samples + k;
        const value = i % 2 === 0 ? at * 31 + i : Math.round(random.float() * 1e6) / 100;
        builder.addSample(START_MS - 7 * 86_400_000 + at * 15_000 + ((i * 7 + k) % 5), value);
      }
    }
    batches.push(builder.finish());
  }
  return batches;
}

for (const shape of [
  { name: '20 samples a series, 100 series a batch', series: 10_000, samples: 20, batchSeries: 100 },
  { name: '1 sample a series, 2,000 series a batch', series: 50_000, samples: 1, batchSeries: 2000 },
  { name: '1 sample a series, 500 series a batch', series: 50_000, samples: 1, batchSeries: 500 },
]) {
  const tsdb = await openTestTsdb(new MemoryFiles(random), { slicer, options: { headBytesMax: 2 ** 30 } });
  const keys = Array.from({ length: shape.series }, (_, series) => keyOf(series));
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const batches = batchesOf(keys, shape, round);
    const before = process.cpuUsage();
    for (const batch of batches) {
      const { acceptedCount } = await tsdb.writer.append(batch);
      if (acceptedCount !== batch.timestampsMs.length) throw new Error('a sample was refused');
    }
    const { user, system } = process.cpuUsage(before);
    times.push(user + system);
  }
  const samples = shape.series * shape.samples;
  const [first = NaN, ...rest] = times;
  const sorted = rest.slice(ROUNDS / 2).sort((a, b) => a - b);
  const mean = sorted.reduce((sum, time) => sum + time, 0) / sorted.length;
  console.log(
    `${shape.name}: new series ${(first / shape.series).toFixed(2)} µs each; then ${((mean * 1000) / samples).toFixed(0)} ns a sample on average, ${(((sorted[0] ?? NaN) * 1000) / samples).toFixed(0)} at best: ${(samples / mean).toFixed(2)} M samples/CPU-s`,
  );
  await tsdb.close();
}
