import { LIVE_LIMITS, type QuerySubscription } from '@vedette/api';
import { parseDurationMs } from '@vedette/model';
import { liveInvalid, liveLimit } from './live-fault.ts';

/** The points `t0 + i · step` (ms) for i < n that a subscription shows at one time. */
export interface QueryWindow {
  readonly t0: number;
  readonly step: number;
  readonly n: number;
}

/**
 * The window at `nowMs`, on the grid of multiples of the step. Relative ends move with the clock;
 * nothing is asked beyond now, so a window that ends later grows until then. Throws `LiveFaultError`.
 */
export function windowAt(params: QuerySubscription, nowMs: number): QueryWindow {
  const { step } = params;
  const startMs = resolve(params.start, nowMs);
  const endMs = resolve(params.end, nowMs);
  if (endMs < startMs)
    throw liveInvalid(
      `cannot subscribe: the window ends before it begins; got ${params.start} to ${params.end}`,
    );
  const t0 = Math.floor(startMs / step) * step;
  const pointsAsked = Math.floor((endMs - t0) / step) + 1;
  if (pointsAsked > LIVE_LIMITS.pointsMax)
    throw liveLimit(
      `cannot subscribe: the window has ${pointsAsked} points, pointsMax is ${LIVE_LIMITS.pointsMax}; take a longer step or a shorter window`,
    );
  const lastMs = Math.floor(Math.min(endMs, nowMs) / step) * step;
  return { t0, step, n: Math.max(0, (lastMs - t0) / step + 1) };
}

/** Whether the window will ever change. */
export function isMoving(params: QuerySubscription, nowMs: number): boolean {
  return typeof params.start === 'string' || typeof params.end === 'string' || params.end > nowMs;
}

export function lastPointOf(window: QueryWindow): number {
  return window.t0 + (window.n - 1) * window.step;
}

function resolve(time: QuerySubscription['start'], nowMs: number): number {
  if (typeof time === 'number') return time;
  if (time === 'now') return nowMs;
  const agoMs = parseDurationMs(time.slice('now-'.length));
  if (agoMs === undefined)
    throw liveInvalid(
      `cannot subscribe: ${JSON.stringify(time)} is no time; want now, or a duration before it such as now-15m`,
    );
  return nowMs - agoMs;
}
