import { boundsOf, type TimeRange } from '../time/time-range.ts';
import type { NativeBucket, NativeSeries } from '../chart/heatmap-cells.ts';
import { frameOfMatrices, type Frame, type MatrixSeries } from '../chart/frame.ts';
import { fetchJson } from './http.ts';

/** The parts of Prometheus' HTTP API that the UI reads. Field names are Prometheus'. */
export interface PrometheusTarget {
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
  readonly lastScrape: string;
  /** Seconds. */
  readonly lastScrapeDuration: number;
  readonly scrapeInterval?: string;
  readonly scrapeTimeout?: string;
}

export interface PrometheusRuleGroup {
  readonly name: string;
  readonly file: string;
  /** Seconds. */
  readonly interval: number;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly rules: readonly PrometheusRule[];
}

export interface PrometheusRule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly query: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  /** Seconds. */
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly state?: 'firing' | 'pending' | 'inactive' | 'unknown';
  /** Seconds; alerting rules only. */
  readonly duration?: number;
  readonly keepFiringFor?: number;
  readonly alerts?: readonly PrometheusAlert[];
}

export interface PrometheusAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly activeAt: string;
  /** Since when its condition is met no more; absent: it is met. */
  readonly keepFiringSince?: string;
}

interface VectorSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, value: string];
}

/** The answer to an instant query. */
export type InstantResult =
  | { readonly resultType: 'vector'; readonly result: readonly VectorSample[] }
  | { readonly resultType: 'matrix'; readonly result: readonly MatrixSeries[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: readonly [seconds: number, value: string] };

export interface RangeAnswer {
  readonly frame: Frame;
  readonly warnings: readonly string[];
}

export interface RangeWindow {
  readonly range: TimeRange;
  readonly stepMs: number;
  readonly nowMs: number;
}

/** Evaluates expressions over a range, on a grid aligned to the step as the live socket's is. */
export async function queryRange(
  exprs: readonly string[],
  window: RangeWindow,
  signal?: AbortSignal,
): Promise<RangeAnswer> {
  const grid = gridOf(window);
  const answers = await Promise.all(
    exprs.map((query) => postRange<{ result: readonly MatrixSeries[] }>(query, grid, signal)),
  );
  return {
    frame: frameOfMatrices(
      answers.map(({ data }) => data.result),
      grid,
    ),
    warnings: answers.flatMap(({ warnings }) => warnings ?? []),
  };
}

/** The native histograms of an answer over time; series of numbers are left out. */
export async function queryHistograms(
  query: string,
  window: RangeWindow,
  signal?: AbortSignal,
): Promise<readonly NativeSeries[]> {
  const { data } = await postRange<{ result: readonly HistogramSeries[] }>(query, gridOf(window), signal);
  return data.result.flatMap(({ histograms = [] }) =>
    histograms.length === 0
      ? []
      : {
          timesMs: histograms.map(([seconds]) => seconds * 1000),
          buckets: histograms.map(([, { buckets = [] }]) =>
            buckets.map(([boundary, lower, upper, count]): NativeBucket => [
              boundary,
              boundOf(lower),
              boundOf(upper),
              Number(count),
            ]),
          ),
        },
  );
}

/** As Prometheus writes it; the first and last of custom buckets are open. */
export function boundOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

interface HistogramSeries {
  readonly histograms?: readonly (readonly [
    seconds: number,
    histogram: {
      readonly buckets?: readonly (readonly [boundary: number, ...texts: [string, string, string]])[];
    },
  ])[];
}

/** A sample that leads to a trace. */
export interface Exemplar {
  readonly atMs: number;
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Exemplars of the series that an expression reads, oldest first. */
export async function fetchExemplars(
  query: string,
  bounds: { readonly fromMs: number; readonly toMs: number },
  signal: AbortSignal,
): Promise<readonly Exemplar[]> {
  const { data } = await post<readonly { readonly exemplars: readonly WireExemplar[] }[]>(
    '/api/v1/query_exemplars',
    { query, start: String(bounds.fromMs / 1000), end: String(bounds.toMs / 1000) },
    signal,
  );
  return data
    .flatMap(({ exemplars }) => exemplars)
    .map(({ timestamp, value, labels }) => ({ atMs: timestamp * 1000, value: Number(value), labels }))
    .sort((a, b) => a.atMs - b.atMs);
}

interface WireExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
  /** Seconds. */
  readonly timestamp: number;
}

export async function queryInstant(
  query: string,
  timeMs: number,
  signal?: AbortSignal,
): Promise<InstantResult> {
  const { data } = await post<InstantResult>('/api/v1/query', { query, time: String(timeMs / 1000) }, signal);
  return data;
}

/** Names of metrics, at most `limit`. */
export async function fetchMetricNames(limit: number, signal: AbortSignal): Promise<readonly string[]> {
  const answer = (await fetchJson(`/api/v1/label/__name__/values?limit=${limit}`, { signal })) as Answer<
    readonly string[]
  >;
  return answer.data;
}

export async function fetchTargets(signal: AbortSignal): Promise<readonly PrometheusTarget[]> {
  const answer = (await fetchJson('/api/v1/targets?state=active', { signal })) as Answer<{
    activeTargets: readonly PrometheusTarget[];
  }>;
  return answer.data.activeTargets;
}

export async function fetchRuleGroups(signal: AbortSignal): Promise<readonly PrometheusRuleGroup[]> {
  const answer = (await fetchJson('/api/v1/rules', { signal })) as Answer<{
    groups: readonly PrometheusRuleGroup[];
  }>;
  return answer.data.groups;
}

interface Answer<T> {
  readonly data: T;
  readonly warnings?: readonly string[];
}

interface RangeGrid {
  readonly fromMs: number;
  readonly toMs: number;
  readonly step: number;
}

function gridOf({ range, stepMs, nowMs }: RangeWindow): RangeGrid {
  const { fromMs, toMs } = boundsOf(range, nowMs);
  const aligned = (timestampMs: number): number => Math.floor(timestampMs / stepMs) * stepMs;
  return { fromMs: aligned(fromMs), toMs: aligned(toMs), step: stepMs };
}

async function postRange<T>(
  query: string,
  { fromMs, toMs, step }: RangeGrid,
  signal: AbortSignal | undefined,
): Promise<Answer<T>> {
  const form = { start: String(fromMs / 1000), end: String(toMs / 1000), step: String(step / 1000) };
  return await post<T>('/api/v1/query_range', { query, ...form }, signal);
}

/** Queries go as form bodies: an expression may be longer than a URL. */
async function post<T>(path: string, form: Record<string, string>, signal?: AbortSignal): Promise<Answer<T>> {
  return (await fetchJson(path, {
    method: 'POST',
    body: new URLSearchParams(form),
    ...(signal === undefined ? {} : { signal }),
  })) as Answer<T>;
}
