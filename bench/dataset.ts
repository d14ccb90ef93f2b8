/**
 * The samples that all programs get: an application of ten instances, as its exporters, rules and orchestrator report
 * it. Reproducible: the same seeds, the same walks; only the times move with the clock.
 *
 * 1. A *target* is what is scraped: its series share their timestamps, which lie at its own offset within the
 *    interval and jitter by up to 6 ms, as scrapes do.
 * 2. *Recent*: six hours at 15 s up to `endMs`, some 4.5 million samples: request counters, classic histograms,
 *    gauges with two decimals, quotients as recording rules write them, pods, native histograms.
 * 3. *Churn*: a pod lives 90 minutes, then another takes its place under another name; what it leaves ends with
 *    a staleness marker. 600 live at a time, some 3,000 in six hours.
 * 4. *History*: 30 days before that at 4 minutes, for the series of two instances and some gauges and quotients.
 *
 * Rejected: one interval for the whole month, which is the truth of most installations, but 5 million samples a day.
 */
import { SeededRandom, labelsOf, type Labels } from '@vedette/model';
import { BUCKETS, bucketWalk } from './bucket-walk.ts';

export const RECENT_STEP_MS = 15_000;
export const RECENT_MS = 6 * 3_600_000;
export const HISTORY_STEP_MS = 240_000;
export const HISTORY_MS = 30 * 86_400_000;
const POD_LIFE_MS = 90 * 60_000;
const POD_COUNT = 600;
const JITTER_MS = 7;
/** Counters do not begin at 0: near it Prometheus 3 extrapolates in another way than Prometheus 2. */
const START_VALUE = 100_000;

/** One series of floats. */
export interface SourceSeries {
  readonly labels: Labels;
  /** Which timestamps it has. */
  readonly target: number;
  readonly hasHistory: boolean;
  /** When it lives, until exclusive; it ends with a staleness marker when `untilMs` lies before the end. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly next: () => number;
}

export interface NativeSeries {
  readonly labels: Labels;
  readonly target: number;
  readonly seed: number;
}

export interface Dataset {
  /** No sample is later. */
  readonly endMs: number;
  /** The first time of the recent part; the history ends before it. */
  readonly recentMs: number;
  readonly historyMs: number;
  readonly series: readonly SourceSeries[];
  readonly native: readonly NativeSeries[];
}

export function createDataset(nowMs: number): Dataset {
  // On the hour of nothing: a multiple of the history's step, so that both grids meet.
  const endMs = Math.floor(nowMs / HISTORY_STEP_MS) * HISTORY_STEP_MS;
  const recentMs = endMs - RECENT_MS;
  return {
    endMs,
    recentMs,
    historyMs: recentMs - HISTORY_MS,
    series: [
      ...createRequests(),
      ...createLatencies(),
      ...createTemperatures(),
      ...createQuotients(),
      ...createInfo(),
      ...createPods(recentMs, endMs),
    ],
    native: createNative(),
  };
}

/** Times of one target within [fromMs, untilMs). */
export function timesOf(
  target: number,
  range: { fromMs: number; untilMs: number; stepMs: number },
): number[] {
  const { fromMs, untilMs, stepMs } = range;
  // 1 to 7 ms after a multiple of 20 ms, never on the edge of a window: a sample there belongs to it in Prometheus 2 and
  // not in Prometheus 3.
  const offsetMs = 1 + 20 * ((target * 61) % (RECENT_STEP_MS / 20));
  const times: number[] = [];
  for (let slot = Math.ceil(fromMs / stepMs); slot * stepMs < untilMs; slot++) {
    const jitterMs = (Math.imul(slot ^ (target * 7919), 2_654_435_761) >>> 0) % JITTER_MS;
    times.push(slot * stepMs + offsetMs + jitterMs);
  }
  return times;
}

const always = { fromMs: -Infinity, untilMs: Infinity };

function createRequests(): SourceSeries[] {
  const random = new SeededRandom(1);
  const series: SourceSeries[] = [];
  for (let instance = 0; instance < 10; instance++)
    for (let route = 0; route < 15; route++)
      for (const [i, code] of ['200', '301', '404', '500'].entries())
        series.push({
          labels: labelsOf({
            __name__: 'http_requests_total',
            job: 'api',
            instance: `api-${instance}:8080`,
            path: `/v1/resource${route}`,
            code,
          }),
          target: instance,
          hasHistory: instance < 2,
          ...always,
          next: counter(random, 200 / (i * 10 + 1)),
        });
  return series;
}

