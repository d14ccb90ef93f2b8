import type { Slicer } from '@vedette/model';
import type { Head } from './head/head.ts';
import { count, quoted } from './series-culprits.ts';
import type { JobSeries, SeriesLimitOptions, SeriesLimits } from './series-limits.ts';

// From here on operators are told: the last fifth of a limit is a day or two of ordinary growth, a minute of a mistake.
const NEAR_RATIO = 0.8;

/** Jobs that are shown with their limit: from half of it, so that a chart has its beginning. */
const SHOWN_RATIO = 0.5;
// They become values of a label of our own metrics: few.
const SHOWN_MAX = 20;

/** Looks from time to time how near the active series are to their limits. */
export class SeriesWatch {
  readonly #deps: { readonly head: Head; readonly limits: SeriesLimits; readonly slicer: Slicer };
  readonly #seriesMax: number;
  #jobs: readonly JobSeries[] = [];

  constructor(
    deps: { readonly head: Head; readonly limits: SeriesLimits; readonly slicer: Slicer },
    { seriesMax }: SeriesLimitOptions,
  ) {
    this.#deps = deps;
    this.#seriesMax = seriesMax;
  }

  /** The jobs that have half of their limit or more, the nearest first; those of the last look. */
  get jobs(): readonly JobSeries[] {
    return this.#jobs;
  }

  /** Looks again. */
  async check(): Promise<void> {
    const { limits, slicer } = this.#deps;
    const found: JobSeries[] = [];
    let i = 0;
    for (const one of limits.jobs()) {
      if ((i++ & 255) === 0 && slicer.shouldYield()) await slicer.yield();
      if (one.limit > 0 && one.seriesCount >= one.limit * SHOWN_RATIO) found.push(one);
    }
    this.#jobs = found.sort((a, b) => ratioOf(b) - ratioOf(a)).slice(0, SHOWN_MAX);
  }

  /** A sentence for operators; `undefined` while every limit is far. */
  get problem(): string | undefined {
    const parts: string[] = [];
    const { count: seriesCount } = this.#deps.head.series;
    if (seriesCount >= this.#seriesMax * NEAR_RATIO)
      parts.push(
        `${count(seriesCount)} series are active, the limit is ${count(this.#seriesMax)} (storage.metrics.series_max)`,
      );
    const near = this.#jobs.filter((one) => ratioOf(one) >= NEAR_RATIO);
    const first = near[0];
    if (first !== undefined) {
      const key = this.#deps.limits.keyOf({ kind: 'job', ...first });
      const others = near.length > 1 ? `, and ${near.length - 1} other jobs are as near` : '';
      parts.push(
        `job ${quoted(first.job)} has ${count(first.seriesCount)} active series, the limit is ${count(first.limit)} (${key})${others}`,
      );
    }
    if (parts.length === 0) return undefined;
    return `new series are refused soon, or are already: ${parts.join('; ')}; GET /api/vedette/cardinality shows which labels they come from`;
  }
}

function ratioOf({ seriesCount, limit }: JobSeries): number {
  return seriesCount / limit;
}
