import type { NativeHistogram } from '@vedette/model';
import { CHUNK_SAMPLES_MAX } from './chunk.ts';
import { columnCountOf, isSameLayout, samplesMaxOf } from './histogram-chunk.ts';
import type { SampleColumns } from './sample-columns.ts';

/** Samples of one series, floats and histograms mixed. */
export interface MixedColumns extends SampleColumns {
  /** By index; `undefined` when all are floats. */
  readonly histograms: ReadonlyMap<number, NativeHistogram> | undefined;
}

/** The samples [from, until), which make one chunk. */
export interface SampleRun {
  readonly from: number;
  readonly until: number;
  /** One per sample, under a staleness marker the one before; `undefined` for floats. */
  readonly histograms: readonly NativeHistogram[] | undefined;
}

/**
 * Cuts the samples into the runs that become chunks: as long as a chunk may be, floats or histograms of one
 * layout. A staleness marker belongs to whatever stands before it.
 */
export function runsOf(samples: MixedColumns): readonly SampleRun[] {
  const runs: SampleRun[] = [];
  const count = samples.timestampsMs.length;
  for (let from = 0; from < count;) {
    const run = runAt(samples, from, count);
    runs.push(run);
    from = run.until;
  }
  return runs;
}

function runAt({ histograms, staleFlags }: MixedColumns, from: number, count: number): SampleRun {
  const first = histograms?.get(from);
  if (histograms === undefined || first === undefined) {
    const end = Math.min(count, from + CHUNK_SAMPLES_MAX);
    let until = histograms === undefined ? end : from + 1;
    while (until < end && histograms?.has(until) !== true) until++;
    return { from, until, histograms: undefined };
  }
  const end = Math.min(count, from + samplesMaxOf(columnCountOf(first)));
  const run = [first];
  let until = from + 1;
  for (let last = first; until < end; until++) {
    const next = histograms.get(until) ?? (staleFlags[until] === 1 ? last : undefined);
    if (next === undefined || !isSameLayout(first, next)) break;
    run.push(next);
    last = next;
  }
  return { from, until, histograms: run };
}
