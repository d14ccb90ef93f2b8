import type { Clock, MetricsWriter, Refusal } from '@vedette/model';
import type { Counter, Histogram, MetricsRegistry } from '@vedette/sdk';
import type { Log } from '../../telemetry/log.ts';
import { Rows, type SourceFamily, type SourceSeries } from './source-series.ts';

export interface SourceWriterDeps {
  readonly clock: Clock;
  readonly writer: MetricsWriter;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
}

// A tick costs one to three milliseconds; from 10 ms on the loop delay shows it.
const TICK_SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1];

/**
 * Hands the ticks of one source to the writer, with the series a scrape of it would have: `up`,
 * `scrape_duration_seconds`, `scrape_samples_scraped`. A refused batch is counted, logged and left:
 * the next tick comes soon, and late samples would be out of order behind it.
 */
export class SourceWriter {
  readonly #deps: SourceWriterDeps;
  readonly #source: SourceSeries;
  readonly #healthRows = new Rows();
  readonly #up: SourceFamily;
  readonly #duration: SourceFamily;
  readonly #samples: SourceFamily;
  readonly #failures: Counter;
  readonly #refused: Counter;
  readonly #seconds: Histogram;

  /** `name` is the source's part of the metric names: `vedette_<name>_…`. */
  constructor(deps: SourceWriterDeps, options: { name: string; source: SourceSeries }) {
    const { name, source } = options;
    this.#deps = deps;
    this.#source = source;
    this.#up = source.family({ name: 'up', type: 'gauge', help: 'Whether the source could be read.' });
    this.#duration = source.family({
      name: 'scrape_duration_seconds',
      type: 'gauge',
      help: 'Time to read the source.',
    });
    this.#samples = source.family({
      name: 'scrape_samples_scraped',
      type: 'gauge',
      help: 'Samples read from the source.',
    });
    this.#failures = deps.metrics.counter({
      name: `vedette_${name}_append_failures_total`,
      help: 'Ticks whose samples the store did not take.',
    });
    this.#refused = deps.metrics.counter({
      name: `vedette_${name}_refused_samples_total`,
      help: 'Samples that the store refused, by reason.',
      labelNames: ['reason'],
    });
    this.#seconds = deps.metrics.histogram({
      name: `vedette_${name}_tick_seconds`,
      help: 'Time from the start of a tick until its samples were visible.',
      buckets: TICK_SECONDS_BUCKETS,
    });
  }

  /** Writes the rows as one batch and resolves when it is visible or was refused; never rejects. */
  async write(tick: { timestampMs: number; startedMs: number; sets: readonly Rows[] }): Promise<void> {
    const { clock, writer, log } = this.#deps;
    const { timestampMs, startedMs, sets } = tick;
    this.#setHealth(sets, secondsSince(clock, startedMs));
    const batch = this.#source.batchOf(timestampMs, [...sets, this.#healthRows]);
    try {
      const { refusals } = await writer.append(batch);
      this.#source.confirm(batch);
      if (refusals.length > 0) this.#countRefusals(refusals);
    } catch (error) {
      this.#failures.inc();
      log.warn('samples of this tick were not stored', { error });
    }
    this.#seconds.observe(secondsSince(clock, startedMs));
  }

  #setHealth(sets: readonly Rows[], seconds: number): void {
    let sampleCount = 0;
    for (const rows of sets) sampleCount += rows.count;
    this.#healthRows.clear();
    const add = (family: SourceFamily, value: number): void => {
      const row = this.#source.rowOf(family, []);
      if (row !== undefined) this.#healthRows.add(row, value);
    };
    add(this.#up, 1);
    add(this.#duration, seconds);
    add(this.#samples, sampleCount);
  }

  #countRefusals(refusals: readonly Refusal[]): void {
    for (const { reason, count, example, detail } of refusals) {
      this.#refused.inc(count, reason);
      this.#deps.log.warn('the store refused samples', { reason, count, example, detail });
    }
  }
}

/** Seconds since a monotonic time, in whole microseconds, so that they are stored as short decimals. */
export function secondsSince(clock: Clock, startedMs: number): number {
  return Math.round((clock.monotonicMs() - startedMs) * 1000) / 1e6;
}
