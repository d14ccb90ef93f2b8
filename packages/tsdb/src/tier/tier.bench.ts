/**
 * `node packages/tsdb/src/tier/tier.bench.ts [DAYS]`: bytes of buckets on disk and CPU of making them, by the shape of the
 * values; 100 series a shape, one sample every 15 s with up to 3 ms of jitter, a block a day.
 */
import { labelsOf, MemoryFiles, SeededRandom, VirtualClock, type SeriesSamples } from '@vedette/model';
import { openTestTsdb } from '../testing.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2025, 0, 1);
const SERIES = 100;
const SAMPLES_A_DAY = 5760;
const DAYS = Number(process.argv[2] ?? 12);

const random = new SeededRandom(1);
/** From the value before to the next one. */
const shapes: Readonly<Record<string, (before: number) => number>> = {
  counter: (before) => before + Math.floor(random.float() * 200),
  'cpu seconds': (before) => Math.round((before + random.float() * 15) * 100) / 100,
  'gauge of 2 decimals': () => Math.round(random.float() * 10_000) / 100,
  'slow gauge': (before) => Math.round((before + random.float() - 0.5) * 10) / 10,
  'bytes in pages': () => 4096 * Math.floor(20_000 + random.float() * 5000),
  constant: () => 1,
  'random doubles': () => random.float(),
};

async function* dayOf(
  day: number,
  next: (before: number) => number,
  states: Float64Array,
): AsyncGenerator<readonly SeriesSamples[]> {
  for (let i = 0; i < SERIES; i++) {
    const timestampsMs = new Float64Array(SAMPLES_A_DAY);
    const values = new Float64Array(SAMPLES_A_DAY);
    for (let k = 0; k < SAMPLES_A_DAY; k++) {
      timestampsMs[k] = START_MS + day * DAY_MS + k * 15_000 + i * 137 + Math.floor(random.float() * 4);
      values[k] = states[i] = next(states[i] ?? 0);
    }
    const labels = labelsOf({
      __name__: 'x',
      instance: `host-${String(i).padStart(5, '0')}:9100`,
      job: 'node',
    });
    yield [{ labels, timestampsMs, values, staleFlags: undefined, histograms: undefined }];
    await Promise.resolve();
  }
}

for (const [name, next] of Object.entries(shapes)) {
  const clock = new VirtualClock({ startMs: START_MS + DAYS * DAY_MS });
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)), {
    clock,
    slicer: { shouldYield: () => false, yield: () => Promise.resolve() },
    options: {
      retentionMs: 400 * DAY_MS,
      downsampling: { fiveMinutesMs: 400 * DAY_MS, oneHourMs: 800 * DAY_MS },
    },
  });
  const states = new Float64Array(SERIES);
  for (let day = 0; day < DAYS; day++)
    await tsdb.importBlock(dayOf(day, next, states), new AbortController().signal);
  const before = process.cpuUsage();
  // A block each tick, in both resolutions, and what is merged of them.
  for (let tick = 0; tick < 3 * DAYS; tick++) {
    await clock.advance(5000);
    await tsdb.cleanTombstones();
  }
  const { user, system } = process.cpuUsage(before);
  const millions = (SERIES * SAMPLES_A_DAY * DAYS) / 1e6;
  const texts = [`${((user + system) / 1e6 / millions).toFixed(2)} s of CPU per million samples`];
  for (const { resolution, blockBytes } of tsdb.stats().downsampled) {
    const buckets = (SERIES * DAYS * DAY_MS) / (resolution === '5m' ? 300_000 : 3_600_000);
    const yearly = (blockBytes / SERIES / DAYS) * 365;
    texts.push(
      `${resolution}: ${(blockBytes / buckets).toFixed(1)} B a bucket, ${(yearly / 1e6).toFixed(2)} MB a series and year`,
    );
  }
  console.log(`${name}: ${texts.join('; ')}`);
  await tsdb.close();
}
