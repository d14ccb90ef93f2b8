import {
  abortWith,
  CanceledError,
  InputError,
  TimeoutError,
  type Clock,
  type MetricsReader,
  type QueryResult,
  type Slicer,
} from '@vedette/model';
import type { Expr } from '../syntax/ast.ts';
import { NO_FEATURES, type PromqlFeature } from '../syntax/features.ts';
import { parseExpr } from '../syntax/parse.ts';
import { typeOf } from '../syntax/type-check.ts';
import { ParsedTexts } from './parsed-texts.ts';
import { QueryContext, type QueryGrid } from './query-context.ts';
import { QueryEvaluator } from './query-evaluator.ts';
import { evaluateResult } from './query-answer.ts';
import { resolveDurations } from './resolve-durations.ts';

export interface PromqlEngineDeps {
  readonly reader: MetricsReader;
  readonly slicer: Slicer;
  readonly clock: Clock;
}

/** Every option has a default; durations in ms, above 0. */
export interface PromqlEngineOptions {
  /** How far back an instant selector looks for a sample. Default 5 minutes, as Prometheus. */
  readonly lookbackMs?: number | undefined;
  /** Default 2 minutes, as Prometheus. */
  readonly timeoutMs?: number | undefined;
  /** Samples a query may hold at one time. Default 50 million, as Prometheus: 800 MB at 16 bytes each. */
  readonly samplesMax?: number | undefined;
  /** Step of subqueries that name none. Default 1 minute. */
  readonly subqueryStepMs?: number | undefined;
  /** Metric names go at the end of a query instead of at each function. Default false, as Prometheus. */
  readonly isNameRemovalDelayed?: boolean | undefined;
  /** Experimental parts of the language and of its meaning; texts that use others are refused. Default none, as Prometheus. */
  readonly features?: Iterable<PromqlFeature> | undefined;
}

/** Narrow the engine's options for one query; wider values are cut to the engine's. */
export interface PromqlRequestOptions {
  readonly lookbackMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly samplesMax?: number | undefined;
  /** Downsampled samples up to this resolution may be used where those as they came are there, too. Default 0. */
  readonly coarsestMs?: number | undefined;
  /** Leaves downsampled samples out, for answers that must not change when samples leave. Default false. */
  readonly isRawOnly?: boolean | undefined;
}

export interface PromqlInstantRequest {
  /** A parsed expression saves parsing it again; it may be used any number of times. */
  readonly expr: string | Expr;
  /** Whole milliseconds. */
  readonly atMs: number;
  readonly options?: PromqlRequestOptions | undefined;
}

export interface PromqlRangeRequest {
  readonly expr: string | Expr;
  /** Whole milliseconds. */
  readonly startMs: number;
  /** Inclusive; not before startMs. */
  readonly endMs: number;
  /** Whole milliseconds above 0. */
  readonly stepMs: number;
  readonly options?: PromqlRequestOptions | undefined;
}

/**
 * Evaluates PromQL. Queries may run side by side. Results are owned by the caller, in the order
 * described at `QueryResult`. Rejects with
 * - `InputError`: VED_QUERY_INVALID (syntax, types, parameters);
 * - `ExecutionError`: VED_QUERY_EXECUTION (upstream's text), VED_QUERY_TOO_LARGE, VED_QUERY_DOWNSAMPLED;
 * - `TimeoutError` (VED_QUERY_TIMEOUT), `CanceledError` (VED_QUERY_CANCELED) when `signal` aborts;
 * - whatever the reader throws.
 */
export interface PromqlEngine {
  instant(request: PromqlInstantRequest, signal: AbortSignal): Promise<QueryResult>;
  range(request: PromqlRangeRequest, signal: AbortSignal): Promise<QueryResult>;
}

/** A range query has at most this many steps, as in Prometheus: more than a screen has pixels. */
export const STEPS_MAX = 11_000;

const DEFAULTS = {
  lookbackMs: 300_000,
  timeoutMs: 120_000,
  // 16 bytes each: 800 MB, the most one query should take of a small machine. Upstream's default, too.
  samplesMax: 50_000_000,
  subqueryStepMs: 60_000,
  isNameRemovalDelayed: false,
  features: NO_FEATURES,
  coarsestMs: 0,
  isRawOnly: false,
};

