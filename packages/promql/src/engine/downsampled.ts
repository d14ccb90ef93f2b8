import {
  ExecutionError,
  formatDurationMs,
  METRIC_NAME,
  type DownsampledRead,
  type DownsampledResolution,
  type DownsampledView,
} from '@vedette/model';
import type { VectorSelector } from '../syntax/ast.ts';
import type { QueryContext } from './query-context.ts';
import type { RangeKernel } from './range-kernel.ts';
import { readRangeOf, type ReferenceTimes } from './reference-times.ts';
import {
  WEIGHTED_AVG,
  WEIGHTED_COUNT,
  WEIGHTED_DELTA,
  WEIGHTED_INCREASE,
  WEIGHTED_RATE,
} from './weighted-kernels.ts';

/**
 * What to do where the store has only buckets for a time that a selector looks at.
 *
 * 1. Each function asks for the view of the buckets that answers it. Over windows that begin and end with a bucket
 *    the answer is that of the samples; over others it may be off by what lies in one bucket at either end.
 * 2. A window shorter than two buckets is widened to two, with a remark. What grows with the window (increase,
 *    delta, sums, counts) is scaled back, so that it means what it would.
 * 3. Functions that need the samples themselves (quantiles, deviations, changes, regressions) fail, and say from which
 *    time on they can be asked. A wrong number would be worse.
 */
export interface DownsampledAnswer {
  readonly view: DownsampledView;
  /** Instead of the function's own kernel, for series some of whose samples stand for several. */
  readonly kernel?: RangeKernel;
  /** The value of twice the window is twice the value. */
  readonly isProportional?: boolean;
}

const LAST: DownsampledAnswer = { view: 'last' };

const ANSWERS: ReadonlyMap<string, DownsampledAnswer> = new Map<string, DownsampledAnswer>([
  ['absent_over_time', LAST],
  ['avg_over_time', { view: 'sum-and-count', kernel: WEIGHTED_AVG }],
  ['count_over_time', { view: 'sum-and-count', kernel: WEIGHTED_COUNT, isProportional: true }],
  ['delta', { view: 'counter', kernel: WEIGHTED_DELTA, isProportional: true }],
  ['first_over_time', { view: 'counter' }],
  ['increase', { view: 'counter', kernel: WEIGHTED_INCREASE, isProportional: true }],
  ['last_over_time', LAST],
  ['max_over_time', { view: 'max' }],
  ['min_over_time', { view: 'min' }],
  ['present_over_time', LAST],
  ['rate', { view: 'counter', kernel: WEIGHTED_RATE }],
  ['sum_over_time', { view: 'sum', isProportional: true }],
  ['ts_of_first_over_time', { view: 'counter' }],
  ['ts_of_last_over_time', LAST],
]);

/** What one selector looks at. */
export interface Look {
  readonly selector: VectorSelector;
  readonly times: ReferenceTimes;
  /** How far each time looks back, and what that is called: a range or a lookback. */
  readonly backMs: number;
  readonly what: 'range' | 'lookback';
}

/** How to read it; without `read` there is nothing but samples. */
export interface PlannedLook {
  readonly backMs: number;
  readonly read: DownsampledRead | undefined;
  readonly answer: DownsampledAnswer | undefined;
}

/** For the newest sample of each time. */
export function planNewest(context: QueryContext, look: Look): PlannedLook {
  return plan(context, look, LAST, '');
}

/** For the function of this name; `undefined` where the samples themselves are wanted. */
export function planFunction(context: QueryContext, look: Look, name: string | undefined): PlannedLook {
  const answer = name === undefined ? undefined : ANSWERS.get(name);
  return plan(context, look, answer, name ?? 'a range of samples');
}

/** Refuses to look at times of which only buckets are left. */
export function assertSamples(context: QueryContext, look: Look, name: string): void {
  plan(context, look, undefined, name);
}

function plan(
  context: QueryContext,
  { selector, times, backMs, what }: Look,
  answer: DownsampledAnswer | undefined,
  name: string,
): PlannedLook {
  const { settings, reader } = context;
  const coarsestMs = answer === undefined ? 0 : settings.coarsestMs;
  const none = { backMs, read: undefined, answer: undefined };
  if (settings.isRawOnly || reader.resolutionOf === undefined) return none;
  let widenedMs = backMs;
  let found = reader.resolutionOf(readRangeOf(times, backMs), coarsestMs);
  if (found === undefined) return none;
  if (answer === undefined) throw unanswerable(selector, name, found);
  // A wider window may reach into coarser buckets, of which there is one kind more.
  while (widenedMs < 2 * found.resolutionMs) {
    widenedMs = 2 * found.resolutionMs;
    found = reader.resolutionOf(readRangeOf(times, widenedMs), coarsestMs) ?? found;
  }
  if (widenedMs > backMs)
    context.annotations.info(
      `the ${what} of ${formatDurationMs(backMs)} at ${nameOf(selector)} is widened to ${formatDurationMs(widenedMs)}: ` +
        `samples up to ${timeOf(found.rawAfterMs)} are downsampled to ${formatDurationMs(found.resolutionMs)}` +
        (answer.isProportional === true ? '; the result is scaled back to the range' : ''),
      selector.position,
    );
  return { backMs: widenedMs, read: { view: answer.view, coarsestMs }, answer };
}

function unanswerable(selector: VectorSelector, name: string, found: DownsampledResolution): ExecutionError {
  return new ExecutionError(
    'VED_QUERY_DOWNSAMPLED',
    `cannot evaluate ${name} over ${nameOf(selector)}: samples up to ${timeOf(found.rawAfterMs)} are downsampled to ` +
      `${formatDurationMs(found.resolutionMs)}, which does not tell; ask for later times only, or for a function that ` +
      'downsampled samples answer, or raise storage.metrics.retention for what is to come',
  );
}

function nameOf({ matchers }: VectorSelector): string {
  const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.op === '=')?.value;
  return name === undefined ? 'a selector without a metric name' : JSON.stringify(name);
}

function timeOf(timestampMs: number): string {
  return new Date(timestampMs).toISOString();
}
