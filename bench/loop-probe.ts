/**
 * Loaded into the measured server by `--import`: measures from outside its own code how long its event loop was held.
 * The first SIGUSR2 begins the measurement, the second writes the `LoopDelays` to the file named in LOOP_PROBE_FILE.
 *
 * Delays are what a timer of 1 ms was late. On a machine that is short of processors they are mostly others' work, so
 * the processor time of the main thread from one such timer to the next is taken, too: what the server itself did in
 * one go, the collector's part on this thread included.
 */
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';

export interface LoopDelays {
  readonly p999Ms: number;
  readonly maxMs: number;
  /** The longest work in one go, in processor time of the main thread. */
  readonly workMaxMs: number;
  /** Garbage collections: the longest, and the share of all time. */
  readonly gcMaxMs: number;
  readonly gcRatio: number;
}

const RESOLUTION_MS = 1;
const file = process.env['LOOP_PROBE_FILE'];
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const collections = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    gcMs += duration;
    gcMaxMs = Math.max(gcMaxMs, duration);
  }
});
let startMs: number | undefined;
let gcMs = 0;
let gcMaxMs = 0;
let workMaxMs = 0;

process.on('SIGUSR2', () => {
  if (startMs === undefined) begin();
  else if (file !== undefined) writeFileSync(file, JSON.stringify(delaysSince(startMs)));
});

function begin(): void {
  startMs = performance.now();
  histogram.enable();
  collections.observe({ entryTypes: ['gc'] });
  let before = process.threadCpuUsage();
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    workMaxMs = Math.max(workMaxMs, (user + system) / 1000);
    before = process.threadCpuUsage();
  }, RESOLUTION_MS).unref();
}

function delaysSince(beginMs: number): LoopDelays {
  return {
    p999Ms: delayOf(histogram.percentile(99.9)),
    maxMs: delayOf(histogram.max),
    workMaxMs,
    gcMaxMs,
    gcRatio: gcMs / (performance.now() - beginMs),
  };
}

function delayOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}
