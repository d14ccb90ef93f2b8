import type { NativeHistogram } from '@vedette/model';
import { hasCounterReset } from './counter-reset.ts';
import { scaleHistogram } from './histogram-arithmetic.ts';
import { RunningHistogram } from './running-histogram.ts';

export interface InterpolatedHistogram {
  readonly histogram: NativeHistogram;
  /** Custom bounds differed and were reduced to those both have. */
  readonly isReconciled: boolean;
}

/**
 * The histogram that lies `fraction`, above 0 and below 1, of the way from `before` to `after`. A counter that was
 * reset in between counts as having begun empty at the former. `undefined` when one has exponential and the other
 * custom buckets.
 */
export function interpolateHistograms(
  before: NativeHistogram,
  after: NativeHistogram,
  fraction: number,
  isCounter: boolean,
): InterpolatedHistogram | undefined {
  if (isCounter && hasCounterReset(before, after))
    return { histogram: scaleHistogram(after, fraction), isReconciled: false };
  const result = new RunningHistogram(after);
  const difference = result.add(new RunningHistogram(before), -1);
  if (difference.kind === 'incompatible') return undefined;
  result.scale((value) => value * fraction);
  result.add(new RunningHistogram(before));
  return { histogram: result.toHistogram(), isReconciled: difference.isReconciled };
}
