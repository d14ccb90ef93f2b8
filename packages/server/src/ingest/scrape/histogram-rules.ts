import {
  findHistogramFault,
  InputError,
  reduceResolution,
  SCHEMA_CUSTOM,
  SCHEMA_MAX,
  SCHEMA_MIN,
  type NativeHistogram,
} from '@vedette/model';

/** What a job wants of histograms. */
export interface HistogramRules {
  /** False: native parts are ignored, the classic ones count. */
  readonly isNativeScraped: boolean;
  /** True: a histogram's classic series are kept beside its native form. */
  readonly isClassicAlwaysKept: boolean;
  /** True: classic histograms become native ones with custom buckets. */
  readonly isClassicConverted: boolean;
  /** Positive and negative buckets together; above it the resolution is reduced. */
  readonly bucketCountMax: number;
  /** A finer schema is reduced to this one. */
  readonly schemaMax: number;
}

/**
 * The highest resolution whose buckets grow by at least `factor` each: a schema of -4 to 8. 0 (and whatever is not
 * above 1) asks for nothing.
 */
export function schemaOfFactor(factor: number): number {
  if (factor <= 1) return SCHEMA_MAX;
  const schema = Math.floor(-Math.log2(Math.log2(factor)));
  // Adding zero turns -0 into 0.
  return Math.max(SCHEMA_MIN, Math.min(SCHEMA_MAX, schema)) + 0;
}

/**
 * A histogram from a page as it is stored: compact, no finer than wanted, within the limit of buckets. One that
 * contradicts itself or cannot be made to fit throws `InputError`, as it fails the scrape.
 */
export function fittedHistogram(histogram: NativeHistogram, rules: HistogramRules): NativeHistogram {
  const isCustom = histogram.schema === SCHEMA_CUSTOM;
  // Schemas beyond the finest known one are reserved for more of the same kind.
  const isReserved = histogram.schema > SCHEMA_MAX && histogram.schema <= SCHEMA_RESERVED_MAX;
  const fault = findHistogramFault(isReserved ? { ...histogram, schema: SCHEMA_MAX } : histogram);
  if (fault !== undefined) throw new InputError('VED_SCRAPE_FAILED', `invalid native histogram: ${fault}`);
  const schemaMax = isCustom ? SCHEMA_CUSTOM : rules.schemaMax;
  let fitted = reduceResolution(histogram, Math.min(histogram.schema, schemaMax));
  while (bucketCountOf(fitted) > rules.bucketCountMax) {
    if (isCustom || fitted.schema === SCHEMA_MIN)
      throw new InputError(
        'VED_SCRAPE_FAILED',
        `histogram bucket limit exceeded (number of buckets: ${bucketCountOf(fitted)}, limit: ${rules.bucketCountMax})`,
      );
    fitted = reduceResolution(fitted, fitted.schema - 1);
  }
  return fitted;
}

/** Schemas that the format sets aside for exponential buckets. */
const SCHEMA_RESERVED_MAX = 52;

function bucketCountOf({ positive, negative }: NativeHistogram): number {
  return positive.counts.length + negative.counts.length;
}
