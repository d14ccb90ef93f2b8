import type { Matcher, Slicer } from '@vedette/model';
import { cardinalityOf, type Cardinality } from './cardinality.ts';
import type { DepartedSeries } from './departed-series.ts';
import { HeadIndex } from './head/head-index.ts';
import type { Head } from './head/head.ts';
import { matchAnySet } from './query/match.ts';
import type { JobSeries, SeriesLimits } from './series-limits.ts';
import type { SeriesTurnover, Turnover } from './series-turnover.ts';

export interface CardinalityQuery {
  /** Length of each list. */
  readonly limit: number;
  /** Only series of the head that satisfy every matcher of any set count; absent or empty, all do. */
  readonly matcherSets?: readonly (readonly Matcher[])[] | undefined;
}

/** Who fills the head, and who keeps filling it. */
export interface SeriesCensus {
  readonly activeSeries: number;
  /** The limit of all of them. */
  readonly seriesMax: number;
  /** How many ended with a staleness marker and wait for the next block. */
  readonly staleSeries: number;
  /** Others that nothing came for within the last hour. */
  readonly stoppedSeries: number;
  /** Since the start, as the next. */
  readonly createdTotal: number;
  readonly removedTotal: number;
  /** The largest first. */
  readonly jobs: readonly JobSeries[];
  /** The busiest creators of the last hour first. */
  readonly turnoverByJob: readonly Turnover[];
  readonly turnoverByMetric: readonly Turnover[];
}

export interface SeriesCensusDeps {
  readonly head: Head;
  readonly slicer: Slicer;
  readonly limits: SeriesLimits;
  readonly turnover: SeriesTurnover;
  readonly departed: DepartedSeries;
}

/** The `limit` largest of each list. In slices: series that come and go meanwhile may be counted or not. */
export async function censusOf(
  { head, slicer, limits, turnover, departed }: SeriesCensusDeps,
  options: { readonly limit: number; readonly seriesMax: number; readonly monotonicMs: number },
): Promise<SeriesCensus> {
  const { limit, seriesMax, monotonicMs } = options;
  let jobs: JobSeries[] = [];
  const largest = (): JobSeries[] => jobs.sort((a, b) => b.seriesCount - a.seriesCount).slice(0, limit);
  for (const job of limits.jobs()) {
    jobs.push(job);
    if ((jobs.length & 1023) > 0) continue;
    if (jobs.length >= limit + 4096) jobs = largest();
    if (slicer.shouldYield()) await slicer.yield();
  }
  return {
    activeSeries: head.series.count,
    seriesMax,
    staleSeries: departed.staleCount,
    stoppedSeries: departed.stoppedCount,
    createdTotal: turnover.createdTotal,
    removedTotal: turnover.removedTotal,
    jobs: largest(),
    turnoverByJob: turnover.byJob.top(limit, monotonicMs),
    turnoverByMetric: turnover.byMetric.top(limit, monotonicMs),
  };
}

/** The labels of the series that a query asks for. */
export async function cardinalityOfHead(
  { head, slicer }: Pick<SeriesCensusDeps, 'head' | 'slicer'>,
  { limit, matcherSets = [] }: CardinalityQuery,
): Promise<Cardinality> {
  const ids =
    matcherSets.length === 0 ? undefined : await matchAnySet(new HeadIndex(head.series), matcherSets, slicer);
  return await cardinalityOf({ table: head.series, slicer }, { limit, ids });
}
