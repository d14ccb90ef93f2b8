import { expect, test } from 'vitest';
import { RequestError } from './http.ts';
import { isRetried, retryDelayMs } from './retry.ts';

/** How often a request is made again, and how long it is waited for, in ms. */
function retriesOf(fault: Error): number[] {
  const delays: number[] = [];
  while (isRetried(delays.length, fault)) delays.push(retryDelayMs(delays.length, fault));
  return delays;
}

test('silence and overload are tried again, later each time', () => {
  for (const status of [0, 502, 503, 504])
    expect(retriesOf(new RequestError('no', status))).toEqual([1000, 2000]);
});

test('a server that says when is asked then', () => {
  expect(retriesOf(new RequestError('busy', 503, 5000))).toEqual([5000, 5000, 5000, 5000]);
});

test('nobody waits for an hour because a proxy says so', () => {
  expect(retriesOf(new RequestError('maintenance', 503, 3_600_000))).toEqual([
    15_000, 15_000, 15_000, 15_000,
  ]);
});

test('a fault in the question stays one', () => {
  for (const status of [400, 401, 404, 422, 429, 500])
    expect(retriesOf(new RequestError('no', status))).toEqual([]);
  expect(retriesOf(new Error('bug'))).toEqual([]);
});
