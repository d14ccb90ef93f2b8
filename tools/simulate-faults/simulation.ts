import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  createMatcher,
  ExpectedError,
  FatalError,
  FaultyFiles,
  labelsOf,
  MemoryFiles,
  SeededRandom,
  VirtualClock,
  type FaultRule,
  type SeriesSamples,
} from '@vedette/model';
import { openTsdb, type Tsdb } from '@vedette/tsdb';
import { batchOf, readMixed, type TestSeries } from '../../packages/tsdb/src/testing.ts';
import { tryFlippedBit } from './flipped-bit.ts';
import { seriesOf, StoreModel, type Batch } from './store-model.ts';
import { afflict, rulesOf, SLOW_SYNC_MS, WEATHERS, type Weather } from './weather.ts';

/**
 * One seed, one life of a store on a bad disk, in virtual time.
 *
 * 1. Actors work at the same time, each at its own pace: writers send batches and repeat what was refused,
 *    readers ask and compare with the model, an operator flushes, deletes, cleans, imports and copies, and the
 *    weather changes what the disk does.
 * 2. Every few minutes the process ends: killed in the middle of a write, by a power loss, or in order. The next
 *    one opens what is there, on a disk that may still be bad, and everything is compared. Now and then a copy of
 *    the disk gets a wrong bit in between (`flipped-bit.ts`).
 * 3. Every call has an end: one that does not come back within its time is a failure, as is one that is
 *    refused on a good disk, a wrong sample, a missing one, a file left open.
 *
 * Everything is drawn from the seed, and nothing waits for real things, so that a seed is the same run each time:
 * `hash` is that of all that happened.
 */
export async function simulate(seed: number, options: SimulationOptions): Promise<Outcome> {
  const simulation = new Simulation(seed, options);
  try {
    await simulation.play();
  } catch (error) {
    throw new Error(`seed ${seed}: ${simulation.lastEvents}`, { cause: error });
  }
  return simulation.outcome;
}

export interface SimulationOptions {
  readonly hours: number;
  /** Breaks a rule of the store behind the back of the model, which must find out. */
  readonly canary: 'skip-sync' | undefined;
}

export interface Outcome {
  readonly hash: string;
  readonly events: number;
  readonly checkedSamples: number;
  /** How often what happened, by name. */
  readonly counts: ReadonlyMap<string, number>;
  /** How often each fault took place; one that was planned and not met does not count. */
  readonly faults: ReadonlyMap<string, number>;
}

const START_MS = Date.UTC(2026, 0, 2);
const DIRECTORY = 'data';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WRITERS = 3;
const SERIES_PER_WRITER = 4;
const OUT_OF_ORDER_MS = 2 * HOUR_MS;

/** After this long on a good disk nothing of a bad one is left: failed maintenance is tried again every minute. */
const RECOVERY_MS = 130_000;

/** One call takes at most so long, on the slowest disk: a flush of many files, each step of which waits. */
const CALL_MS_MAX = 20 * MINUTE_MS;

/** A sync is due a second after the first write that it is for. */
const SYNC_DUE_MS = 1000;

const LOOK_MS = 6000;

/** Of the ends of a process, how many are followed by a look at what a flipped bit does. */
const FLIP_SHARE = 0.3;

/** How exactly is known when a process died. */
const DEATH_MS = 50;

/** A process and all that works in it. */
interface Life {
  readonly clock: VirtualClock;
  readonly files: FaultyFiles;
  readonly tsdb: Tsdb;
  readonly warnings: string[];
  isOver: boolean;
}

class Simulation {
  readonly #random: SeededRandom;
  readonly #options: SimulationOptions;
  readonly #model = new StoreModel();
  readonly #hash = createHash('sha256');
  readonly #counts = new Map<string, number>();
  /** Of every process, those that did not get up included. */
  readonly #layers: FaultyFiles[] = [];
  readonly #recent: string[] = [];
  readonly #calls = new Map<string, number>();
  #events = 0;
  #disk: MemoryFiles;
  #nowMs = START_MS;
  #weather: Weather = 'calm';
  #calmSinceMs = -Infinity;
  /** When the disk was last slow, or its syncs last failed; and since when they do. */
  #slowUntilMs = -Infinity;
  #unsyncedSinceMs = Infinity;
  #failure: unknown;

  constructor(seed: number, options: SimulationOptions) {
    this.#random = new SeededRandom(seed);
    this.#options = options;
    this.#disk = new MemoryFiles(this.#random);
    this.#disk.isLying = seed % 4 === 3;
  }

