import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createMatcher,
  ExpectedError,
  labelsOf,
  MemoryFiles,
  SeededRandom,
  VirtualClock,
  type SampleBatch,
  type SeriesSamples,
} from '@vedette/model';
import {
  batchOf,
  DIRECTORY,
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
 * which batches are there; some of them are imported. Some of the values are the counts of histograms or staleness
 * markers, and each batch has an exemplar that says n. Now and then a batch is sent again, a series is deleted, what
 * was deleted is cleaned away, or a snapshot is written, opened and compared. All the while the disk refuses
 * something here and there.
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
  /** Batches outside the log: imported, or refused by the disk. Those behind them say nothing about them. */
  readonly #apart = new Set<number>();
  /** Batches whose exemplar must be there: a start found it, so it is durable, or it was acknowledged and no power lost. */
  #exemplars = new Set<number>();

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
      for (let fault = 0; this.#random.float() < 0.5 && fault < 4; fault++) this.#breakSomething();
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
    if (what < 0.66) {
      const count = 1 + Math.floor(this.#random.float() * 3);
      await Promise.all(Array.from({ length: count }, () => this.#append(tsdb)));
    } else if (what < 0.72) await this.#repeat(tsdb);
    else if (what < 0.75) await this.#import(tsdb);
    else if (what < 0.84) await this.#mayFail(tsdb.flush());
    else if (what < 0.87) await this.#mayFail(this.#delete(tsdb));
    else if (what < 0.89) await this.#mayFail(tsdb.cleanTombstones());
    else if (what < 0.91) await this.#mayFail(this.#copy(tsdb));
    else await this.#clock.advance(Math.floor(this.#random.float() * 6000));
  }

  /** A kind of file and something that the disk will once refuse to do with it. */
  #breakSomething(): void {
    const one = <T>(of: readonly T[]): T => of[Math.floor(this.#random.float() * of.length)] as T;
    const paths = ['.wal', '.block', '.block.tmp', 'tombstones', 'import-', 'snapshots/'];
    this.files.failNext(one(OPERATIONS), one(paths), one(['ENOSPC', 'EIO']));
  }

  /** True when the work was done, false when the disk refused. */
  async #mayFail(work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      if (error instanceof ExpectedError || (error instanceof Error && 'code' in error && !isBroken(error)))
        return false;
      throw error;
    }
  }

  /** A batch that is there for certain, as it was: nothing changes. */
  async #repeat(tsdb: OpenedTsdb): Promise<void> {
    const whole = [...this.#acknowledged].filter(
      (number) =>
        !this.#lost.has(number) && this.#seriesLeft(number).length === this.#attempts[number]?.length,
    );
    const number = whole[Math.floor(this.#random.float() * whole.length)];
    if (number === undefined) return;
    await this.#mayFail(
      tsdb.writer
        .append(batchOf(...this.#samplesOf(number)))
        .then(({ refusals }) => assert.deepEqual(refusals, [])),
    );
  }

  async #import(tsdb: OpenedTsdb): Promise<void> {
    const number = this.#newBatch();
    this.#apart.add(number);
    const series = this.#samplesOf(number).map(importable);
    const stream = async function* (): AsyncGenerator<readonly SeriesSamples[]> {
      for (const one of series) yield await Promise.resolve([one]);
    };
    const importing = tsdb.importBlock(stream(), new AbortController().signal);
    if (await this.#mayFail(importing)) this.#acknowledged.add(number);
  }

  /** Writes a snapshot and looks at it. */
  async #copy(tsdb: OpenedTsdb): Promise<void> {
    const hasHead = this.#random.float() < 0.7;
    const directory = `${DIRECTORY}/snapshots/${await tsdb.snapshot({ hasHead })}`;
    const clock = new VirtualClock({ startMs: this.#clock.nowMs() });
    const copy = await openTestTsdb(this.files, { clock, options: { directory } });
    assert.deepEqual(copy.warnings, []);
    const all = await readMixed(tsdb.reader);
    const copied = await readMixed(copy.reader);
    if (hasHead) assert.deepEqual(copied, all);
    else
      for (const [series, samples] of copied)
        for (const sample of samples)
          assert.ok(
            all.get(series)?.some(([timestampMs]) => timestampMs === sample[0]),
            `${series} at ${sample[0]} is in a snapshot alone`,
          );
    const exemplars = await readExemplars(tsdb);
    assert.deepEqual(await readExemplars(copy), hasHead ? exemplars : []);
    await copy.close();
    await this.files.remove(directory);
  }

  /** Chooses the number, the time and the series of a batch. */
  #newBatch(): number {
    const number = this.#attempts.length;
    const labels = Array.from({ length: SERIES }, (_, i) => `x${i}`).filter(() => this.#random.float() < 0.5);
    this.#attempts.push(labels);
    const isLate = this.#random.float() < 0.4;
    const lateMs = isLate ? Math.floor(this.#random.float() * 60) * 1000 + 1 + (number % 997) : 0;
    const timestampMs = START_MS + number * 1000 - lateMs;
    this.#times.push(timestampMs);
    return number;
  }

  #samplesOf(number: number): readonly TestSeries[] {
    return (this.#attempts[number] ?? []).map((name): TestSeries => [
      { __name__: name },
      [this.#times[number] ?? 0, this.#valueOf(name, number)],
    ]);
  }

  async #append(tsdb: OpenedTsdb): Promise<void> {
    const number = this.#newBatch();
    const batch = batchOf(...this.#samplesOf(number));
    const appending = tsdb.writer.append(withExemplar(batch, number)).then(({ refusals }) => {
      assert.deepEqual(refusals, []);
      this.#acknowledged.add(number);
      if (batch.seriesCount > 0 && this.#mode === 'process') this.#exemplars.add(number);
    });
    if (!(await this.#mayFail(appending))) this.#apart.add(number);
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
    if (number % 11 === 5) return 'stale';
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

  async #checkExemplars(tsdb: OpenedTsdb): Promise<void> {
    const found = new Set(await readExemplars(tsdb));
    for (const number of this.#exemplars) assert.ok(found.has(number), `exemplar ${number} is lost`);
    for (const number of found) assert.ok(number < this.#attempts.length);
    this.#exemplars = found;
  }

  async #check(tsdb: OpenedTsdb): Promise<void> {
    const isExpected =
      this.#mode === 'power' ? /was cut off|the log is damaged|after a damaged one/ : /was cut off/;
    assert.deepEqual(
      tsdb.warnings.filter(({ message }) => !isExpected.test(message)),
      [],
    );
    await this.#checkExemplars(tsdb);
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
        if (this.#apart.has(number)) assert.ok(!this.#acknowledged.has(number), `import ${number} is lost`);
        else firstMissing = Math.min(firstMissing, number);
        this.#lost.add(number);
      } else {
        assert.ok(
          this.#apart.has(number) || number < firstMissing,
          `batch ${number} is there, ${firstMissing} before it is not`,
        );
        this.#acknowledged.add(number);
      }
    }
    assert.ok([...found.keys()].every((number) => number < this.#attempts.length));
  }
}

const OPERATIONS = [
  'append',
  'sync',
  'openAppender',
  'truncate',
  'link',
  'rename',
  'remove',
  'syncDirectory',
  'makeDirectory',
] as const;

/** Errors of the system begin with E; those of tests and of Node itself are ours. */
function isBroken(error: Error & { readonly code?: unknown }): boolean {
  return !/^E(?!RR_)/.test(String(error.code));
}

function withExemplar(batch: SampleBatch, number: number): SampleBatch {
  if (batch.seriesCount === 0) return batch;
  const labels = labelsOf({ batch: String(number) });
  return {
    ...batch,
    exemplars: [{ series: 0, labels, value: number, timestampMs: START_MS + number * 1000 }],
  };
}

/** Numbers of the batches whose exemplars are there. */
async function readExemplars(tsdb: OpenedTsdb): Promise<readonly number[]> {
  const any = [[createMatcher('__name__', '!=', '')]];
  const found = await tsdb.reader.exemplars(any, EVER, new AbortController().signal);
  return found.flatMap(({ exemplars }) => exemplars.map(({ value }) => value)).sort((a, b) => a - b);
}

function importable([labels, [timestampMs, value] = [0, 0]]: TestSeries): SeriesSamples {
  return {
    labels: labelsOf(labels),
    timestampsMs: Float64Array.of(timestampMs),
    values: Float64Array.of(typeof value === 'number' ? value : 0),
    staleFlags: value === 'stale' ? Uint8Array.of(1) : undefined,
    histograms: typeof value === 'object' ? new Map([[0, value]]) : undefined,
  };
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
