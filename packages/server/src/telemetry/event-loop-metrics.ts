import { monitorEventLoopDelay, type Histogram } from 'node:perf_hooks';
import type { Clock } from '@vedette/model';
import type { Gauge, MetricsRegistry } from '@vedette/sdk';

/** The histogram measures the distance of timers this far apart: its values contain it, ours do not. */
const RESOLUTION_MS = 20;

// Two readers (our own collection and a scraper) take turns; each window is at least this long, and
// who comes within it sees the window before.
const WINDOW_MS_MIN = 1000;

/** Distances of the timers in nanoseconds, as `monitorEventLoopDelay` measures them. */
type DelayHistogram = Pick<Histogram, 'count' | 'min' | 'max' | 'mean' | 'stddev' | 'percentile' | 'reset'>;

/** The histogram of this process' loop, running until stopped. */
export function startDelayHistogram(): { histogram: DelayHistogram; stop: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return { histogram, stop: () => void histogram.disable() };
}

/**
 * Shows how late the event loop runs its timers, over the time since the last reading. Returns the
 * reader, which answers with the 99th percentile.
 */
export function watchEventLoop(
  { clock, metrics }: { clock: Clock; metrics: MetricsRegistry },
  histogram: DelayHistogram,
): () => number {
  const gauge = (name: string, help: string): Gauge =>
    metrics.gauge({ name: `nodejs_eventloop_lag_${name}`, help });
  const lag = gauge('seconds', 'Mean lag of the event loop.');
  const min = gauge('min_seconds', 'Least lag of the event loop.');
  const max = gauge('max_seconds', 'Greatest lag of the event loop.');
  const mean = gauge('mean_seconds', 'Mean lag of the event loop.');
  const stddev = gauge('stddev_seconds', 'Standard deviation of the lag of the event loop.');
  const percentiles = [50, 90, 99].map((percentile) => ({
    percentile,
    family: gauge(`p${percentile}_seconds`, `Percentile ${percentile} of the lag of the event loop.`),
  }));
  let windowStartMs = clock.monotonicMs();
  let lagSecondsP99 = 0;
  return () => {
    const nowMs = clock.monotonicMs();
    // No sample yet: the loop was held all the time, or the window is younger than one timer.
    if (histogram.count === 0 || nowMs - windowStartMs < WINDOW_MS_MIN) return lagSecondsP99;
    min.set(lagSecondsOf(histogram.min));
    max.set(lagSecondsOf(histogram.max));
    mean.set(lagSecondsOf(histogram.mean));
    lag.set(lagSecondsOf(histogram.mean));
    stddev.set(roundMicroseconds(histogram.stddev / 1e9));
    for (const { percentile, family } of percentiles)
      family.set(lagSecondsOf(histogram.percentile(percentile)));
    lagSecondsP99 = lagSecondsOf(histogram.percentile(99));
    histogram.reset();
    windowStartMs = nowMs;
    return lagSecondsP99;
  };
}

function lagSecondsOf(nanoseconds: number): number {
  return roundMicroseconds(Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000));
}

/** Whole microseconds are stored as short decimals. */
function roundMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