  get outcome(): Outcome {
    return {
      hash: this.#hash.copy().digest('hex').slice(0, 16),
      events: this.#events,
      checkedSamples: this.#model.checkedCount,
      counts: this.#counts,
      faults: this.#faults(),
    };
  }

  /** What was injected, by the disk and by what lies over it. */
  #faults(): ReadonlyMap<string, number> {
    const faults = new Map(this.#disk.injected);
    for (const { injected } of this.#layers)
      for (const [kind, count] of injected) faults.set(kind, (faults.get(kind) ?? 0) + count);
    return faults;
  }

  get lastEvents(): string {
    return this.#recent.join('; ');
  }

  async play(): Promise<void> {
    const endMs = START_MS + this.#options.hours * HOUR_MS;
    let life = await this.#open(true);
    while (this.#nowMs < endMs) {
      await this.#live(life, Math.min(endMs, this.#nowMs + this.#between(2, 15) * MINUTE_MS));
      const mode = await this.#end(life);
      life = await this.#restart(mode);
    }
    life.isOver = true;
    await this.#settled(life, life.tsdb.close());
    assert.equal(life.files.openCount, 0, 'files left open');
  }

  /** Until a time, or until it is killed. */
  async #live(life: Life, untilMs: number): Promise<void> {
    for (let writer = 0; writer < WRITERS; writer++) this.#start(life, () => this.#write(life, writer));
    this.#start(life, () => this.#read(life));
    this.#start(life, () => this.#operate(life));
    this.#start(life, () => this.#change(life));
    while (this.#nowMs < untilMs && !this.#disk.isKilled) await this.#pass(life, 1000);
  }

  async #pass(life: Life, byMs: number): Promise<void> {
    await life.clock.advance(byMs);
    this.#nowMs = life.clock.nowMs();
    if (this.#failure !== undefined) throw this.#failure as Error;
    if (this.#disk.isKilled) return;
    for (const [call, sinceMs] of this.#calls)
      assert.ok(this.#nowMs - sinceMs < CALL_MS_MAX, `no answer to ${call} since ${sinceMs}`);
    if (this.#isGood(RECOVERY_MS)) assert.deepEqual(life.tsdb.stats().problems, []);
  }

  #start(life: Life, actor: () => Promise<void>): void {
    void actor().catch((error: unknown) => {
      if (!life.isOver) this.#failure ??= error;
    });
  }

  async #end(life: Life): Promise<'process' | 'power' | 'close'> {
    const what = this.#random.float();
    const mode = what < 0.4 ? 'process' : what < 0.8 ? 'power' : 'close';
    if (mode === 'close') {
      life.isOver = true;
      const isClean = await this.#settled(life, life.tsdb.close());
      assert.equal(life.files.openCount, 0, 'files left open');
      this.#note(`closed ${isClean}`);
    } else {
      this.#disk.killAfter(1 + Math.floor(this.#random.float() * 40));
      for (let waitedMs = 0; waitedMs < 20_000 && !this.#disk.isKilled; waitedMs += DEATH_MS)
        await this.#pass(life, DEATH_MS);
      life.isOver = true;
    }
    this.#calls.clear();
    return mode;
  }

  /** Resolves with whether it succeeded. */
  async #settled(life: Life, work: Promise<unknown>): Promise<boolean> {
    let outcome: boolean | undefined;
    void work.then(
      () => (outcome = true),
      (error: unknown) => {
        if (!this.#isAccepted(error)) this.#failure ??= error;
        outcome = false;
      },
    );
    for (let waitedMs = 0; outcome === undefined; waitedMs += 500) {
      assert.ok(waitedMs < CALL_MS_MAX, 'no answer to close');
      await life.clock.advance(500);
      this.#nowMs = life.clock.nowMs();
    }
    if (this.#failure !== undefined) throw this.#failure as Error;
    return outcome;
  }

  async #restart(mode: 'process' | 'power' | 'close'): Promise<Life> {
    const lossMs = this.#nowMs - DEATH_MS;
    this.#disk = this.#disk.restart(mode === 'power' ? 'power' : 'process');
    this.#note(mode);
    this.#count(`ended by ${mode}`, 1);
    if (this.#random.float() < FLIP_SHARE) await this.#flipBit();
    for (const batch of this.#model.batches) if (batch.state === 'open') batch.state = 'doubtful';
    const isLying = mode === 'power' && this.#disk.isLying;
    if (isLying) this.#model.doubtDeletions();
    const life = await this.#open(false);
    const safeUntilMs = mode !== 'power' ? Infinity : isLying ? -Infinity : this.#syncedUntil(lossMs);
    const all = await this.#readSurely(life);
    const { lost } = this.#model.checkRestart(all, safeUntilMs);
    this.#count('acknowledged batches taken by power losses', lost);
    // What was synced a moment ago by the new process counts from now on.
    if (mode === 'power') this.#unsyncedSinceMs = Infinity;
    await this.#removeDamaged();
    // The store looks every 5 s whether they are still there.
    await life.clock.advance(LOOK_MS);
    this.#nowMs = life.clock.nowMs();
    return life;
  }

  /** What a wrong bit in one of the files would do to the next process, tried on a copy. */
  async #flipBit(): Promise<void> {
    const outcome = await tryFlippedBit(this.#disk, { nowMs: this.#nowMs, random: this.#random });
    this.#note(`flipped bit: ${outcome}`);
    this.#count(`flipped bit: ${outcome}`, 1);
  }

  /** What was acknowledged until then must survive a power loss. */
  #syncedUntil(lossMs: number): number {
    const slowMs = lossMs - this.#slowUntilMs < MINUTE_MS ? 2 * SLOW_SYNC_MS + 1000 : 0;
    return Math.min(lossMs, this.#unsyncedSinceMs) - SYNC_DUE_MS - slowMs - 1;
  }

  /** Opening may be killed, and refused by a bad disk; on a good one it succeeds. */
  async #open(isNew: boolean): Promise<Life> {
    for (let attempt = 0; ; attempt++) {
      if (attempt > 2) this.#setWeather('calm');
      else if (!isNew && this.#random.float() < 0.3)
        this.#disk.killAfter(1 + Math.floor(this.#random.float() * 12));
      const life = await this.#tryOpen();
      if (life !== undefined && !this.#disk.isKilled) {
        this.#disk.killAfter(Infinity);
        return life;
      }
      if (life !== undefined) life.isOver = true;
      this.#count(this.#disk.isKilled ? 'starts killed' : 'starts refused', 1);
      this.#disk = this.#disk.restart('process');
    }
  }

  async #tryOpen(): Promise<Life | undefined> {
    const clock = new VirtualClock({ startMs: this.#nowMs, settle: settleAll });
    const files = new FaultyFiles({ clock, random: this.#random }, this.#disk, this.#rules());
    this.#layers.push(files);
    const warnings: string[] = [];
    const report = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
    const slicer = { shouldYield: () => true, yield: () => Promise.resolve() };
    const deps = { files, clock, random: this.#random, slicer, report };
    let life: Life | undefined;
    let refusal: unknown;
    const opening = openTsdb(deps, {
      directory: DIRECTORY,
      retentionMs: 30 * 24 * HOUR_MS,
      outOfOrderWindowMs: OUT_OF_ORDER_MS,
      seriesMax: 1000,
      // Flushed every few minutes, and merged every hour.
      headBytesMax: 3000,
      cacheBytesMax: 20_000,
      exemplarsMax: 10,
    });
    void opening.then(
      (tsdb) => (life = { clock, files, tsdb, warnings, isOver: false }),
      (error: unknown) => (refusal = error),
    );
    for (let waitedMs = 0; life === undefined && refusal === undefined; waitedMs += 500) {
      if (this.#disk.isKilled) return undefined;
      assert.ok(waitedMs < CALL_MS_MAX, 'the store does not open');
      await clock.advance(500);
    }
    this.#nowMs = clock.nowMs();
    if (refusal === undefined || this.#disk.isKilled) return life;
    if (!(refusal instanceof FatalError)) throw refusal as Error;
    assert.notEqual(this.#weather, 'calm', `refused to open on a good disk: ${refusal.message}`);
    return undefined;
  }

  /** Everything; reads that a bad disk refuses are tried again on a good one. */
  async #readSurely(life: Life): Promise<Awaited<ReturnType<typeof readMixed>>> {
    let all: Awaited<ReturnType<typeof readMixed>> | undefined;
    const reading = async (): Promise<void> => {
      all = await readMixed(life.tsdb.reader);
    };
    if (!(await this.#settled(life, reading()))) {
      this.#setWeather('calm', life);
      assert.ok(await this.#settled(life, reading()), 'cannot read on a good disk');
    }
    assert.ok(all !== undefined);
    return all;
  }

  /** The operator looks at what was set aside, and takes it away. */
  async #removeDamaged(): Promise<void> {
    for (const path of this.#disk.paths)
      if (path.endsWith('.damaged')) {
        this.#count('files set aside', 1);
        await this.#disk.remove(path);
      }
  }

  async #write(life: Life, writer: number): Promise<void> {
    for (;;) {
      await life.clock.sleep(this.#between(1, 15) * 1000);
      const names = Array.from({ length: SERIES_PER_WRITER }, (_, i) => `x${writer}_${i}`);
      const some = names.filter(() => this.#random.float() < 0.6);
      const lateMs = this.#random.float() < 0.2 ? Math.floor(this.#random.float() * MINUTE_MS) : 0;
      const batch = this.#model.create(
        some.length === 0 ? names : some,
        Math.floor(life.clock.nowMs()) - lateMs,
        'append',
      );
      for (let attempt = 0; attempt < 5 && batch.state !== 'acknowledged' && !life.isOver; attempt++) {
        if (attempt > 0) await life.clock.sleep(5000);
        await this.#append(life, batch);
      }
    }
  }

  async #append(life: Life, batch: Batch): Promise<void> {
    batch.state = 'open';
    const isDone = await this.#call(life, `append ${batch.number}`, async () => {
      const { refusals } = await life.tsdb.writer.append(batchOf(...seriesOf(batch)));
      assert.deepEqual(refusals, []);
      if (!life.isOver) this.#model.acknowledge(batch, life.clock.nowMs());
    });
    if (!isDone && !life.isOver) batch.state = 'doubtful';
  }

  async #read(life: Life): Promise<void> {
    for (;;) {
      await life.clock.sleep(this.#between(10, 90) * 1000);
      const untilMs = life.clock.nowMs();
      const fromMs =
        this.#random.float() < 0.03 ? START_MS - HOUR_MS : untilMs - this.#between(1, 15) * MINUTE_MS;
      const expected = this.#model.expected(fromMs, untilMs);
      const { deletionCount } = this.#model;
      const weather = this.#weather;
      await this.#call(life, 'query', async () => {
        const answer = await readMixed(life.tsdb.reader, { fromMs, untilMs });
        if (life.isOver) return;
        this.#model.checkAnswer(answer, expected, deletionCount);
        this.#count('queries answered', 1);
        const tookMs = life.clock.nowMs() - untilMs;
        if (weather === 'slow-writes' && this.#weather === weather)
          assert.equal(tookMs, 0, 'a query waited for a disk that writes slowly');
      });
    }
  }

  async #operate(life: Life): Promise<void> {
    for (;;) {
      await life.clock.sleep(this.#between(1, 5) * MINUTE_MS);
      const what = this.#random.float();
      if (what < 0.35) await this.#call(life, 'flush', () => life.tsdb.flush());
      else if (what < 0.5) await this.#delete(life);
      else if (what < 0.6) await this.#call(life, 'clean', () => life.tsdb.cleanTombstones());
      else if (what < 0.8) await this.#import(life);
      else await this.#copy(life);
    }
  }

  async #delete(life: Life): Promise<void> {
    const name = `x${Math.floor(this.#random.float() * WRITERS)}_${Math.floor(this.#random.float() * SERIES_PER_WRITER)}`;
    const finish = this.#model.beginDelete(name);
    await this.#call(life, `delete ${name}`, async () => {
      const everything = { fromMs: -Infinity, untilMs: Infinity };
      await life.tsdb.deleteSeries([[createMatcher('__name__', '=', name)]], everything);
      if (!life.isOver) finish();
    });
  }

  async #import(life: Life): Promise<void> {
    const batch = this.#model.create(['y_0', 'y_1', 'y_2'], life.clock.nowMs() - 3 * HOUR_MS, 'import');
    const isDone = await this.#call(life, `import ${batch.number}`, async () => {
      await life.tsdb.importBlock(streamOf(seriesOf(batch)), new AbortController().signal);
      if (!life.isOver) this.#model.acknowledge(batch, life.clock.nowMs());
    });
    if (!isDone && !life.isOver) batch.state = 'doubtful';
  }

  /** A snapshot has all that was acknowledged before it was asked for. */
  async #copy(life: Life): Promise<void> {
    const expected = this.#model.expected(-Infinity, Infinity);
    const { deletionCount } = this.#model;
    await this.#call(life, 'snapshot', async () => {
      const directory = `${DIRECTORY}/snapshots/${await life.tsdb.snapshot({ hasHead: true })}`;
      const clock = new VirtualClock({ startMs: this.#nowMs, settle: settleAll });
      const warnings: string[] = [];
      const report = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
      const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
      const options = { retentionMs: 30 * 24 * HOUR_MS, seriesMax: 1000, headBytesMax: 1e6 };
      const copy = await openTsdb(
        // A copy is read from a good disk; how it came to be is the question.
        { files: this.#disk, clock, random: this.#random, slicer, report },
        { ...options, directory, cacheBytesMax: 0, exemplarsMax: 0 },
      );
      const all = await readMixed(copy.reader);
      await copy.close();
      await this.#disk.remove(directory);
      if (life.isOver) return;
      // The disk may be full by now, which says nothing of the copy.
      assert.deepEqual(
        warnings.filter((warning) => !warning.startsWith('the disk ')),
        [],
      );
      this.#model.checkAnswer(all, expected, deletionCount);
    });
  }

  /** Changes the weather; half of the time it is good. */
  async #change(life: Life): Promise<void> {
    for (;;) {
      const isGood = this.#random.float() < 0.5;
      const worse = WEATHERS[Math.floor(this.#random.float() * WEATHERS.length)] ?? 'calm';
      this.#setWeather(isGood ? 'calm' : worse, life);
      const untilMs = life.clock.nowMs() + this.#between(1, 5) * MINUTE_MS;
      while (life.clock.nowMs() < untilMs) {
        await life.clock.sleep(this.#between(2, 20) * 1000);
        if (life.isOver) return;
        afflict(this.#weather, this.#disk, this.#random);
      }
    }
  }

  #setWeather(weather: Weather, life?: Life): void {
    if (this.#weather === 'slow-writes') this.#slowUntilMs = this.#nowMs;
    if (this.#weather !== 'calm' && weather === 'calm') this.#calmSinceMs = this.#nowMs;
    if (weather === 'sync-errors') this.#unsyncedSinceMs = Math.min(this.#unsyncedSinceMs, this.#nowMs);
    // What failed to be synced is in a block by now.
    else if (this.#isGood(RECOVERY_MS)) this.#unsyncedSinceMs = Infinity;
    this.#weather = weather;
    if (weather === 'slow-writes') this.#slowUntilMs = Infinity;
    this.#disk.capacityBytes = Infinity;
    this.#disk.forgetPlannedFaults();
    if (life !== undefined) life.files.rules = this.#rules();
    this.#note(weather);
  }

  #rules(): readonly FaultRule[] {
    const rules = rulesOf(this.#weather);
    if (this.#options.canary === undefined) return rules;
    return [...rules, { path: /\.wal$/, operations: ['sync'], effect: { kind: 'lost-sync' } }];
  }

  #isGood(forMs: number): boolean {
    return this.#weather === 'calm' && this.#nowMs - this.#calmSinceMs >= forMs;
  }

  /** One call to the store. True when it was done, false when it was refused, which a good disk does not. */
  async #call(life: Life, what: string, work: () => Promise<unknown>): Promise<boolean> {
    const startMs = life.clock.nowMs();
    const name = `${what} at ${startMs}`;
    this.#calls.set(name, startMs);
    // A call that a bad disk had a part in may be refused.
    const wasGood = this.#isGood(RECOVERY_MS);
    let outcome = 'done';
    try {
      await work();
    } catch (error) {
      if (life.isOver) return false;
      if (!this.#isAccepted(error) || (wasGood && this.#isGood(RECOVERY_MS))) throw error;
      outcome = (error as ExpectedError).code;
    }
    if (life.isOver) return false;
    this.#calls.delete(name);
    this.#note(`${what} ${outcome}`);
    this.#count(outcome === 'done' ? `${what.split(' ')[0]} done` : `refused with ${outcome}`, 1);
    return outcome === 'done';
  }

  #isAccepted(error: unknown): boolean {
    return error instanceof ExpectedError && /^VED_STORAGE_(FAILED|FULL|UNUSABLE)$/.test(error.code);
  }

  #note(event: string): void {
    const text = `${this.#nowMs - START_MS} ${event} ${this.#disk.changeCount}`;
    this.#events++;
    this.#hash.update(`${text}\n`);
    this.#recent.push(text);
    if (this.#recent.length > 12) this.#recent.shift();
  }

  #count(what: string, by: number): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  /** A whole number, both included. */
  #between(from: number, until: number): number {
    return from + Math.floor(this.#random.float() * (until - from + 1));
  }
}

/** All that can move does: nothing here waits for anything but promises and virtual time. */
function settleAll(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function* streamOf(series: readonly TestSeries[]): AsyncGenerator<readonly SeriesSamples[]> {
  for (const [labels, [timestampMs, value] = [0, 0]] of series)
    yield await Promise.resolve([
      {
        labels: labelsOf(labels),
        timestampsMs: Float64Array.of(timestampMs),
        values: Float64Array.of(typeof value === 'number' ? value : 0),
        staleFlags: value === 'stale' ? Uint8Array.of(1) : undefined,
        histograms: typeof value === 'object' ? new Map([[0, value]]) : undefined,
      },
    ]);
}
