import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, MemoryFiles, SeededRandom, VirtualClock } from '@vedette/model';
import type { RetentionRule } from './retention-rules.ts';
import { batchOf, openTestTsdb, readAll, START_MS, type OpenedTsdb, type TestSeries } from './testing.ts';

const HOUR = 3_600_000;
const RETENTION_MS = 40 * 24 * HOUR;
/** How long a look of maintenance may lag behind the clock. */
const LAG_MS = 1_400_000;
const JOBS = ['a', 'b', 'c', 'd'];

/**
 * Random blocks under random rules, over flushes, merges, deletions of blocks by kills and restarts, beside a plain
 * map: no sample older than its rule is visible, none younger is lost.
 */
class Run {
  readonly #random: SeededRandom;
  #files: MemoryFiles;
  readonly #rules: readonly RetentionRule[];
  /** By series, what was acknowledged. */
  readonly #want = new Map<string, Map<number, number>>();
  #clock = new VirtualClock({ startMs: START_MS });

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#files = new MemoryFiles(this.#random);
    this.#rules = Array.from({ length: 2 + this.#below(2) }, () => ({
      matchers: [createMatcher('job', '=~', this.#pattern())],
      retentionMs: (3 + this.#below(60)) * HOUR,
    }));
  }

  async play(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      this.#clock = new VirtualClock({ startMs: this.#clock.nowMs() });
      const tsdb = await this.#open();
      for (let step = 0; step < 12; step++) await this.#act(tsdb);
      await this.#settle(tsdb);
      await this.#check(tsdb);
      if (this.#below(2) === 0) await tsdb.close();
      else {
        // Killed somewhere in a pass, a merge or a rewrite.
        this.#files.killAfter(this.#below(30));
        this.#clock.jumpWallClock(5 * HOUR);
        await this.#orDeath(this.#settle(tsdb));
        this.#files = this.#files.restart(this.#below(2) === 0 ? 'process' : 'power');
      }
    }
  }

  #open(): Promise<OpenedTsdb> {
    return openTestTsdb(this.#files, {
      clock: this.#clock,
      options: { retentionMs: RETENTION_MS, retentionRules: this.#rules },
    });
  }

  async #act(tsdb: OpenedTsdb): Promise<void> {
    await this.#append(tsdb);
    if (this.#below(3) > 0) await tsdb.flush();
    this.#clock.jumpWallClock(this.#below(6) * HOUR);
    if (this.#below(3) === 0) await this.#clock.advance(605_000);
  }

  async #append(tsdb: OpenedTsdb): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const series: TestSeries[] = [];
    for (const job of JOBS) {
      if (this.#below(3) === 0) continue;
      const samples = Array.from({ length: 1 + this.#below(20) }, (_, i): [number, number] => [
        nowMs + i * 1000,
        this.#below(1000),
      ]);
      series.push([{ __name__: 'x', job }, ...samples]);
      const known = this.#want.get(job) ?? new Map<number, number>();
      for (const [timestampMs, value] of samples) known.set(timestampMs, value);
      this.#want.set(job, known);
    }
    const { refusals } = await tsdb.writer.append(batchOf(...series));
    assert.deepEqual(refusals, []);
    this.#clock.jumpWallClock(30_000);
  }

  async #settle(tsdb: OpenedTsdb): Promise<void> {
    await tsdb.flush();
    // Two whole looks: what is done in real turns, such as a merge, must not hold up the virtual time of the next.
    for (let i = 0; i < 14; i++) {
      await this.#clock.advance(100_000);
      // It waits for the maintenance that runs.
      await tsdb.deleteSeries([[createMatcher('__name__', '=', 'none')]], { fromMs: 0, untilMs: 1 });
    }
  }

  async #check(tsdb: OpenedTsdb): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const got = await readAll(tsdb.reader);
    for (const job of JOBS) {
      const rule = this.#rules.find(({ matchers }) => matchers.every((matcher) => matcher.matches(job)));
      const keptMs = rule?.retentionMs ?? Infinity;
      const visible = new Map(got.get(`x{job="${job}"}`) ?? []);
      for (const timestampMs of visible.keys())
        assert.ok(timestampMs >= nowMs - keptMs - LAG_MS, `${job}: a sample older than its rule is visible`);
      for (const [timestampMs, value] of this.#want.get(job) ?? [])
        if (timestampMs >= nowMs - Math.min(keptMs, RETENTION_MS))
          assert.equal(visible.get(timestampMs), value, `${job}: a sample younger than its rule is lost`);
    }
  }

  /** Resolves when the work ended, or was cut short by the kill: what waits for the disk then waits forever. */
  async #orDeath(work: Promise<void>): Promise<void> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    work.then(over, over);
    while (!isOver && !this.#files.isKilled) await new Promise((resolve) => setImmediate(resolve));
  }

  /** One job, or two or three, so that most rules overlap. */
  #pattern(): string {
    const jobs = Array.from({ length: 1 + this.#below(3) }, () => JOBS[this.#below(4)]);
    return jobs.join('|');
  }

  #below(count: number): number {
    return Math.floor(this.#random.float() * count);
  }
}

test('no sample older than its rule is visible after maintenance, none younger is lost', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    try {
      await new Run(seed).play();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
