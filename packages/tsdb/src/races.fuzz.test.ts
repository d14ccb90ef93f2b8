import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MemoryFiles,
  SeededRandom,
  VirtualClock,
  type FaultyFiles,
  type Files,
  type Slicer,
} from '@vedette/model';
import {
  batchOf,
  faultyFiles,
  histogramOf,
  openTestTsdb,
  readMixed,
  START_MS,
  type OpenedTsdb,
  type TestSeries,
  type TestValue,
} from './testing.ts';

/**
 * Appends, queries, flushes, compactions and failing writes at the same time, in an order that a seed chooses,
 * and a close in the middle of it all. Batch number n writes the value n to every series, every third batch at
 * a time before those of the two before it. To some series it is the count of a histogram.
 */
const SERIES = 40;
const BATCHES = 60;

class Scene {
  readonly random: SeededRandom;
  readonly disk: MemoryFiles;
  readonly files: FaultyFiles;
  /** Batches whose append was acknowledged, in order. */
  readonly acknowledged: number[] = [];
  readonly clock = new VirtualClock({ startMs: START_MS });
  isOver = false;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.disk = new MemoryFiles(this.random);
    this.files = faultyFiles(this.disk, this.clock);
  }

  async open(files: Files = this.files): Promise<OpenedTsdb> {
    const slicer: Slicer = { shouldYield: () => this.random.float() < 0.2, yield: () => this.pause() };
    return await openTestTsdb(files, {
      slicer,
      clock: this.clock,
      options: { headBytesMax: 2000, outOfOrderWindowMs: 60_000 },
    });
  }

  async pause(): Promise<void> {
    if (this.random.float() < 0.7) await Promise.resolve();
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

const timeOf = (number: number): number =>
  START_MS + (number % 3 === 2 ? (number - 2) * 1000 - 500 : number * 1000);

async function write(scene: Scene, tsdb: OpenedTsdb): Promise<void> {
  for (let number = 0; number < BATCHES; number++) {
    const series = Array.from({ length: SERIES }, (_, i): TestSeries => [
      { __name__: 'x', i: String(i) },
      [timeOf(number), i % 4 === 3 ? histogramOf([number]) : number],
    ]);
    if (scene.random.float() < 0.1) scene.disk.failNext('append', '.wal', 'ENOSPC');
    // Two of a kind overlap: the second is a repetition, or all of it when the first was refused.
    const results = await Promise.allSettled([1, 2].map(() => tsdb.writer.append(batchOf(...series))));
    if (results.some(({ status }) => status === 'fulfilled')) scene.acknowledged.push(number);
    for (let i = scene.random.float() * 5; i > 0; i--) await scene.pause();
  }
  scene.isOver = true;
}

/** What one query sees is the same for every series: whole batches, none twice, all acknowledged before it. */
async function query(scene: Scene, tsdb: OpenedTsdb): Promise<void> {
  while (!scene.isOver) {
    const known = scene.acknowledged.slice();
    const all = await readMixed(tsdb.reader).catch((error: unknown) => {
      if (scene.isOver) return undefined;
      throw error;
    });
    if (all === undefined) return;
    const [first = []] = all.values();
    const found = first.map(([, value]) => numberOf(value));
    for (const [series, samples] of all)
      assert.deepEqual(
        samples.map(([timestampMs, value]) => [timestampMs, numberOf(value)]),
        first.map(([timestampMs, value]) => [timestampMs, numberOf(value)]),
        series,
      );
    for (const [i, [timestampMs]] of first.entries()) {
      assert.equal(timestampMs, timeOf(found[i] ?? NaN));
      assert.ok(i === 0 || timestampMs > (first[i - 1]?.[0] ?? 0));
    }
    assert.deepEqual(
      known.filter((number) => !found.includes(number)),
      [],
    );
    assert.ok(all.size === 0 || all.size === SERIES);
    await scene.pause();
  }
}

/** The number of the batch that wrote the value. */
function numberOf(value: TestValue): number {
  assert.ok(value !== 'stale');
  return typeof value === 'number' ? value : value.count;
}

async function maintain(scene: Scene, tsdb: OpenedTsdb): Promise<void> {
  while (!scene.isOver) {
    if (scene.random.float() < 0.2) scene.disk.failNext('append', '.block', 'EIO');
    if (scene.random.float() < 0.5) await tsdb.flush().catch(() => undefined);
    else await scene.clock.advance(6000);
    for (let i = scene.random.float() * 30; i > 0; i--) await scene.pause();
  }
}

const seeds = Number(process.env['VEDETTE_FUZZ_SEEDS'] ?? 12);

test('queries see whole batches while appends fail and flushes, drops and a close run', async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      const scene = new Scene(seed);
      const tsdb = await scene.open();
      const work = [write, query, query, query, maintain].map((one) => one(scene, tsdb));
      const closing = (async () => {
        const stopAt = scene.random.float() < 0.5 ? BATCHES / 2 : BATCHES;
        while (!scene.isOver && scene.acknowledged.length < stopAt) await scene.pause();
        scene.isOver = true;
        await tsdb.close();
      })();
      await Promise.all([...work, closing]);
      assert.equal(scene.files.openCount, 0);
      // Faults that were not met stay behind.
      const again = await scene.open(scene.disk.restart('process'));
      const all = await readMixed(again.reader);
      assert.equal(all.size, SERIES);
      for (const samples of all.values())
        assert.deepEqual(
          samples.map(([, value]) => numberOf(value)),
          scene.acknowledged.toSorted((a, b) => timeOf(a) - timeOf(b)),
        );
      await again.close();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
