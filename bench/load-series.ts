import { SeededRandom, labelsOf, type Labels } from '@vedette/model';
import { labelFieldsOf } from './write-body.ts';

/** A series for loads where only the amount counts. */
export interface LoadSeries {
  readonly labels: Labels;
  readonly fields: Uint8Array;
  readonly next: () => number;
}

/** Half counters, three tenths gauges with two decimals, two tenths quotients, six labels each, one of them unique. */
export function createLoadSeries(count: number): LoadSeries[] {
  const random = new SeededRandom(count);
  return Array.from({ length: count }, (_, i) => {
    const kind = KINDS[i % KINDS.length] ?? 'counter';
    const labels = labelsOf({
      __name__: `load_${kind}_${i % 50}`,
      job: `job-${i % 7}`,
      instance: `host-${i % 100}:9100`,
      zone: `zone-${i % 3}`,
      path: `/v1/resource${i % 40}`,
      id: String(i),
    });
    return { labels, fields: labelFieldsOf(labels), next: WALKS[kind](random) };
  });
}

const KINDS = [
  'counter',
  'gauge',
  'counter',
  'quotient',
  'counter',
  'gauge',
  'counter',
  'quotient',
  'counter',
  'gauge',
] as const;

const WALKS: Readonly<Record<(typeof KINDS)[number], (random: SeededRandom) => () => number>> = {
  counter(random) {
    let value = 0;
    return () => (value += Math.floor(random.float() * 200));
  },
  gauge(random) {
    let hundredths = 2000;
    return () => (hundredths += Math.floor(random.float() * 21) - 10) / 100;
  },
  quotient(random) {
    let value = 10;
    return () => (value = Math.max(0.1, value + random.float() - 0.5)) / 3;
  },
};
