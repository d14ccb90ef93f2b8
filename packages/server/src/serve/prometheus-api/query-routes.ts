import type { Clock, QueryResult, Slicer } from '@vedette/model';
import type { SlowQueryLog } from '../../query/metrics/index.ts';
import type { PromQuery, QueryOptions } from '../../query/metrics/port.ts';
import { querySourceOf } from '../http/query-source.ts';
import { headerOf, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { badData, invalidParameter } from './api-error.ts';
import {
  durationParameter,
  limitParameter,
  parseApiDurationMs,
  requiredTimeParameter,
  timeParameter,
} from './parameters.ts';
import { withQueryErrors } from './query-errors.ts';
import { resultJson } from './result-json.ts';

export interface QueryRoutesDeps {
  readonly clock: Clock;
  readonly query: PromQuery;
  readonly slowQueries: Pick<SlowQueryLog, 'noteBytes'>;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

/** Upstream's limit: a week at one minute, a year at one hour. */
const RANGE_POINTS_MAX = 11_000;

/** Instant and range queries. */
export function queryRoutes(deps: QueryRoutesDeps): readonly Route[] {
  const route = (path: string, handle: Route['handle']): Route => ({
    surface: 'prometheus-api',
    methods: ['GET', 'POST'],
    path,
    access: 'viewer',
    errors: 'json',
    handle,
  });
  return [
    route('/api/v1/query', (request) => answerInstant(deps, request)),
    route('/api/v1/query_range', (request) => answerRange(deps, request)),
  ];
}

async function answerInstant(deps: QueryRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const { form, signal } = request;
  const limit = limitParameter(form);
  const atMs = timeParameter(form, 'time', deps.clock.nowMs());
  const options = optionsOf(request, 0);
  const expr = form.get('query') ?? '';
  return await answer(deps, form, limit, () => deps.query.instant({ expr, atMs, options }, signal));
}

async function answerRange(deps: QueryRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const { form, signal } = request;
  const limit = limitParameter(form);
  const startMs = requiredTimeParameter(form, 'start');
  const endMs = requiredTimeParameter(form, 'end');
  if (endMs < startMs) throw invalidParameter('end', 'end timestamp must not be before start time');
  const stepMs = stepOf(form);
  if ((endMs - startMs) / stepMs >= RANGE_POINTS_MAX + 1)
    throw badData(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  const options = optionsOf(request, stepMs);
  const expr = form.get('query') ?? '';
  return await answer(deps, form, limit, () =>
    deps.query.range({ expr, startMs, endMs, stepMs, options }, signal),
  );
}

async function answer(
  deps: QueryRoutesDeps,
  form: URLSearchParams,
  limit: number | undefined,
  evaluate: () => Promise<QueryResult>,
): Promise<HttpAnswer> {
  const beganMs = deps.clock.monotonicMs();
  const result = await withQueryErrors(evaluate);
  const seconds = (deps.clock.monotonicMs() - beganMs) / 1000;
  const stats = (form.get('stats') ?? '') === '' ? undefined : { stats: result.stats, seconds };
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: resultJson(result, {
      limit,
      stats,
      slicer: deps.createSlicer(),
      onEnd: (bytes) => deps.slowQueries.noteBytes(result, bytes),
    }),
  };
}

/** Whole milliseconds; a positive step below one is counted as one. */
function stepOf(form: URLSearchParams): number {
  let stepMs: number;
  try {
    stepMs = parseApiDurationMs(form.get('step') ?? '');
  } catch (error) {
    throw invalidParameter('step', error instanceof Error ? error.message : String(error));
  }
  if (stepMs <= 0)
    throw invalidParameter(
      'step',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  return Math.max(1, Math.floor(stepMs));
}

function optionsOf(request: HttpRequest, stepMs: number): QueryOptions {
  const { form } = request;
  const timeoutMs = durationParameter(form, 'timeout');
  const coarsestMs = coarsestOf(form, stepMs);
  const options = { timeoutMs, coarsestMs, source: querySourceOf(request), isUncached: isUncached(request) };
  const lookback = form.get('lookback_delta') ?? '';
  if (lookback === '') return options;
  try {
    return { ...options, lookbackMs: parseApiDurationMs(lookback) };
  } catch (error) {
    throw badData(
      `error parsing lookback delta duration: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** `nocache=1` is VictoriaMetrics' word, the header that of Mimir. */
function isUncached({ form, headers }: HttpRequest): boolean {
  const directives = (headerOf(headers, 'cache-control') ?? '').toLowerCase().split(',');
  return NOCACHE.has(form.get('nocache') ?? '') || directives.some((word) => word.trim() === 'no-store');
}

const NOCACHE: ReadonlySet<string> = new Set(['1', 't', 'true']);

/** Thanos' parameter: `0s`, `5m`, `1h`, or `auto` for a fifth of the step. */
function coarsestOf(form: URLSearchParams, stepMs: number): number | undefined {
  const text = form.get('max_source_resolution') ?? '';
  if (text === '') return undefined;
  if (text === 'auto') return stepMs / 5;
  try {
    const coarsestMs = parseApiDurationMs(text);
    if (coarsestMs >= 0) return coarsestMs;
  } catch {
    // Said below.
  }
  throw invalidParameter(
    'max_source_resolution',
    `must be auto or a duration that is not negative, such as 5m; got ${JSON.stringify(text)}`,
  );
}
