import { METRIC_NAME, type Clock, type Slicer } from '@vedette/model';
import { cardinalityOf } from './cardinality.ts';
import type { Head } from './head/head.ts';
import type { Reporter } from './report.ts';
import type { SeriesLimitHit } from './head/batch-tally.ts';
import type { SeriesLimits } from './series-limits.ts';

// Counting the labels of 100,000 series takes some 20 ms, in slices; senders come every few seconds, and the answer
// hardly changes from one to the next.
const REMEMBERED_MS = 60_000;

// Jobs whose answer is remembered: more than anyone reads, and 50 kB.
const REMEMBERED_MAX = 100;

/** Names come from outside and may be long. */
const SHOWN_LENGTH_MAX = 100;

/**
 * Says who fills a limit of series: the job, its largest metric, the label with the most values. Counted when
 * somebody is refused, aside of the batches, once a minute a job at the most; each count is one line of the log.
 */
export class SeriesCulprits {
  readonly #deps: SeriesCulpritsDeps;
  readonly #known = new Map<string, { readonly sinceMs: number; readonly text: Promise<string> }>();
  /** One count runs at a time. */
  #counting: Promise<unknown> = Promise.resolve();

  constructor(deps: SeriesCulpritsDeps) {
    this.#deps = deps;
  }

  /** The sentence for whoever sent the refused series. */
  describe(hit: SeriesLimitHit): Promise<string> {
    const nowMs = this.#deps.clock.monotonicMs();
    const key = hit.kind === 'job' ? `job ${hit.job}` : 'total';
    const known = this.#known.get(key);
    if (known !== undefined && nowMs - known.sinceMs < REMEMBERED_MS) return known.text;
    // Sorted by age: the first is the oldest.
    this.#known.delete(key);
    if (this.#known.size >= REMEMBERED_MAX)
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    const text = this.#counting.then(() => this.#describeNow(hit));
    this.#counting = text.catch(() => undefined);
    this.#known.set(key, { sinceMs: nowMs, text });
    return text;
  }

  async #describeNow(hit: SeriesLimitHit): Promise<string> {
    const { limits, report, head } = this.#deps;
    const text = await this.#sentenceOf(hit);
    report.warn('new series are refused', {
      reason: text,
      limit: limits.keyOf(hit),
      activeSeries: head.series.count,
    });
    return text;
  }

  async #sentenceOf(hit: SeriesLimitHit): Promise<string> {
    const { head, limits } = this.#deps;
    const limit = `the limit is ${count(hit.limit)} (${limits.keyOf(hit)})`;
    const remedy = 'drop it with metric_relabel_configs or at its source, or raise the limit';
    if (hit.kind === 'job') {
      const pair = head.series.pairs.find('job', hit.job);
      const have = pair === undefined ? 0 : head.series.pairs.seriesCountOf(pair);
      const fillers = await this.#fillersOf(hit.job);
      return `job ${quoted(hit.job)} has ${count(have)} active series, ${[limit, ...fillers, remedy].join('; ')}`;
    }
    const parts = [`${count(head.series.count)} series are active, ${limit}`];
    const job = this.#largestJob();
    if (job !== undefined) parts.push(`job ${quoted(job.job)} has ${count(job.seriesCount)} of them`);
    parts.push(...(await this.#fillersOf(job?.job)));
    return [...parts, remedy].join('; ');
  }

  #largestJob(): { readonly job: string; readonly seriesCount: number } | undefined {
    let largest: { readonly job: string; readonly seriesCount: number } | undefined;
    for (const one of this.#deps.limits.jobs())
      if (one.seriesCount > (largest?.seriesCount ?? 0)) largest = one;
    return largest;
  }

  /** The largest metric of the job, or of all series, and its label with the most values. */
  async #fillersOf(job: string | undefined): Promise<string[]> {
    const { head, slicer } = this.#deps;
    const { pairs } = head.series;
    const pair = job === undefined ? undefined : pairs.find('job', job);
    const ids = pair === undefined ? undefined : pairs.postingsOf(pair);
    const { seriesCountByMetricName, labelValueCountByLabelName } = await cardinalityOf(
      { table: head.series, slicer },
      { limit: 2, ids },
    );
    const fillers: string[] = [];
    const metric = seriesCountByMetricName[0];
    if (metric !== undefined)
      fillers.push(`metric ${quoted(metric.name)} has ${count(metric.value)} of them`);
    const label = labelValueCountByLabelName[0];
    if (label !== undefined)
      fillers.push(
        label.name === METRIC_NAME
          ? `there are ${count(label.value)} metric names`
          : `label ${quoted(label.name)} has ${count(label.value)} values`,
      );
    return fillers;
  }
}

export interface SeriesCulpritsDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly head: Head;
  readonly limits: SeriesLimits;
  readonly report: Reporter;
}

/** With commas between the thousands. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** In quotation marks, cut when it is long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > SHOWN_LENGTH_MAX ? `${name.slice(0, SHOWN_LENGTH_MAX)}…` : name);
}