/** Buckets are cumulative: each counts what the ones below it count. */
function createLatencies(): SourceSeries[] {
  const series: SourceSeries[] = [];
  for (let instance = 0; instance < 8; instance++)
    for (let route = 0; route < 8; route++) {
      const labels = { job: 'api', instance: `api-${instance}:8080`, path: `/v1/resource${route}` };
      const own = { target: instance, hasHistory: instance < 1, ...always };
      const seed = 1000 + instance * 100 + route;
      for (const [i, le] of BUCKETS.entries())
        series.push({
          labels: labelsOf({ __name__: 'http_request_duration_seconds_bucket', ...labels, le }),
          ...own,
          next: bucketWalk(seed, i, START_VALUE),
        });
      series.push({
        labels: labelsOf({ __name__: 'http_request_duration_seconds_count', ...labels }),
        ...own,
        next: bucketWalk(seed, BUCKETS.length - 1, START_VALUE),
      });
      const random = new SeededRandom(seed + 50_000);
      let sum = START_VALUE;
      series.push({
        labels: labelsOf({ __name__: 'http_request_duration_seconds_sum', ...labels }),
        ...own,
        next: () => (sum += random.float() * 20),
      });
    }
  return series;
}

function createTemperatures(): SourceSeries[] {
  const random = new SeededRandom(3);
  return Array.from({ length: 200 }, (_, sensor) => {
    let hundredths = 2000 + sensor;
    return {
      labels: labelsOf({
        __name__: 'node_hwmon_temp_celsius',
        job: 'node',
        instance: `node-${sensor % 20}:9100`,
        chip: `chip${Math.floor(sensor / 20) % 2}`,
        sensor: `temp${sensor}`,
      }),
      target: 20 + (sensor % 20),
      hasHistory: sensor < 40,
      ...always,
      next: () => (hundredths += Math.floor(random.float() * 21) - 10) / 100,
    };
  });
}

/** What recording rules write: quotients that use all bits. */
function createQuotients(): SourceSeries[] {
  const random = new SeededRandom(4);
  return Array.from({ length: 150 }, (_, i) => {
    let value = 10;
    return {
      labels: labelsOf({
        __name__: 'instance_path:http_requests:rate5m',
        instance: `api-${i % 10}:8080`,
        path: `/v1/resource${Math.floor(i / 10)}`,
      }),
      target: 50,
      hasHistory: i % 10 < 2,
      ...always,
      next: () => (value = Math.max(0.1, value + random.float() - 0.5)) / 3,
    };
  });
}

/** Facts as labels, always 1: the right side of `* on () group_left ()`. */
function createInfo(): SourceSeries[] {
  return Array.from({ length: 10 }, (_, instance) => ({
    labels: labelsOf({
      __name__: 'build_info',
      job: 'api',
      instance: `api-${instance}:8080`,
      version: `1.${instance % 3}.0`,
      revision: (0xabcdef + instance * 7919).toString(16),
    }),
    target: instance,
    hasHistory: true,
    ...always,
    next: () => 1,
  }));
}

function createPods(recentMs: number, endMs: number): SourceSeries[] {
  const random = new SeededRandom(5);
  const series: SourceSeries[] = [];
  for (let place = 0; place < POD_COUNT; place++) {
    const offsetMs = Math.floor((place / POD_COUNT) * POD_LIFE_MS);
    for (let fromMs = recentMs - offsetMs; fromMs < endMs; fromMs += POD_LIFE_MS) {
      const suffix = Math.floor(random.float() * 2 ** 30).toString(36);
      let hundredths = START_VALUE;
      series.push({
        labels: labelsOf({
          __name__: 'container_cpu_usage_seconds_total',
          job: 'kubelet',
          namespace: `team-${place % 12}`,
          pod: `service-${place % 60}-${suffix}`,
          container: place % 3 === 0 ? 'sidecar' : 'main',
        }),
        target: 60 + (place % 40),
        hasHistory: false,
        fromMs,
        untilMs: fromMs + POD_LIFE_MS,
        next: () => (hundredths += Math.floor(random.float() * 1500)) / 100,
      });
    }
  }
  return series;
}

function createNative(): NativeSeries[] {
  return Array.from({ length: 20 }, (_, i) => ({
    labels: labelsOf({
      __name__: 'rpc_duration_seconds',
      job: 'api',
      instance: `api-${i % 10}:8080`,
      method: `Method${Math.floor(i / 10)}`,
    }),
    target: i % 10,
    seed: 9000 + i,
  }));
}

function counter(random: SeededRandom, step: number): () => number {
  let value = START_VALUE;
  return () => (value += Math.floor(random.float() * step));
}
