import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, MemoryFiles, SeededRandom, VirtualClock } from '@vedette/model';
import {
  batchOf,
  histogramOf,
  openTestTsdb,
  readMixed,
  START_MS,
  type OpenedTsdb,
  type TestSeries,
  type TestValue,
} from './testing.ts';

/**
 * Kills the engine at random points of random work, again and again on the same disk. Batch number n writes
 * the value n at START_MS + n seconds, or up to a minute earlier, to a few series, so that what is read tells
 * which batches are there. Now and then a series is deleted, or what was deleted is cleaned away, or a snapshot
 * is written. Some of the values are the counts of histograms.
 */
const EVER = { fromMs: -Infinity, untilMs: Infinity };
const ROUNDS = 6;
const STEPS = 40;
const SERIES = 7;

class Run {
  files: MemoryFiles;
  readonly #random: SeededRandom;
  readonly #mode: 'process' | 'power';
  /** One a process: the timers of a dead one never fire. */
  #clock = new VirtualClock({ startMs: START_MS });
  /** Which series batch n writes. */
  readonly #attempts: string[][] = [];
  /** When it writes; no two at the same time. */
  readonly #times: number[] = [];
  /** Batches that must be there, or may be when they were not acknowledged. */
  #acknowledged = new Set<number>();
  /** A series was deleted when the batches below `before` were there; whether, is unknown when it was not acknowledged. */
  #deletions: { readonly series: string; readonly before: number; isCertain: boolean }[] = [];
  /** Batches that were found missing after a power loss, or refused. */
  readonly #lost = new Set<number>();

