import { SCHEMA_CUSTOM, type NativeHistogram } from '@vedette/model';
import { hasCounterReset } from '@vedette/promql';

/**
 * A histogram with the counter-reset hint that Prometheus' storage hands out, which its scripts expect. A chunk holds
 * samples of one layout without a reset, so whatever follows within a chunk is no reset. Of the first in a chunk only
 * a reset is known; nothing is when the series begins there or its layout changed.
 */
export function asStored(histogram: NativeHistogram, previous: NativeHistogram | undefined): NativeHistogram {
  return { ...histogram, counterReset: hintOf(histogram, previous) };
}

function hintOf(
  histogram: NativeHistogram,
  previous: NativeHistogram | undefined,
): NativeHistogram['counterReset'] {
  if (histogram.counterReset === 'gauge' || histogram.counterReset === 'reset') return histogram.counterReset;
  if (previous === undefined || previous.counterReset === 'gauge') return 'unknown';
  if (histogram.count < previous.count) return 'reset';
  if (histogram.schema !== previous.schema || histogram.zeroThreshold !== previous.zeroThreshold)
    return 'unknown';
  const isOtherLayout =
    histogram.schema === SCHEMA_CUSTOM && histogram.customBounds.join() !== previous.customBounds.join();
  if (isOtherLayout) return 'unknown';
  const isReset = hasCounterReset(previous, { ...histogram, counterReset: 'unknown' });
  return isReset ? 'reset' : 'not-reset';
}
