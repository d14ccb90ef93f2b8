import type { HistogramBuckets, NativeHistogram } from '@vedette/model';
import { ProtobufWriter } from '../../../lib/protobuf-writer.ts';

/** The numbers of `ResetHint`. */
const RESET_HINTS = { unknown: 0, reset: 1, 'not-reset': 2, gauge: 3 } as const;

const TIMESTAMP = 15;
const START_TIMESTAMP = 17;

/**
 * A histogram as a message, the same in both versions up to the start. We keep counts as floats; those that
 * are whole and add up are sent as integers, which receivers store in a third of the space. What does not add
 * up (a rule's result) is sent as floats, since receivers refuse it as integers.
 *
 * `startMs` is for version 2; 0 leaves it out.
 */
export function encodeHistogram(
  histogram: NativeHistogram,
  { timestampMs, startMs }: { timestampMs: number; startMs: number },
): ProtobufWriter {
  const { count, sum, schema, zeroThreshold, zeroCount, positive, negative, customBounds } = histogram;
  const isInteger = isCountedInIntegers(histogram);
  const message = new ProtobufWriter();
  if (isInteger) message.uint(1, count);
  else message.double(2, count);
  message.double(3, sum);
  message.sint(4, schema);
  message.double(5, zeroThreshold);
  if (isInteger) message.uint(6, zeroCount);
  else message.double(7, zeroCount);
  writeBuckets(message, 8, negative, isInteger);
  writeBuckets(message, 11, positive, isInteger);
  message.uint(14, RESET_HINTS[histogram.counterReset]);
  message.int(TIMESTAMP, timestampMs);
  if (customBounds.length > 0) message.packedDoubles(16, customBounds);
  if (startMs !== 0) message.int(START_TIMESTAMP, startMs);
  return message;
}

/** Fields from `first` on: spans, counts as differences, counts as they are. */
function writeBuckets(
  message: ProtobufWriter,
  first: number,
  { spans, counts }: HistogramBuckets,
  isInteger: boolean,
): void {
  for (const { offset, length } of spans) {
    const span = new ProtobufWriter(16);
    span.sint(1, offset);
    span.uint(2, length);
    message.message(first, span);
  }
  if (counts.length === 0) return;
  if (isInteger) message.packedSints(first + 1, differencesOf(counts));
  else message.packedDoubles(first + 2, counts);
}

function* differencesOf(counts: Float64Array): Iterable<number> {
  let before = 0;
  for (const count of counts) {
    yield count - before;
    before = count;
  }
}

function isCountedInIntegers({ count, sum, zeroCount, positive, negative }: NativeHistogram): boolean {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(zeroCount)) return false;
  let total = zeroCount;
  for (const counts of [positive.counts, negative.counts])
    for (const one of counts) {
      if (!Number.isSafeInteger(one)) return false;
      total += one;
    }
  // Observations of NaN are counted and lie in no bucket.
  return total === count || (Number.isNaN(sum) && total < count);
}
