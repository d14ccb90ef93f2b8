import {
  createMatcher,
  labelsOf,
  labelValueOf,
  MemoryFiles,
  SampleBatchBuilder,
  SeededRandom,
  seriesKeyOf,
  VirtualClock,
  type Labels,
  type Slicer,
} from '@vedette/model';
import { openTsdb, type Tsdb, type TsdbOptions } from '@vedette/tsdb';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 2);
const EVER = { fromMs: -Infinity, untilMs: Infinity };
const NEVER = new AbortController().signal;
/** The debug series' rule. */
const DEBUG_RETENTION_MS = 2 * DAY_MS;

export interface LifeOptions {
  readonly seed: number;
  readonly days: number;
  readonly seriesCount: number;
  readonly stepMs: number;
  readonly retentionDays: number;
}

/** What one day ended with. */
export interface DayNote {
  readonly day: number;
  readonly activeSeries: number;
  readonly headBytes: number;
  readonly blocks: number;
  readonly diskBytes: number;
  readonly oldestDays: number;
  readonly warnings: number;
  readonly checkedSamples: number;
}

/**
 * Days in the life of a store, in virtual time on a disk in memory.
 *
 * Every step each series gets a sample whose value follows from its name and the time, so that what is read needs no
 * memory of what was written. A twentieth of the series is replaced every day, with staleness markers; a tenth of
 * them are debug series, which a rule lets live shorter. Each day ends with a look at random series over random
 * stretches and a restart, by turns a clean one and a killed one. Throws at the first sample that is missing, wrong
 * or too old.
 */
export async function* liveDays(options: LifeOptions): AsyncGenerator<DayNote> {
  const life = new Life(options);
  for (let day = 1; day <= options.days; day++) {
    await life.passDay();
    yield await life.endDay(day);
  }
  await life.end();
}

interface LiveSeries {
  readonly labels: Labels;
  readonly key: Uint8Array;
  readonly bornMs: number;
  diedMs: number;
}

class Life {
  readonly #options: LifeOptions;
  readonly #random: SeededRandom;
  /** One a process: the timers of a dead one never fire. */
  #clock = clockAt(START_MS);
  readonly #all: LiveSeries[] = [];
  #files: MemoryFiles;
  #store: Promise<Tsdb>;
  #warnings = 0;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#files = new MemoryFiles(this.#random);
    this.#store = this.#open();
    while (this.#all.length < options.seriesCount) this.#create();
  }

  async passDay(): Promise<void> {
    const { stepMs, seriesCount } = this.#options;
    const endMs = this.#clock.nowMs() + DAY_MS;
    const deployMs = this.#clock.nowMs() + Math.floor(this.#random.float() * DAY_MS);
    let hasDeployed = false;
    while (this.#clock.nowMs() < endMs) {
      await this.#clock.advance(stepMs);
      if (!hasDeployed && this.#clock.nowMs() >= deployMs) {
        hasDeployed = true;
        await this.#replace(Math.ceil(seriesCount / 20));
      } else await this.#append([]);
    }
  }