export function createPromqlEngine(deps: PromqlEngineDeps, options: PromqlEngineOptions = {}): PromqlEngine {
  const settings = withDefaults(options);
  const texts = new ParsedTexts((text) => parseExpr(text, settings.features));
  const parse = (expr: string | Expr): Expr => (typeof expr === 'string' ? texts.parse(expr) : expr);
  return {
    instant: async ({ expr, atMs, options: narrowed }, signal) => {
      const parsed = parse(expr);
      if (!Number.isSafeInteger(atMs)) throw invalid(`time must be whole milliseconds; got ${atMs}`);
      const grid = { startMs: atMs, stepMs: 0, count: 1, endMs: atMs };
      return run(deps, narrow(settings, narrowed), parsed, grid, signal);
    },
    range: async (request, signal) => {
      const { expr, options: narrowed } = request;
      const parsed = parse(expr);
      return run(deps, narrow(settings, narrowed), parsed, gridOf(request, parsed), signal);
    },
  };
}

type Settings = typeof DEFAULTS;

function withDefaults(options: PromqlEngineOptions): Settings {
  return {
    ...DEFAULTS,
    lookbackMs: options.lookbackMs ?? DEFAULTS.lookbackMs,
    timeoutMs: options.timeoutMs ?? DEFAULTS.timeoutMs,
    samplesMax: options.samplesMax ?? DEFAULTS.samplesMax,
    subqueryStepMs: options.subqueryStepMs ?? DEFAULTS.subqueryStepMs,
    isNameRemovalDelayed: options.isNameRemovalDelayed ?? DEFAULTS.isNameRemovalDelayed,
    features: options.features === undefined ? DEFAULTS.features : new Set(options.features),
  };
}

function narrow(
  settings: Settings,
  { lookbackMs, timeoutMs, samplesMax, coarsestMs, isRawOnly }: PromqlRequestOptions = {},
): Settings {
  return {
    ...settings,
    // The lookback is a matter of meaning, not of cost: it may be any above zero.
    lookbackMs: lookbackMs !== undefined && lookbackMs > 0 ? lookbackMs : settings.lookbackMs,
    timeoutMs: Math.min(timeoutMs ?? Infinity, settings.timeoutMs),
    samplesMax: Math.min(samplesMax ?? Infinity, settings.samplesMax),
    coarsestMs: coarsestMs ?? settings.coarsestMs,
    isRawOnly: isRawOnly ?? settings.isRawOnly,
  };
}

function gridOf({ startMs, endMs, stepMs }: PromqlRangeRequest, expr: Expr): QueryGrid {
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
  const type = typeOf(expr);
  if (type !== 'vector' && type !== 'scalar')
    throw invalid(
      `invalid expression type "${type === 'matrix' ? 'range vector' : type}" for range query, must be Scalar or instant Vector`,
    );
  return { startMs, stepMs, count, endMs };
}

function invalid(text: string): InputError {
  return new InputError('VED_QUERY_INVALID', text);
}

async function run(
  deps: PromqlEngineDeps,
  settings: Settings,
  expr: Expr,
  query: QueryGrid,
  signal: AbortSignal,
): Promise<QueryResult> {
  const stop = new AbortController();
  const timeout = (): TimeoutError =>
    new TimeoutError(
      'VED_QUERY_TIMEOUT',
      `query timed out in expression evaluation; limit is ${settings.timeoutMs} ms`,
    );
  const timer = deps.clock.setTimer(settings.timeoutMs, () => stop.abort(timeout()));
  const unfollow = abortWith(stop, signal);
  try {
    if (signal.aborted) throw canceled(signal);
    // A timer would be late for a query that never pauses.
    if (settings.timeoutMs <= 0) throw timeout();
    const slicer = deps.slicer.forTask?.() ?? deps.slicer;
    const reader = deps.reader.inSlicesOf?.(slicer) ?? deps.reader;
    const context = new QueryContext({ reader, slicer, settings, grid: query, signal: stop.signal });
    const { startMs, stepMs, count } = query;
    const resolved = resolveDurations(expr, query);
    return await evaluateResult(new QueryEvaluator(context), resolved, { startMs, stepMs, count });
  } catch (error) {
    if (signal.aborted) throw canceled(signal);
    throw error;
  } finally {
    unfollow();
    timer.cancel();
  }
}

function canceled(signal: AbortSignal): CanceledError {
  return new CanceledError('VED_QUERY_CANCELED', 'query was canceled by its caller', {
    cause: signal.reason,
  });
}
