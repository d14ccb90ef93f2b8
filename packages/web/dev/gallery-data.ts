import type { DataFrame, Field, FieldConfig, FieldValue } from '@vedette/dashboard';

/** Invented numbers for the gallery: the same ones at every visit, so that pictures can be compared. */

export const TO_MS = 1_767_225_600_000;
export const STEP_MS = 15_000;
export const POINTS = 240;
export const BOUNDS = { fromMs: TO_MS - (POINTS - 1) * STEP_MS, toMs: TO_MS };

export const TIMES: readonly number[] = Array.from({ length: POINTS }, (_, i) => BOUNDS.fromMs + i * STEP_MS);

export interface SeriesSpec {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly config?: FieldConfig;
  readonly values?: readonly FieldValue[];
}

/** A frame per series, times shared, as a range query answers. */
export function seriesFrames(specs: readonly SeriesSpec[], config: FieldConfig = {}): DataFrame[] {
  return specs.map(({ name, labels, values, config: own }, i) => ({
    refId: 'A',
    length: POINTS,
    fields: [
      { name: 'Time', kind: 'time', values: TIMES, config: {} },
      {
        name: 'Value',
        kind: 'number',
        labels: labels ?? { instance: name },
        values: values ?? wave(i),
        config: { ...config, ...own, custom: { ...config.custom, ...own?.custom } },
        displayName: name,
      },
    ],
  }));
}

/** A wave with some noise, above zero. */
export function wave(seed: number, top = 100): number[] {
  return TIMES.map((_, i) => {
    const noise = ((Math.sin(i * 12.9898 + seed * 78.233) * 43_758.5453) % 1) * 0.12;
    return top * (0.45 + 0.3 * Math.sin(i / (14 + (seed % 7)) + seed * 1.7) + noise);
  });
}

export function names(count: number): SeriesSpec[] {
  return Array.from({ length: count }, (_, i) => ({ name: `node-${i + 1}` }));
}

export function tableFrame(fields: readonly Partial<Field>[], length: number): DataFrame {
  return {
    refId: 'A',
    length,
    fields: fields.map((field, i) => ({ name: `c${i}`, kind: 'string', values: [], config: {}, ...field })),
  };
}

export const THRESHOLDS: FieldConfig = {
  color: { mode: 'thresholds' },
  thresholds: {
    mode: 'absolute',
    steps: [
      { value: -Infinity, color: 'green' },
      { value: 50, color: 'orange' },
      { value: 80, color: 'red' },
    ],
  },
};

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, Infinity];

/** Cumulative buckets of a latency that grows for a while. */
export function bucketFrames(): DataFrame[] {
  return BUCKETS.map((bound) => ({
    refId: 'A',
    length: POINTS,
    fields: [
      { name: 'Time', kind: 'time', values: TIMES, config: {} },
      {
        name: 'Value',
        kind: 'number',
        labels: { le: bound === Infinity ? '+Inf' : String(bound) },
        values: TIMES.map((_, i) => {
          const centre = 0.05 * (1 + 3 * Math.max(0, Math.sin(i / 30)));
          return 40 / (1 + (centre / bound) ** 2.2);
        }),
        config: {},
        displayName: String(bound),
      },
    ],
  }));
}

/** Native histograms as the API writes them, one list of buckets per point. */
export function nativeFrames(): DataFrame[] {
  const values = TIMES.map((_, i) =>
    JSON.stringify(
      Array.from({ length: 24 }, (_, bucket) => {
        const lower = 0.002 * 2 ** (bucket / 2);
        const distance = bucket - 10 - 4 * Math.sin(i / 25);
        return [0, lower, lower * Math.SQRT2, Math.round(60 * Math.exp((-distance * distance) / 8))];
      }),
    ),
  );
  return [
    {
      refId: 'A',
      length: POINTS,
      fields: [
        { name: 'Time', kind: 'time', values: TIMES, config: {} },
        { name: 'Value', kind: 'other', values, config: { unit: 's' } },
      ],
    },
  ];
}
