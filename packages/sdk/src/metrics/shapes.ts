/** What the options of an instrument come to, checked; errors name the instrument and the option. */
import type { HistogramShape } from './histogram.ts';
import type { HistogramOptions, NativeHistogramOptions, SummaryOptions } from './instruments.ts';
import { SCHEMA_MAX, SCHEMA_MIN, type LogBucketsOptions } from './log-buckets.ts';
import type { SummaryShape } from './summary.ts';

/** Seconds, from a cache hit to a request that somebody gave up on; the bounds that Prometheus' clients have. */
export const DEFAULT_BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

// Neighbouring bounds 9 % apart, and ten octaves at once within the limit of buckets: request times of 1 ms to 1 s.
const NATIVE_SCHEMA = 3;
// As OpenTelemetry's exponential histograms have it; 6 kB for a series that populates all of them.
const NATIVE_BUCKETS_MAX = 160;
// The zero threshold of Prometheus' own client: nothing that is measured comes near it.
const NATIVE_ZERO_THRESHOLD = 2 ** -128;
const SUMMARY_QUANTILES: readonly number[] = [0.5, 0.9, 0.99];
// Ten minutes, as in Prometheus' own client.
const SUMMARY_WINDOW_MS = 600_000;

/** What the registry says for instruments that do not say it themselves. */
interface RegistryDefaults {
  readonly sampleOneIn: number;
  readonly bufferObservationsMax: number;
}

export function histogramShapeOf(options: HistogramOptions, defaults: RegistryDefaults): HistogramShape {
  const native = nativeOptionsOf(options);
  const buckets = options.buckets ?? (native === undefined ? DEFAULT_BUCKETS : []);
  for (const [i, bound] of buckets.entries()) {
    if (!Number.isFinite(bound) || bound <= (buckets[i - 1] ?? -Infinity))
      refuse('histogram', options.name, `bounds must be finite and increase; got ${buckets.join(', ')}`);
  }
  const { bufferObservationsMax } = defaults;
  const sampleOneIn = sampleOneInOf('histogram', options, defaults);
  return { bounds: Float64Array.from(buckets), native, sampleOneIn, bufferObservationsMax };
}

export function summaryShapeOf(options: SummaryOptions, defaults: RegistryDefaults): SummaryShape {
  const { name, quantiles = SUMMARY_QUANTILES, windowMs = SUMMARY_WINDOW_MS } = options;
  for (const [i, quantile] of quantiles.entries()) {
    if (!(quantile >= 0 && quantile <= 1) || quantile <= (quantiles[i - 1] ?? -1))
      refuse('summary', name, `quantiles must lie within [0, 1] and increase; got ${quantiles.join(', ')}`);
  }
  if (!(windowMs > 0 && windowMs < Infinity))
    refuse('summary', name, `windowMs must be above 0; got ${windowMs}`);
  return { quantiles: [...quantiles], windowMs, sampleOneIn: sampleOneInOf('summary', options, defaults) };
}

function nativeOptionsOf({ name, native = false }: HistogramOptions): LogBucketsOptions | undefined {
  if (native === false) return undefined;
  const given: NativeHistogramOptions = native === true ? {} : native;
  const schema = given.schema ?? NATIVE_SCHEMA;
  const bucketsMax = given.bucketsMax ?? NATIVE_BUCKETS_MAX;
  const zeroThreshold = given.zeroThreshold ?? NATIVE_ZERO_THRESHOLD;
  if (!Number.isInteger(schema) || schema < SCHEMA_MIN || schema > SCHEMA_MAX)
    refuse(
      'histogram',
      name,
      `native.schema must be a whole number from ${SCHEMA_MIN} to ${SCHEMA_MAX}; got ${schema}`,
    );
  if (!Number.isInteger(bucketsMax) || bucketsMax < 1)
    refuse('histogram', name, `native.bucketsMax must be a whole number above 0; got ${bucketsMax}`);
  if (!(zeroThreshold >= 0 && zeroThreshold < Infinity))
    refuse('histogram', name, `native.zeroThreshold must not be negative; got ${zeroThreshold}`);
  return { schema, bucketsMax, zeroThreshold };
}

function sampleOneInOf(
  type: string,
  options: { readonly name: string; readonly sampleOneIn?: number },
  defaults: RegistryDefaults,
): number {
  const oneIn = options.sampleOneIn ?? defaults.sampleOneIn;
  if (!Number.isInteger(oneIn) || oneIn < 1)
    refuse(type, options.name, `sampleOneIn must be a whole number above 0; got ${oneIn}`);
  return oneIn;
}

function refuse(type: string, name: string, reason: string): never {
  throw new Error(`cannot create ${type} "${name}": ${reason}`);
}
