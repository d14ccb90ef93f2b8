import assert from 'node:assert/strict';
import { createHistogram } from 'node:perf_hooks';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { startDelayHistogram, watchEventLoop } from './event-loop-metrics.ts';

function setUp(): {
  clock: VirtualClock;
  record: (...delaysMs: number[]) => void;
  readP99: () => number;
  values: () => Record<string, number>;
} {
  const clock = new VirtualClock({ startMs: 0 });
  const metrics = createMetricsRegistry();
  const histogram = createHistogram();
  const readP99 = watchEventLoop({ clock, metrics }, histogram);
  return {
    clock,
    readP99,
    record: (...delaysMs) => delaysMs.forEach((delayMs) => histogram.record(delayMs * 1e6)),
    values: () =>
      Object.fromEntries(
        metrics
          .collect()
          .filter((family) => family.name.startsWith('nodejs_'))
          .map((family) => [
            family.name.slice('nodejs_eventloop_lag_'.length),
            family.samples[0]?.value ?? 0,
          ]),
      ),
  };
}

// The histogram keeps three digits.
const near = (got: number | undefined, want: number): void =>
  assert.ok(Math.abs((got ?? 0) - want) <= want * 0.01 + 2e-5, `got ${got}, want ${want}`);

test('lag is the distance of the timers beyond their resolution of 20 ms', async () => {
  const { clock, record, readP99, values } = setUp();
  record(20, 20, 30, 120);
  await clock.advance(2000);
  near(readP99(), 0.1);
  const { min_seconds, max_seconds, mean_seconds, p50_seconds, p90_seconds, p99_seconds } = values();
  near(min_seconds, 0);
  near(max_seconds, 0.1);
  near(mean_seconds, 0.0275);
  near(p50_seconds, 0);
  near(p90_seconds, 0.1);
  near(p99_seconds, 0.1);
});

test('a timer that fires early is no negative lag', async () => {
  const { clock, record, readP99, values } = setUp();
  record(19);
  await clock.advance(2000);
  assert.equal(readP99(), 0);
  assert.equal(values()['min_seconds'], 0);
});

test('two readers within a second see the same window, the next one a new', async () => {
  const { clock, record, readP99 } = setUp();
  record(120);
  await clock.advance(2000);
  near(readP99(), 0.1);
  record(20);
  await clock.advance(999);
  near(readP99(), 0.1);
  await clock.advance(1);
  near(readP99(), 0);
});

test('without a sample the last window stands', async () => {
  const { clock, record, readP99 } = setUp();
  record(70);
  await clock.advance(2000);
  near(readP99(), 0.05);
  await clock.advance(2000);
  near(readP99(), 0.05);
});

test('the histogram of this process starts and stops', () => {
  const { histogram, stop } = startDelayHistogram();
  assert.equal(histogram.count, 0);
  stop();
});
