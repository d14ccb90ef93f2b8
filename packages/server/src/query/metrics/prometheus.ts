/**
 * PromQL by a Prometheus-compatible engine over HTTP: Prometheus, Mimir, VictoriaMetrics, Thanos.
 *
 * 1. Expressions are handed over as they are: what the engine's language has beyond ours (MetricsQL) works, what it
 *    lacks is its error.
 * 2. A request takes its turn at the gate as with the embedded engine, has a deadline, and is torn down when its
 *    caller goes away.
 * 3. Series come in the port's order. Range queries are sorted by the engine; an instant vector is sorted here unless
 *    the expression asked for an order of its own.
 * 4. Limits of pages are asked for with one more than wanted and cut here: engines before Prometheus 2.53 know none.
 *
 * Limits: `seriesRead` of the statistics is not told by any engine and stays 0; `samplesMax` bounds what is answered, not
 * what the engine reads, since its API takes no such parameter. `lookbackMs` is passed on only when a request names it.
 */
import {
  CanceledError,
  compareLabels,
  compareUtf8,
  formatMatcher,
  InputError,
  TimeoutError,
  type Labels,
  type LabelRequest,
  type MetricMetadata,
  type Page,
  type QueryResult,
  type SeriesExemplars,
  type Slicer,
  type StepGrid,
  type TimeRange,
} from '@vedette/model';
import { parseExpr, STEPS_MAX, type Expr } from '@vedette/promql';
import type { JsonCursor } from '../../lib/json-cursor.ts';
import type { PrometheusApi, PrometheusApiAnswer, PrometheusApiRequest } from '../../store/metrics/port.ts';
import type { QueryConfig } from './config.ts';
import { metadataOf, readSeriesExemplars } from './list-reader.ts';
import type { InstantRequest, PromQuery, QueryOptions, RangeRequest } from './port.ts';
import { createQueryRunner, type QueryRunnerDeps } from './query-runner.ts';
import { readLabels, readResultData, type ResultData } from './result-reader.ts';

export interface PrometheusPromQueryDeps extends QueryRunnerDeps {
  readonly api: PrometheusApi;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

export function createPrometheusPromQuery(deps: PrometheusPromQueryDeps, config: QueryConfig): PromQuery {
  const runner = createQueryRunner(deps, config);
  const { gate } = runner;
  const remote = new RemoteQuery(deps, config);
  return {
    instant: (request, signal) => runner.instant(request, signal, () => remote.instant(request, signal)),
    range: (request, signal) => runner.range(request, signal, () => remote.range(request, signal)),
    series: (request, signal) => gate.run(signal, () => remote.series(request, signal)),
    labelNames: (request, signal) => gate.run(signal, () => remote.labelNames(request, signal)),
    labelValues: (name, request, signal) => gate.run(signal, () => remote.labelValues(name, request, signal)),
    metadata: (family, signal) => gate.run(signal, () => remote.metadata(family, signal)),
    exemplars: (expr, range, signal) => gate.run(signal, () => remote.exemplars(expr, range, signal)),
  };
}

// The engine's own words about a query that takes too long say more than ours: it gets a second to say them.
const GRACE_MS = 1000;

class RemoteQuery {
  readonly #deps: PrometheusPromQueryDeps;
  readonly #config: QueryConfig;

  constructor(deps: PrometheusPromQueryDeps, config: QueryConfig) {
    this.#deps = deps;
    this.#config = config;
  }

  async instant({ expr, atMs, options }: InstantRequest, signal: AbortSignal): Promise<QueryResult> {
    if (!Number.isSafeInteger(atMs)) throw invalid(`time must be whole milliseconds; got ${atMs}`);
    const form = this.#formOf(expr, options);
    form.set('time', secondsOf(atMs));
    const grid = { startMs: atMs, stepMs: 0, count: 1 };
    const result = await this.#query('/api/v1/query', { form, grid, options }, signal);
    return keepsOrder(expr) ? result : sorted(result);
  }

