/** The series of the storage part: what applications and rules report, one walk each. */
import { SeededRandom, labelsOf, type Labels, type NativeHistogram } from '@vedette/model';
import { BUCKETS, bucketWalk } from './bucket-walk.ts';
import { nativeWalk } from './native-walk.ts';

interface FloatWalk {
  readonly kind: 'float';
  readonly labels: Labels;
  readonly next: () => number;
}

interface HistogramWalk {
  readonly kind: 'histogram';
  readonly labels: Labels;
  readonly next: () => NativeHistogram;
}

export type StorageWalk = FloatWalk | HistogramWalk;

/** 500 series as applications have them: request counters, gauges with two decimals, CPU seconds, constants. */
export function createDecimalWalks(): StorageWalk[] {
  const random = new SeededRandom(1);
  return [
    ...walks('requests', 200, () => {
      let value = 0;
      return () => (value += Math.floor(random.float() * 200));
    }),
    ...walks('temperature', 150, () => {
      let hundredths = 2000;
      return () => (hundredths += Math.floor(random.float() * 21) - 10) / 100;
    }),
    ...walks('cpu_seconds', 100, () => {
      let hundredths = 0;
      return () => (hundredths += Math.floor(random.float() * 1500)) / 100;
    }),
    ...walks('limit', 50, () => () => 1024),
  ];
}

/** 100 series of quotients, as recording rules write them: no decimal form, all bits in use. */
export function createDoubleWalks(): StorageWalk[] {
  const random = new SeededRandom(2);
  return walks('job:rate', 100, () => {
    let value = 10;
    return () => (value = Math.max(0.1, value + random.float() - 0.5)) / 3;
  });
}

/** 20 classic histograms of 12 buckets: 240 series. */
export function createClassicWalks(): StorageWalk[] {
  return Array.from({ length: 20 }, (_, histogram) =>
    BUCKETS.map((le, i): StorageWalk => ({
      kind: 'float',
      labels: labelsOf({ __name__: 'latency_seconds_bucket', instance: `host-${histogram}`, le }),
      next: bucketWalk(100 + histogram, i, 0),
    })),
  ).flat();
}

/** 20 native histograms of 40 buckets. */
export function createNativeWalks(): StorageWalk[] {
  return Array.from({ length: 20 }, (_, i) => ({
    kind: 'histogram',
    labels: labelsOf({ __name__: 'latency_seconds', instance: `host-${i}` }),
    next: nativeWalk(200 + i, 40),
  }));
}

function walks(name: string, count: number, create: () => () => number): StorageWalk[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: 'float',
    labels: labelsOf({ __name__: name, instance: `host-${i}` }),
    next: create(),
  }));
}
