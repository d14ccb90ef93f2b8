import { RequestError } from './http.ts';

/** A fault in the question stays one; only silence and overload are worth another try. */
const RETRIES_MAX = 2;

/** A server that says when to come again has a queue that empties. */
const TOLD_RETRIES_MAX = 4;

const FIRST_DELAY_MS = 1000;

/** A proxy in maintenance says an hour: nobody looks at an outline that long. */
const TOLD_MS_MAX = 15_000;

/** Whether a request that has failed `count` times before is made again. */
export function isRetried(count: number, fault: unknown): boolean {
  if (!(fault instanceof RequestError)) return false;
  if (fault.status === 503 && fault.retryAfterMs !== undefined) return count < TOLD_RETRIES_MAX;
  return count < RETRIES_MAX && (fault.status === 0 || fault.status >= 502);
}

/** When: as the server said, within limits; else after a while that doubles. */
export function retryDelayMs(count: number, fault: unknown): number {
  const toldMs = fault instanceof RequestError ? fault.retryAfterMs : undefined;
  return toldMs === undefined ? FIRST_DELAY_MS * 2 ** count : Math.min(toldMs, TOLD_MS_MAX);
}