  async endDay(day: number): Promise<DayNote> {
    const checkedSamples = await this.#check();
    await this.#restart(day % 2 === 0 ? 'clean' : 'killed');
    const stats = (await this.#store).stats();
    if (stats.problems.length > 0) throw new Error(`day ${day}: ${stats.problems.join('; ')}`);
    return {
      day,
      activeSeries: stats.activeSeries,
      headBytes: stats.headBytes,
      blocks: stats.blocks,
      diskBytes: stats.walBytes + stats.blockBytes,
      oldestDays: (this.#clock.nowMs() - (stats.oldestSampleMs ?? this.#clock.nowMs())) / DAY_MS,
      warnings: this.#warnings,
      checkedSamples,
    };
  }

  async end(): Promise<void> {
    await (await this.#store).close();
  }

  #create(): LiveSeries {
    const number = this.#all.length;
    const job = number % 10 === 0 ? 'debug' : 'app';
    const labels = labelsOf({ __name__: 'life_total', job, number: String(number) });
    const series = { labels, key: seriesKeyOf(labels), bornMs: this.#clock.nowMs(), diedMs: Infinity };
    this.#all.push(series);
    return series;
  }

  async #replace(count: number): Promise<void> {
    const oldest = this.#all.filter(({ diedMs }) => diedMs === Infinity).slice(0, count);
    for (const series of oldest) series.diedMs = this.#clock.nowMs();
    for (let i = 0; i < count; i++) this.#create();
    await this.#append(oldest);
  }

  async #append(dying: readonly LiveSeries[]): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const builder = new SampleBatchBuilder();
    for (const series of this.#all) {
      if (series.diedMs !== Infinity) continue;
      builder.openSeriesKey(series.key);
      builder.addSample(nowMs, valueAt(series, nowMs));
    }
    for (const { key } of dying) {
      builder.openSeriesKey(key);
      builder.addStaleMarker(nowMs);
    }
    const { refusals } = await (await this.#store).writer.append(builder.finish());
    if (refusals.length > 0) throw new Error(`refused at ${nowMs}: ${JSON.stringify(refusals)}`);
  }

  /** Some series over some stretch, sample by sample; and that nothing is older than it may be. */
  async #check(): Promise<number> {
    let checked = 0;
    for (let i = 0; i < 20; i++) {
      const series = this.#all[Math.floor(this.#random.float() * this.#all.length)];
      if (series !== undefined) checked += await this.#checkSeries(series);
    }
    return checked;
  }

  async #checkSeries(series: LiveSeries): Promise<number> {
    const nowMs = this.#clock.nowMs();
    const keptMs = this.#keptMs(series);
    const fromMs = nowMs - Math.floor(this.#random.float() * keptMs);
    const found = await this.#timesOf(series, fromMs);
    let expectedMs = this.#firstStepAt(Math.max(fromMs, series.bornMs));
    for (const [timestampMs, value] of found) {
      if (timestampMs !== expectedMs || value !== valueAt(series, timestampMs))
        throw new Error(
          `${series.labels.join(' ')}: got ${value} at ${timestampMs}, want ${valueAt(series, expectedMs)} at ${expectedMs}`,
        );
      expectedMs += this.#options.stepMs;
    }
    const endMs = Math.min(nowMs, series.diedMs - this.#options.stepMs);
    if (expectedMs <= endMs)
      throw new Error(`${series.labels.join(' ')}: samples from ${expectedMs} to ${endMs} are missing`);
    const [oldest] = await this.#timesOf(series, -Infinity);
    // What is too old goes with its block, and a block may span a tenth of the retention, but a day.
    const slackMs = Math.max(DAY_MS, keptMs / 10) + 3 * HOUR_MS;
    if (oldest !== undefined && oldest[0] < nowMs - keptMs - slackMs)
      throw new Error(`${series.labels.join(' ')}: a sample of ${oldest[0]} is still there at ${nowMs}`);
    return found.length;
  }

  #keptMs({ labels }: LiveSeries): number {
    const retentionMs = this.#options.retentionDays * DAY_MS;
    // A rule lets series live shorter, never longer: blocks go with the retention of all.
    return labelValueOf(labels, 'job') === 'debug' ? Math.min(DEBUG_RETENTION_MS, retentionMs) : retentionMs;
  }

  #firstStepAt(timestampMs: number): number {
    const { stepMs } = this.#options;
    return START_MS + Math.max(1, Math.ceil((timestampMs - START_MS) / stepMs)) * stepMs;
  }

  async #timesOf({ labels }: LiveSeries, fromMs: number): Promise<[number, number][]> {
    const matchers = [createMatcher('number', '=', labelValueOf(labels, 'number'))];
    const found: [number, number][] = [];
    const { reader } = await this.#store;
    for await (const batch of reader.select(matchers, { ...EVER, fromMs }, NEVER))
      for (const { timestampsMs, values, staleFlags } of batch)
        for (const [i, timestampMs] of timestampsMs.entries())
          if (staleFlags?.[i] !== 1) found.push([timestampMs, values[i] ?? NaN]);
    return found;
  }

  async #restart(how: 'clean' | 'killed'): Promise<void> {
    if (how === 'clean') await (await this.#store).close();
    this.#clock = clockAt(this.#clock.nowMs());
    this.#files = this.#files.restart('process');
    this.#store = this.#open();
    await this.#store;
  }

  #open(): Promise<Tsdb> {
    const report = {
      info: () => undefined,
      warn: () => {
        this.#warnings++;
      },
    };
    const slicer: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
    const deps = { files: this.#files, clock: this.#clock, random: this.#random, slicer, report };
    const options: TsdbOptions = {
      directory: 'data',
      retentionMs: this.#options.retentionDays * DAY_MS,
      retentionRules: [{ matchers: [createMatcher('job', '=', 'debug')], retentionMs: DEBUG_RETENTION_MS }],
      seriesMax: 100_000,
      headBytesMax: 2 ** 26,
      cacheBytesMax: 2 ** 22,
      exemplarsMax: 0,
    };
    return openTsdb(deps, options);
  }
}

function clockAt(startMs: number): VirtualClock {
  // Blocks are compressed in threads, which need turns of the real loop.
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return new VirtualClock({ startMs, settle });
}

/** Hundredths that rise at a pace of the series' own and waver by one of a second's. */
function valueAt({ labels, bornMs }: LiveSeries, timestampMs: number): number {
  const number = Number(labelValueOf(labels, 'number'));
  const seconds = Math.floor((timestampMs - bornMs) / 1000);
  const waver = Math.imul(seconds + number, 2_654_435_761) >>> 24;
  return (seconds * (1 + (number % 97)) + waver) / 100;
}
