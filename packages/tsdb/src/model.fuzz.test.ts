import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, MemoryFiles, SeededRandom, type NativeHistogram } from '@vedette/model';
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

const WINDOW_MS = 4 * 3_600_000;

/**
 * Random appends, in order and late, flushes, compactions, restarts and reads side by side with a plain map: every range of every
 * selection must be the map's.
 */
class Comparison {
  readonly #random: SeededRandom;
  readonly #want = new Map<string, [number, TestValue][]>();
  /** No sample was written before. */
  #oldestMs = START_MS;
  readonly #files: MemoryFiles;
  #nowMs = START_MS;
  /** The newest sample ever appended, deleted or not: the window of late ones goes by it. */
  #newestMs = -Infinity;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#files = new MemoryFiles(new SeededRandom(seed));
  }

  async play(): Promise<void> {
    for (let round = 0; round < 4; round++) {
      const options = { cacheBytesMax: 1000, outOfOrderWindowMs: WINDOW_MS };
      const tsdb = await openTestTsdb(this.#files, { options });
      for (let step = 0; step < 60; step++) await this.#act(tsdb);
      assert.deepEqual(tsdb.warnings, []);
      await tsdb.close();
    }
  }

  async #act(tsdb: OpenedTsdb): Promise<void> {
    const what = this.#random.float();
    if (what < 0.44) await this.#append(tsdb);
    else if (what < 0.57) await this.#appendLate(tsdb);
    else if (what < 0.59) await this.#delete(tsdb);
    else if (what < 0.6) await tsdb.cleanTombstones();
    else if (what < 0.75) {
      // A read that begins before a flush and batches sees nothing of either.
      const reading = this.#compare(tsdb);
      const flushing = tsdb.flush();
      await (this.#random.float() < 0.5 ? this.#append(tsdb) : this.#appendLate(tsdb));
      await Promise.all([reading, flushing]);
    } else await this.#compare(tsdb);
  }

  async #append(tsdb: OpenedTsdb): Promise<void> {
    const kind = Math.floor(this.#random.float() * 6);
    const series: TestSeries[] = [];
    for (let i = 0; i < 6; i++) {
      if (this.#random.float() < 0.4) continue;
      const labels = { __name__: `x${i % 3}`, i: String(i) };
      const count = 1 + Math.floor(this.#random.float() ** 3 * 60);
      const samples = Array.from({ length: count }, (_, n): [number, TestValue] => [
        this.#nowMs + n * 1000 + Math.floor(this.#random.float() * 3),
        this.#valueOf(kind),
      ]);
      series.push([labels, ...samples]);
    }
    this.#nowMs += 70_000 + Math.floor(this.#random.float() * 3_000_000);
    tsdb.clock.jumpWallClock(Math.max(0, this.#nowMs - tsdb.clock.nowMs()));
    await tsdb.clock.advance(this.#random.float() < 0.1 ? 6000 : 0);
    const result = await tsdb.writer.append(batchOf(...series));
    assert.deepEqual(result.refusals, []);
    for (const [labels, ...samples] of series) {
      this.#newestMs = Math.max(this.#newestMs, samples.at(-1)?.[0] ?? -Infinity);
      const name = `${labels['__name__']}{i="${labels['i']}"}`;
      this.#want.set(name, [
        ...(this.#want.get(name) ?? []),
        ...samples.map(([t, v]): [number, TestValue] => [t, v]),
      ]);
    }
  }

  /** Samples in any order of batches, anywhere in the window, some of them at times that have one. */
  async #appendLate(tsdb: OpenedTsdb): Promise<void> {
    const newestMs = this.#newestMs;
    const name = [...this.#want.keys()].find(() => this.#random.float() < 0.4);
    const known = this.#want.get(name ?? '') ?? [];
    const lastMs = known.at(-1)?.[0] ?? -Infinity;
    if (name === undefined || lastMs < newestMs - WINDOW_MS) return;
    const times = new Set<number>();
    for (let i = this.#random.float() ** 2 * 400; i > 0; i--) {
      const isKnown = this.#random.float() < 0.1;
      const timestampMs = isKnown
        ? (known[Math.floor(this.#random.float() * known.length)]?.[0] ?? lastMs)
        : lastMs - Math.floor(this.#random.float() ** 4 * WINDOW_MS);
      if (timestampMs >= newestMs - WINDOW_MS) times.add(timestampMs);
    }
    // A process that was just started has a clock of its own.
    tsdb.clock.jumpWallClock(Math.max(0, this.#nowMs - tsdb.clock.nowMs()));
    const samples = [...times]
      .sort((a, b) => a - b)
      .map((t, i): [number, TestValue] => [t, this.#random.float() < 0.3 ? this.#histogram() : -1 - i]);
    // `x0{i="3"}`
    const labels = { __name__: name.slice(0, 2), i: name.slice(6, 7) };
    const result = await tsdb.writer.append(batchOf([labels, ...samples]));
    // Another value at a known time is refused, or, where only a block knows, accepted and hidden.
    for (const { reason } of result.refusals) assert.equal(reason, 'duplicate-timestamp');
    const merged = new Map([...samples, ...known]);
    this.#want.set(
      name,
      [...merged].sort(([a], [b]) => a - b),
    );
    this.#oldestMs = Math.min(this.#oldestMs, samples[0]?.[0] ?? Infinity);
  }

  /** From one metric, or from every series with an odd number, a range of up to an hour and a half. */
  async #delete(tsdb: OpenedTsdb): Promise<void> {
    const fromMs = START_MS + Math.floor(this.#random.float() * (this.#nowMs - START_MS));
    const untilMs = fromMs + Math.floor(this.#random.float() * 5_000_000);
    const matcher =
      this.#random.float() < 0.5
        ? createMatcher('__name__', '=', `x${Math.floor(this.#random.float() * 3)}`)
        : createMatcher('i', '=~', '1|3|5');
    const deleting = tsdb.deleteSeries([[matcher]], { fromMs, untilMs });
    // A flush asked for meanwhile waits, or comes first.
    if (this.#random.float() < 0.5) await tsdb.flush();
    await deleting;
    for (const [name, samples] of this.#want) {
      const value = matcher.name === 'i' ? /"(\d)"/.exec(name)?.[1] : name.slice(0, 2);
      if (!matcher.matches(value ?? '')) continue;
      const kept = samples.filter(([t]) => t < fromMs || t > untilMs);
      this.#want.set(name, kept);
    }
  }

  #valueOf(kind: number): TestValue {
    const random = this.#random.float();
    if (kind === 0) return Math.floor(random * 1000);
    if (kind === 1) return Math.round(random * 1000) / 100;
    if (kind === 2) return random;
    if (kind === 3) return 7;
    return kind === 4 ? this.#histogram() : this.#anyKind();
  }

  /** A series of these switches all the time. */
  #anyKind(): TestValue {
    const random = this.#random.float();
    if (random < 0.1) return 'stale';
    return random < 0.3 ? random : this.#histogram();
  }

  /** Few layouts, so that some neighbours share theirs. */
  #histogram(): NativeHistogram {
    const counts = Array.from({ length: 2 + Math.floor(this.#random.float() ** 3 * 3) }, () =>
      Math.floor(this.#random.float() * 1000),
    );
    return histogramOf(counts, { sum: this.#random.float(), schema: this.#random.float() < 0.9 ? 3 : -4 });
  }

  async #compare(tsdb: OpenedTsdb): Promise<void> {
    const fromMs = this.#oldestMs + Math.floor(this.#random.float() * (this.#nowMs - this.#oldestMs));
    const untilMs = fromMs + Math.floor(this.#random.float() * 5_000_000);
    const want = new Map<string, [number, TestValue][]>();
    for (const [name, samples] of [...this.#want].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const within = samples.filter(([t]) => t >= fromMs && t <= untilMs);
      if (within.length > 0) want.set(name, within);
    }
    const names = [...this.#want.keys()].map((name) => name.slice(0, 2));
    const everyName = tsdb.reader.labelValues(
      '__name__',
      { matcherSets: [[createMatcher('i', '!=', '')]], range: { fromMs: -Infinity, untilMs: Infinity } },
      new AbortController().signal,
    );
    const got = await readMixed(tsdb.reader, { fromMs, untilMs });
    assert.deepEqual([...got], [...want]);
    // Values of labels may be listed until what was deleted has left the disk.
    const listed = (await everyName).items;
    const living = [...this.#want]
      .filter(([, samples]) => samples.length > 0)
      .map(([name]) => name.slice(0, 2));
    assert.ok(living.every((name) => listed.includes(name)) && listed.every((name) => names.includes(name)));
  }
}

test('whatever is appended, deleted, flushed and reopened reads as a plain map would', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    try {
      await new Comparison(seed).play();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
