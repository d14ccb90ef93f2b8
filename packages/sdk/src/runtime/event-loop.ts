import {
  monitorEventLoopDelay,
  performance,
  type EventLoopUtilization,
  type Histogram,
} from 'node:perf_hooks';
import type { Gauge, MetricsRegistry } from '../metrics/instruments.ts';

/** The histogram measures the distance of timers this far apart: its values contain it, ours do not. */
const RESOLUTION_MS = 20;

/** Distances of the timers in nanoseconds, as `monitorEventLoopDelay` measures them. */
export type DelayHistogram = Pick<
  Histogram,
  'count' | 'min' | 'max' | 'mean' | 'stddev' | 'percentile' | 'reset'
>;

/** The histogram of this process' loop, running until stopped. */
export function startDelayHistogram(): { histogram: DelayHistogram; stop: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return { histogram, stop: () => void histogram.disable() };
}

/** How late the loop runs its timers and how busy it was, since the reading before. Returns the reader, which answers with the 99th percentile in seconds. */
export function watchEventLoop(
  registry: MetricsRegistry,
  histogram: DelayHistogram,
  utilizationSince = (last: EventLoopUtilization | undefined): [now: EventLoopUtilization, ratio: number] => {
    const now = performance.eventLoopUtilization();
    return [now, performance.eventLoopUtilization(now, last).utilization];
  },
): () => number {
  const lag = gaugesOf(registry);
  const utilization = registry.gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'Share of the time since the reading before in which the event loop was not idle.',
    bareName: true,
  });
  let last: EventLoopUtilization | undefined;
  let lagSecondsP99 = 0;
  return () => {
    const [now, ratio] = utilizationSince(last);
    last = now;
    utilization.set(ratio);
    // No sample yet: the loop was held all the time, or the window is younger than one timer.
    if (histogram.count === 0) return lagSecondsP99;
    lag.min.set(lagSecondsOf(histogram.min));
    lag.max.set(lagSecondsOf(histogram.max));
    lag.mean.set(lagSecondsOf(histogram.mean));
    lag.current.set(lagSecondsOf(histogram.mean));
    lag.stddev.set(roundMicroseconds(histogram.stddev / 1e9));
    lag.p50.set(lagSecondsOf(histogram.percentile(50)));
    lag.p90.set(lagSecondsOf(histogram.percentile(90)));
    lagSecondsP99 = lagSecondsOf(histogram.percentile(99));
    lag.p99.set(lagSecondsP99);
    histogram.reset();
    return lagSecondsP99;
  };
}

type LagGauges = Readonly<
  Record<'current' | 'min' | 'max' | 'mean' | 'stddev' | 'p50' | 'p90' | 'p99', Gauge>
>;

function gaugesOf(registry: MetricsRegistry): LagGauges {
  const gauge = (name: string, help: string): Gauge =>
    registry.gauge({ name: `nodejs_eventloop_lag_${name}`, help, bareName: true });
  return {
    current: gauge('seconds', 'Mean lag of the event loop.'),
    min: gauge('min_seconds', 'Least lag of the event loop.'),
    max: gauge('max_seconds', 'Greatest lag of the event loop.'),
    mean: gauge('mean_seconds', 'Mean lag of the event loop.'),
    stddev: gauge('stddev_seconds', 'Standard deviation of the lag of the event loop.'),
    p50: gauge('p50_seconds', 'Percentile 50 of the lag of the event loop.'),
    p90: gauge('p90_seconds', 'Percentile 90 of the lag of the event loop.'),
    p99: gauge('p99_seconds', 'Percentile 99 of the lag of the event loop.'),
  };
}

function lagSecondsOf(nanoseconds: number): number {
  return roundMicroseconds(Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000));
}

/** Whole microseconds are stored as short decimals. */
function roundMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
