/**
 * A native histogram as the API writes it, made a histogram again.
 *
 * The text has count, sum and the buckets that are not empty, `[boundaries, "lower", "upper", "count"]` from the
 * lowest to the highest; schema, spans and zero threshold are gone and found again:
 *
 * 1. A bucket around zero (`lower = -upper`) is the zero bucket, its upper bound the threshold.
 * 2. All others are exponential when each has the ratio `upper / lower = 2^(2^-schema)` of one schema and a bound that
 *    is a power of it. Otherwise they are custom, and their bounds are the custom bounds.
 *
 * What stays unknown: a threshold without observations below it (0 is taken), empty custom buckets at both ends, the
 * counter reset hint (`unknown`).
 */
import {
  InputError,
  SCHEMA_CUSTOM,
  SCHEMA_MAX,
  SCHEMA_MIN,
  type HistogramBuckets,
  type NativeHistogram,
} from '@vedette/model';
import type { JsonCursor } from '../../lib/json-cursor.ts';
import { parseSampleValue } from './sample-value.ts';

/** From the cursor at the object. Throws `InputError` (VED_BODY_INVALID). */
export function readHistogramJson(cursor: JsonCursor): NativeHistogram {
  let count = 0;
  let sum = 0;
  let buckets: readonly Bucket[] = [];
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'count') count = parseSampleValue(cursor.readString());
    else if (key === 'sum') sum = parseSampleValue(cursor.readString());
    else if (key === 'buckets') buckets = readBuckets(cursor);
    else cursor.skip();
  }
  return { count, sum, counterReset: 'unknown', ...layoutOf(buckets) };
}

interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

function readBuckets(cursor: JsonCursor): readonly Bucket[] {
  const buckets: Bucket[] = [];
  cursor.enterArray();
  while (cursor.nextElement()) {
    cursor.enterArray();
    const part = <T>(read: () => T): T => {
      if (!cursor.nextElement()) throw malformed('a bucket has fewer than four parts');
      return read();
    };
    part(() => cursor.readNumber());
    const [lower, upper, count] = [0, 0, 0].map(() => part(() => parseSampleValue(cursor.readString())));
    if (cursor.nextElement()) throw malformed('a bucket has more than four parts');
    if (lower === undefined || upper === undefined || count === undefined || !(lower <= upper))
      throw malformed(`a bucket reaches from ${lower} to ${upper}`);
    buckets.push({ lower, upper, count });
  }
  return buckets;
}

function malformed(reason: string): InputError {
  return new InputError('VED_BODY_INVALID', `cannot read histogram: ${reason}`);
}

type Layout = Pick<
  NativeHistogram,
  'schema' | 'zeroThreshold' | 'zeroCount' | 'positive' | 'negative' | 'customBounds'
>;

const NO_BUCKETS: HistogramBuckets = { spans: [], counts: new Float64Array(0) };
const NO_BOUNDS = new Float64Array(0);

function layoutOf(buckets: readonly Bucket[]): Layout {
  const zero = buckets.find(({ lower, upper }) => lower === -upper && Number.isFinite(upper));
  const others = buckets.filter((bucket) => bucket !== zero);
  const zeroThreshold = zero?.upper ?? 0;
  const zeroCount = zero?.count ?? 0;
  const schema = others.length === 0 ? 0 : findSchema(others);
  if (schema === undefined) return { ...customLayoutOf(buckets), schema: SCHEMA_CUSTOM };
  const positive = others.filter(({ lower }) => lower >= 0);
  const negative = others
    .filter(({ lower }) => lower < 0)
    .map(({ lower, upper, count }) => ({ lower: -upper, upper: -lower, count }))
    .toReversed();
  return {
    schema,
    zeroThreshold,
    zeroCount,
    positive: spansOf(positive.map(({ upper, count }) => [indexOf(upper, schema), count])),
    negative: spansOf(negative.map(({ upper, count }) => [indexOf(upper, schema), count])),
    customBounds: NO_BOUNDS,
  };
}

// Engines take their bounds from tables or from powers: they differ in the last bits. Neighbouring schemas differ by a
// factor of two, neighbouring indexes by one.
const TOLERANCE = 1e-6;

/** The one schema of which every bucket is one; `undefined` when there is none. */
function findSchema(buckets: readonly Bucket[]): number | undefined {
  let schema: number | undefined;
  for (const { lower, upper } of buckets) {
    if (lower < 0 !== upper <= 0) return undefined;
    const [low, high] = [Math.abs(lower), Math.abs(upper)].sort((a, b) => a - b);
    if (low === undefined || high === undefined || !(low > 0) || !Number.isFinite(high)) return undefined;
    const exact = -Math.log2(Math.log2(high) - Math.log2(low));
    // Plus zero: a schema is 0, never -0.
    const own = Math.round(exact) + 0;
    if (Math.abs(exact - own) > TOLERANCE || own < SCHEMA_MIN || own > SCHEMA_MAX) return undefined;
    if (schema !== undefined && schema !== own) return undefined;
    const place = Math.log2(high) * 2 ** own;
    if (Math.abs(place - Math.round(place)) > TOLERANCE * Math.max(1, Math.abs(place))) return undefined;
    schema = own;
  }
  return schema;
}

function indexOf(upper: number, schema: number): number {
  return Math.round(Math.log2(upper) * 2 ** schema) + 0;
}

/** From indexes in increasing order. */
function spansOf(indexed: readonly (readonly [index: number, count: number])[]): HistogramBuckets {
  if (indexed.length === 0) return NO_BUCKETS;
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  for (const [index] of indexed) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return { spans, counts: Float64Array.from(indexed, ([, count]) => count) };
}

/** Bounds are all finite ends; bucket i lies below bound i. A bucket that reaches over bounds of others is malformed. */
function customLayoutOf(buckets: readonly Bucket[]): Omit<Layout, 'schema'> {
  const ends = new Set(buckets.flatMap(({ lower, upper }) => [lower, upper]).filter(Number.isFinite));
  const customBounds = Float64Array.from(ends).sort();
  const indexed = buckets.map(({ upper, count }): [number, number] => {
    const index = customBounds.indexOf(upper);
    return [index < 0 ? customBounds.length : index, count];
  });
  for (const [i, [index]] of indexed.entries())
    if (i > 0 && index <= (indexed[i - 1]?.[0] ?? 0)) throw malformed('its buckets are not in order');
  return {
    zeroThreshold: 0,
    zeroCount: 0,
    positive: spansOf(indexed),
    negative: NO_BUCKETS,
    customBounds,
  };
}