  constructor(seed: number, mode: 'process' | 'power') {
    this.#random = new SeededRandom(seed);
    this.files = new MemoryFiles(this.#random);
    this.#mode = mode;
  }

  async play(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const tsdb = await this.#open();
      await this.#check(tsdb);
      this.files.killAfter(1 + Math.floor(this.#random.float() * 60));
      for (let step = 0; step < STEPS && !this.files.isKilled; step++) await this.#orDeath(this.#act(tsdb));
      if (!this.files.isKilled) await this.#orDeath(tsdb.close());
      this.files = this.files.restart(this.#mode);
    }
    const tsdb = await this.#open();
    await this.#check(tsdb);
    await tsdb.close();
  }

  /** Opening is killed at random, too. */
  async #open(): Promise<OpenedTsdb> {
    for (;;) {
      if (this.#random.float() < 0.5) this.files.killAfter(1 + Math.floor(this.#random.float() * 12));
      this.#clock = new VirtualClock({ startMs: this.#clock.nowMs() });
      const opening = openTestTsdb(this.files, {
        clock: this.#clock,
        // So small that flushes and compactions happen all the time.
        options: { headBytesMax: 200, outOfOrderWindowMs: 3_600_000 },
      });
      const tsdb = await this.#orDeath(opening);
      if (tsdb !== undefined && !this.files.isKilled) {
        this.files.killAfter(Infinity);
        return tsdb;
      }
      this.files = this.files.restart(this.#mode);
    }
  }

  async #act(tsdb: OpenedTsdb): Promise<void> {
    const what = this.#random.float();
    if (what < 0.75) {
      const count = 1 + Math.floor(this.#random.float() * 3);
      await Promise.all(Array.from({ length: count }, () => this.#append(tsdb)));
    } else if (what < 0.84) await tsdb.flush();
    else if (what < 0.88) await this.#delete(tsdb);
    else if (what < 0.89) await tsdb.cleanTombstones();
    else if (what < 0.9) await tsdb.snapshot({ hasHead: what < 0.895 });
    else await this.#clock.advance(Math.floor(this.#random.float() * 6000));
  }

  async #append(tsdb: OpenedTsdb): Promise<void> {
    const number = this.#attempts.length;
    const labels = Array.from({ length: SERIES }, (_, i) => `x${i}`).filter(() => this.#random.float() < 0.5);
    this.#attempts.push(labels);
    const isLate = this.#random.float() < 0.4;
    const lateMs = isLate ? Math.floor(this.#random.float() * 60) * 1000 + 1 + (number % 997) : 0;
    const timestampMs = START_MS + number * 1000 - lateMs;
    this.#times.push(timestampMs);
    const series = labels.map((name): TestSeries => [
      { __name__: name },
      [timestampMs, this.#valueOf(name, number)],
    ]);
    const { refusals } = await tsdb.writer.append(batchOf(...series));
    assert.deepEqual(refusals, []);
    this.#acknowledged.add(number);
  }

  async #delete(tsdb: OpenedTsdb): Promise<void> {
    const series = `x${Math.floor(this.#random.float() * SERIES)}`;
    const deletion = { series, before: this.#attempts.length, isCertain: false };
    this.#deletions.push(deletion);
    await tsdb.deleteSeries([[createMatcher('__name__', '=', series)]], EVER);
    deletion.isCertain = true;
  }

  /** A deletion of which nobody was told happened when nothing that it names is there. */
  #settleDeletions(found: ReadonlyMap<number, readonly string[]>): void {
    this.#deletions = this.#deletions.filter(({ series, before, isCertain }) => {
      if (isCertain) return true;
      return ![...found].some(([number, names]) => number < before && names.includes(series));
    });
    for (const deletion of this.#deletions) deletion.isCertain = true;
  }

  /** The series of batch `number` that were not deleted since. */
  #seriesLeft(number: number): readonly string[] {
    const isLeft = (name: string): boolean =>
      !this.#deletions.some(({ series, before }) => series === name && number < before);
    return (this.#attempts[number] ?? []).filter(isLeft);
  }

  /** Floats, histograms, or one as often as the other. */
  #valueOf(name: string, number: number): TestValue {
    const isHistogram = name === 'x0' || (name === 'x1' && number % 3 !== 0);
    return isHistogram
      ? histogramOf([number], { sum: number / 7, schema: number % 10 === 0 ? 1 : 3 })
      : number;
  }

  /** `undefined` when the process dies before the work is done. */
  async #orDeath<T>(work: Promise<T>): Promise<T | undefined> {
    let isOver = false;
    const death = async (): Promise<undefined> => {
      while (!this.files.isKilled && !isOver) await new Promise((resolve) => setImmediate(resolve));
      return undefined;
    };
    try {
      return await Promise.race([work, death()]);
    } finally {
      isOver = true;
    }
  }

  async #check(tsdb: OpenedTsdb): Promise<void> {
    assert.deepEqual(
      tsdb.warnings.filter(({ message }) => !message.includes('was cut off')),
      [],
    );
    const found = new Map<number, string[]>();
    for (const [series, samples] of await readMixed(tsdb.reader))
      for (const [timestampMs, sample] of samples) {
        const value = this.#times.indexOf(timestampMs);
        assert.deepEqual(sample, this.#valueOf(series, value));
        found.set(value, [...(found.get(value) ?? []), series]);
      }
    this.#settleDeletions(found);
    let firstMissing = Infinity;
    for (const number of this.#attempts.keys()) {
      const series = this.#seriesLeft(number);
      if (series.length === 0) assert.equal(found.has(number), false, `batch ${number} was deleted`);
      if (series.length === 0) continue;
      const isThere = found.has(number);
      if (isThere) assert.deepEqual(found.get(number), series, `batch ${number} is there in part, or twice`);
      if (this.#lost.has(number)) assert.equal(isThere, false, `batch ${number} came back`);
      else if (!isThere) {
        if (this.#mode === 'process')
          assert.equal(this.#acknowledged.has(number), false, `acknowledged batch ${number} is lost`);
        firstMissing = Math.min(firstMissing, number);
        this.#lost.add(number);
      } else {
        assert.ok(number < firstMissing, `batch ${number} is there, ${firstMissing} before it is not`);
        this.#acknowledged.add(number);
      }
    }
    assert.ok([...found.keys()].every((number) => number < this.#attempts.length));
  }
}

const seeds = Number(process.env['VEDETTE_FUZZ_SEEDS'] ?? 15);

for (const mode of ['process', 'power'] as const) {
  const promise =
    mode === 'process'
      ? 'a process killed at any point loses nothing acknowledged and doubles nothing'
      : 'after power loss a prefix of the batches is there, each as a whole';
  test(promise, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      try {
        await new Run(seed, mode).play();
      } catch (error) {
        throw new Error(`seed ${seed}, ${mode}`, { cause: error });
      }
    }
  });
}
