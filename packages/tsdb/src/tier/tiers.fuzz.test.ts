import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, formatLabels, MemoryFiles, SeededRandom, VirtualClock } from '@vedette/model';
import { batchOf, openTestTsdb, type OpenedTsdb } from '../testing.ts';

/**
 * Kills a store that downsamples at random points, again and again on the same disk, while samples become buckets of five
 * minutes, these become buckets of an hour, and what is old leaves. After each start every sample that was
 * acknowledged must be told of exactly once, whether it is there itself or in a bucket.
 */
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MS = Date.UTC(2026, 0, 2);
const EVER = { fromMs: START_MS - HOUR_MS, untilMs: START_MS + 10_000 * HOUR_MS };
const ROUNDS = 7;
const STEPS = 16;
const SERIES = ['a', 'b', 'c'];
const SEEDS = Number(process.env['VEDETTE_FUZZ_SEEDS'] ?? 6);

interface Written {
  readonly name: string;
  readonly timestampMs: number;
  readonly value: number;
}

class Run {
  readonly #random: SeededRandom;
  #files: MemoryFiles;
  #clock = new VirtualClock({ startMs: START_MS });
  #written: Written[] = [];
  /** Sent, and not acknowledged before the process was killed. */
  #unsure: Written[] = [];
  #deleting: string | undefined;
  #nextValue = 1;
  /** Most blocks of each resolution seen: a run that makes none shows nothing. */
  readonly made = new Map<string, number>();

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#files = new MemoryFiles(new SeededRandom(seed));
  }

  async play(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const tsdb = await this.#open();
      await this.#check(tsdb);
      this.#files.killAfter(1 + Math.floor(this.#random.float() * 150));
      for (let step = 0; step < STEPS && !this.#files.isKilled; step++) await this.#orDeath(this.#act(tsdb));
      if (!this.#files.isKilled) await this.#orDeath(tsdb.close());
      this.#files = this.#files.restart('process');
    }
    const tsdb = await this.#open();
    await this.#check(tsdb);
    await tsdb.close();
  }

  async #open(): Promise<OpenedTsdb> {
    for (;;) {
      if (this.#random.float() < 0.3) this.#files.killAfter(1 + Math.floor(this.#random.float() * 20));
      // A series has one sample a millisecond.
      this.#clock = new VirtualClock({ startMs: this.#clock.nowMs() + 1 });
      const options = {
        retentionMs: HOUR_MS,
        downsampling: { fiveMinutesMs: 3 * HOUR_MS, oneHourMs: 10_000 * HOUR_MS },
      };
      const tsdb = await this.#orDeath(openTestTsdb(this.#files, { clock: this.#clock, options }));
      if (tsdb !== undefined && !this.#files.isKilled) {
        this.#files.killAfter(Infinity);
        return tsdb;
      }
      this.#files = this.#files.restart('process');
    }
  }

  async #act(tsdb: OpenedTsdb): Promise<void> {
    const what = this.#random.float();
    if (what < 0.6) await this.#append(tsdb);
    if (what < 0.7) await tsdb.flush();
    if (what > 0.98) await this.#delete(tsdb);
    for (let i = 0; i < 3; i++) {
      await this.#clock.advance(Math.floor(this.#random.float() * 6 * MINUTE_MS));
      // Waits for what goes on behind.
      await tsdb.cleanTombstones();
    }
    for (const { resolution, blocks } of tsdb.stats().downsampled)
      this.made.set(resolution, Math.max(blocks, this.made.get(resolution) ?? 0));
  }

  async #append(tsdb: OpenedTsdb): Promise<void> {
    const timestampMs = this.#clock.nowMs();
    const value = this.#nextValue++;
    const names = SERIES.filter(() => this.#random.float() < 0.7);
    this.#unsure = names.map((name) => ({ name, timestampMs, value }));
    const batch = batchOf(...names.map((name) => [{ __name__: name }, [timestampMs, value]] as const));
    assert.deepEqual((await tsdb.writer.append(batch)).refusals, []);
    this.#written.push(...this.#unsure);
    this.#unsure = [];
  }

  async #delete(tsdb: OpenedTsdb): Promise<void> {
    const name = SERIES[Math.floor(this.#random.float() * SERIES.length)] ?? '';
    this.#deleting = name;
    await tsdb.deleteSeries([[createMatcher('__name__', '=', name)]], EVER);
    this.#written = this.#written.filter((written) => written.name !== name);
    this.#deleting = undefined;
  }

  async #check(tsdb: OpenedTsdb): Promise<void> {
    assert.deepEqual(
      tsdb.warnings.filter(({ message }) => !message.includes('was cut off')),
      [],
    );
    const found = await readHours(tsdb);
    // What was under way when the process was killed happened as a whole or not at all.
    if (
      this.#deleting !== undefined &&
      [...found.keys()].every((key) => !key.startsWith(`${this.#deleting} `))
    )
      this.#written = this.#written.filter(({ name }) => name !== this.#deleting);
    this.#deleting = undefined;
    const newest = [...this.#written, ...this.#unsure];
    if (this.#unsure.length > 0 && sumOf(newest).every(([key, sum]) => found.get(key) === sum))
      this.#written = newest;
    this.#unsure = [];
    assert.deepEqual(found, new Map(sumOf(this.#written)));
  }

  async #orDeath<T>(work: Promise<T>): Promise<T | undefined> {
    let isOver = false;
    const death = async (): Promise<undefined> => {
      while (!this.#files.isKilled && !isOver) await new Promise((resolve) => setImmediate(resolve));
      return undefined;
    };
    try {
      return await Promise.race([work, death()]);
    } finally {
      isOver = true;
    }
  }
}

const hourOf = (timestampMs: number): number => Math.ceil(timestampMs / HOUR_MS);

/** Series and hour, with how many samples it has and what they add up to. */
function sumOf(written: readonly Written[]): [string, string][] {
  const found = new Map<string, { count: number; sum: number }>();
  for (const { name, timestampMs, value } of written) {
    const key = `${name} ${hourOf(timestampMs)}`;
    const { count, sum } = found.get(key) ?? { count: 0, sum: 0 };
    found.set(key, { count: count + 1, sum: sum + value });
  }
  return [...found].map(([key, { count, sum }]) => [key, `${count} of ${sum}`]);
}

async function readHours({ reader }: OpenedTsdb): Promise<Map<string, string>> {
  const found = new Map<string, { count: number; sum: number }>();
  const read = { view: 'sum-and-count', coarsestMs: 0 } as const;
  for await (const batch of reader.select([], EVER, new AbortController().signal, read))
    for (const { labels, timestampsMs, values, weights } of batch)
      for (const [i, timestampMs] of timestampsMs.entries()) {
        const key = `${formatLabels(labels)} ${hourOf(timestampMs)}`;
        const { count, sum } = found.get(key) ?? { count: 0, sum: 0 };
        found.set(key, { count: count + (weights?.[i] ?? 1), sum: sum + (values[i] ?? 0) });
      }
  return new Map([...found].map(([key, { count, sum }]) => [key, `${count} of ${sum}`]));
}

test('a process killed at any point while it downsamples loses no sample and counts none twice', async () => {
  const made = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = new Run(seed);
    try {
      await run.play();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    for (const [resolution, blocks] of run.made)
      made.set(resolution, Math.max(blocks, made.get(resolution) ?? 0));
  }
  assert.ok((made.get('5m') ?? 0) > 1 && (made.get('1h') ?? 0) > 1, 'blocks of both resolutions were made');
});
