import { bug } from './bug.ts';
import {
  SCHEMA_CUSTOM,
  SCHEMA_MIN,
  type HistogramBuckets,
  type NativeHistogram,
} from './native-histogram.ts';

/**
 * The histogram at a coarser (or its own) schema, without empty buckets and with as few spans as possible. Each
 * step down in schema joins two buckets in one. Custom buckets cannot be joined: of them only the empty ones go.
 */
export function reduceResolution(histogram: NativeHistogram, schema: number): NativeHistogram {
  const isPossible =
    schema === histogram.schema ||
    (histogram.schema !== SCHEMA_CUSTOM && schema < histogram.schema && schema >= SCHEMA_MIN);
  if (!isPossible) bug(`cannot reduce the resolution of schema ${histogram.schema} to ${schema}`);
  const factor = 2 ** (histogram.schema - schema);
  return {
    ...histogram,
    schema,
    positive: joined(histogram.positive, factor),
    negative: joined(histogram.negative, factor),
  };
}

/** Buckets in groups of `factor`: bucket `i` covers what lies up to its bound, so 1…factor become bucket 1. */
function joined({ spans, counts }: HistogramBuckets, factor: number): HistogramBuckets {
  const merged: { offset: number; length: number }[] = [];
  const totals: number[] = [];
  let index = 0;
  let place = 0;
  let last = NaN;
  /** The bucket behind the last span, from where the next offset counts. */
  let end = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      const count = counts[place++] ?? 0;
      if (count === 0) continue;
      // Adding zero turns -0 into 0.
      const target = Math.ceil(index / factor) + 0;
      const span = merged.at(-1);
      if (target === last) totals[totals.length - 1] = (totals.at(-1) ?? 0) + count;
      else {
        totals.push(count);
        if (span !== undefined && target === end) span.length++;
        else merged.push({ offset: target - end, length: 1 });
        end = target + 1;
      }
      last = target;
    }
  }
  return { spans: merged, counts: Float64Array.from(totals) };
}