  async range(request: RangeRequest, signal: AbortSignal): Promise<QueryResult> {
    const { expr, startMs, endMs, stepMs, options } = request;
    const form = this.#formOf(expr, options);
    form.set('start', secondsOf(startMs));
    form.set('end', secondsOf(endMs));
    form.set('step', secondsOf(stepMs));
    // VictoriaMetrics would move the grid to make its cache useful.
    form.set('nocache', '1');
    return sorted(await this.#query('/api/v1/query_range', { form, grid: gridOf(request), options }, signal));
  }

  async series(request: LabelRequest, signal: AbortSignal): Promise<Page<Labels>> {
    const form = labelFormOf(request);
    // The path asks for a selector, and one that matches nothing at all is not taken.
    if (request.matcherSets.length === 0) form.append('match[]', '{__name__!=""}');
    const found = await this.#list({ path: '/api/v1/series', method: 'POST', form }, readLabels, signal);
    return pageOf(found.toSorted(compareLabels), request);
  }

  async labelNames(request: LabelRequest, signal: AbortSignal): Promise<Page<string>> {
    const form = labelFormOf(request);
    return await this.#texts({ path: '/api/v1/labels', method: 'POST', form }, request, signal);
  }

  async labelValues(name: string, request: LabelRequest, signal: AbortSignal): Promise<Page<string>> {
    const path = `/api/v1/label/${encodeURIComponent(escapeLabelName(name))}/values`;
    return await this.#texts({ path, method: 'GET', form: labelFormOf(request) }, request, signal);
  }

  async metadata(family: string | undefined, signal: AbortSignal): Promise<readonly MetricMetadata[]> {
    const form = new URLSearchParams({ limit_per_metric: '1' });
    if (family !== undefined) form.set('metric', family);
    const request = { path: '/api/v1/metadata', method: 'GET', form } as const;
    const { data } = await this.#call(request, (cursor) => this.#readMetadata(cursor), signal);
    return (data ?? []).toSorted((a, b) => compareUtf8(a.family, b.family));
  }

  async exemplars(expr: string, range: TimeRange, signal: AbortSignal): Promise<readonly SeriesExemplars[]> {
    const form = rangeFormOf(range);
    form.set('query', expr);
    const request = { path: '/api/v1/query_exemplars', method: 'POST', form } as const;
    const found = await this.#list(request, readSeriesExemplars, signal);
    return found.toSorted((a, b) => compareLabels(a.labels, b.labels));
  }

  #formOf(expr: string, { lookbackMs, timeoutMs, coarsestMs }: QueryOptions = {}): URLSearchParams {
    const form = new URLSearchParams({ query: expr, stats: 'all' });
    form.set('timeout', secondsOf(this.#timeoutOf(timeoutMs)));
    if (lookbackMs !== undefined) form.set('lookback_delta', secondsOf(lookbackMs));
    // Thanos knows it; others pass over it.
    if (coarsestMs !== undefined) form.set('max_source_resolution', secondsOf(coarsestMs));
    return form;
  }

  #timeoutOf(timeoutMs = Infinity): number {
    return Math.min(timeoutMs, this.#config.timeout);
  }

  async #query(
    path: string,
    request: {
      readonly form: URLSearchParams;
      readonly grid: StepGrid;
      readonly options: QueryOptions | undefined;
    },
    signal: AbortSignal,
  ): Promise<QueryResult> {
    const { form, grid, options } = request;
    const samplesMax = Math.min(options?.samplesMax ?? Infinity, this.#config.max_samples);
    const read = (cursor: JsonCursor): Promise<ResultData> =>
      readResultData(cursor, { grid, samplesMax, slicer: this.#deps.createSlicer() });
    const answer = await this.#call({ path, method: 'POST', form }, read, signal, options?.timeoutMs);
    const { data, warnings, infos } = answer;
    if (data === undefined) throw invalid('the metrics engine answers without data');
    const { samplesTotal, samplesPeak, ...value } = data;
    const stats = { samplesTotal, samplesPeak, seriesRead: 0 };
    return { ...value, annotations: { warnings, infos }, stats };
  }

  async #texts(api: PrometheusApiRequest, request: LabelRequest, signal: AbortSignal): Promise<Page<string>> {
    const found = await this.#list(api, (cursor) => cursor.readString(), signal);
    return pageOf(found.toSorted(compareUtf8), request);
  }

  /** The elements of an array, read in slices. */
  async #list<T>(
    request: PrometheusApiRequest,
    read: (cursor: JsonCursor) => T,
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    const slicer = this.#deps.createSlicer();
    const readAll = async (cursor: JsonCursor): Promise<readonly T[]> => {
      const found: T[] = [];
      cursor.enterArray();
      while (cursor.nextElement()) {
        found.push(read(cursor));
        if (found.length % ELEMENTS_PER_CHECK === 0 && slicer.shouldYield()) await slicer.yield();
      }
      return found;
    };
    return (await this.#call(request, readAll, signal)).data ?? [];
  }

  async #readMetadata(cursor: JsonCursor): Promise<readonly MetricMetadata[]> {
    const slicer = this.#deps.createSlicer();
    const found: MetricMetadata[] = [];
    cursor.enterObject();
    for (let family = cursor.nextKey(); family !== undefined; family = cursor.nextKey()) {
      const metadata = metadataOf(family, cursor.readValue());
      if (metadata !== undefined) found.push(metadata);
      if (slicer.shouldYield()) await slicer.yield();
    }
    return found;
  }

  /** Calls with a deadline; the engine's own comes first. */
  async #call<T>(
    request: PrometheusApiRequest,
    read: (cursor: JsonCursor) => T | Promise<T>,
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<PrometheusApiAnswer<T>> {
    const limitMs = this.#timeoutOf(timeoutMs);
    const stop = new AbortController();
    const text = `query timed out: the metrics engine did not answer within ${limitMs} ms`;
    const timer = this.#deps.clock.setTimer(limitMs + GRACE_MS, () =>
      stop.abort(new TimeoutError('VED_QUERY_TIMEOUT', text)),
    );
    const onAbort = (): void => stop.abort(canceled(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) throw canceled(signal);
      return await this.#deps.api.call(request, read, stop.signal);
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }
}

/** Between two looks at the clock: label sets take about 1 µs. */
const ELEMENTS_PER_CHECK = 16;

function canceled(signal: AbortSignal): CanceledError {
  return new CanceledError('VED_QUERY_CANCELED', 'query was canceled by its caller', {
    cause: signal.reason,
  });
}

function gridOf({ startMs, endMs, stepMs }: RangeRequest): StepGrid {
  if (!(stepMs > 0) || !Number.isInteger(stepMs))
    throw invalid(`step must be whole milliseconds above 0; got ${stepMs}`);
  if (!Number.isSafeInteger(startMs)) throw invalid(`start must be whole milliseconds; got ${startMs}`);
  if (!(endMs >= startMs)) throw invalid(`end must not be before start; got ${startMs} to ${endMs} ms`);
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  if (count > STEPS_MAX)
    throw invalid(
      `exceeded maximum resolution of ${STEPS_MAX} points per timeseries; got ${count}. ` +
        'Try decreasing the query resolution (?step=XX)',
    );
  return { startMs, stepMs, count };
}

function invalid(text: string): InputError {
  return new InputError('VED_QUERY_INVALID', text);
}

/** `1500` is `1.500`: exact, since milliseconds have three decimals. */
function secondsOf(timeMs: number): string {
  return (timeMs / 1000).toFixed(3);
}

function labelFormOf({ matcherSets, range, limit }: LabelRequest): URLSearchParams {
  const form = rangeFormOf(range);
  for (const matchers of matcherSets) form.append('match[]', `{${matchers.map(formatMatcher).join(',')}}`);
  if (limit !== undefined) form.set('limit', String(limit + 1));
  return form;
}

// What engines can hold as nanoseconds since the epoch in 64 bits: the years 1677 to 2262.
const API_TIME_MS_MAX = 9_223_372_036_854;

/** An end that lies beyond every sample is left out: not every engine can read it. */
function rangeFormOf({ fromMs, untilMs }: TimeRange): URLSearchParams {
  const form = new URLSearchParams();
  if (fromMs > -API_TIME_MS_MAX) form.set('start', secondsOf(fromMs));
  if (untilMs < API_TIME_MS_MAX) form.set('end', secondsOf(untilMs));
  return form;
}

function pageOf<T>(found: readonly T[], { limit }: LabelRequest): Page<T> {
  if (limit === undefined || found.length <= limit) return { items: found, isTruncated: false };
  return { items: found.slice(0, limit), isTruncated: true };
}

const LEGACY_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Names that are no plain identifiers stand escaped in a path: `my.name` is `U__my_2e_name`. */
function escapeLabelName(name: string): string {
  if (LEGACY_LABEL_NAME.test(name) && !name.startsWith('U__')) return name;
  const escaped = name.replaceAll(/[^a-zA-Z0-9:]/gu, (character) =>
    character === '_' ? '__' : `_${(character.codePointAt(0) ?? 0).toString(16)}_`,
  );
  return `U__${escaped}`;
}

function sorted(result: QueryResult): QueryResult {
  if (result.kind === 'series') return { ...result, series: inOrder(result.series) };
  if (result.kind === 'samples') return { ...result, series: inOrder(result.series) };
  return result;
}

/** Engines mostly sort themselves; looking is cheaper than sorting again. */
function inOrder<T extends { readonly labels: Labels }>(series: readonly T[]): readonly T[] {
  const isSorted = series.every((one, i) => {
    const before = series[i - 1];
    return before === undefined || compareLabels(before.labels, one.labels) <= 0;
  });
  return isSorted ? series : series.toSorted((a, b) => compareLabels(a.labels, b.labels));
}

/** Whether the expression asks for an order of its own; what we cannot parse may. */
function keepsOrder(text: string): boolean {
  try {
    return hasOwnOrder(parseExpr(text));
  } catch (error) {
    if (error instanceof InputError) return true;
    throw error;
  }
}

function hasOwnOrder(expr: Expr): boolean {
  switch (expr.kind) {
    case 'paren':
    case 'unary':
      return hasOwnOrder(expr.expr);
    case 'aggregation':
      return expr.op === 'topk' || expr.op === 'bottomk';
    case 'call':
      return expr.name.startsWith('sort') || expr.args.some(hasOwnOrder);
    case 'binary':
      return expr.matching === undefined && (hasOwnOrder(expr.left) || hasOwnOrder(expr.right));
    case 'number':
    case 'string':
    case 'vector':
    case 'matrix':
    case 'subquery':
      return false;
  }
}
