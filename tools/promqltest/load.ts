import { labelsEqual, type MemoryMetrics, type NativeHistogram } from '@vedette/model';
import { addCustomHistograms } from './nhcb.ts';
import type { LoadCommand } from './script.ts';
import type { SeriesLine } from '@vedette/promql';
import { asStored } from './stored-hints.ts';

/** Puts the samples of a `load` into the storage, from time 0 on. */
export function load(storage: MemoryMetrics, { series, stepMs, withNativeHistograms }: LoadCommand): void {
  for (const [at, line] of series.entries()) loadSeries(storage, line, stepMs, startsOf(series, at));
  if (withNativeHistograms) addCustomHistograms(storage, series, stepMs);
}

function loadSeries(
  storage: MemoryMetrics,
  { labels, values }: SeriesLine,
  stepMs: number,
  starts: SeriesLine['startOffsetsMs'] | undefined,
): void {
  let previous: NativeHistogram | undefined;
  for (const [i, value] of values.entries()) {
    const timestampMs = i * stepMs;
    const startOffsetMs = starts?.[i];
    const startMs = startOffsetMs === undefined ? 0 : timestampMs + startOffsetMs;
    if (value.kind === 'float') storage.add(labels, timestampMs, value.value, startMs);
    else if (value.kind === 'stale') storage.addStaleMarker(labels, timestampMs);
    else if (value.kind === 'histogram') {
      previous = asStored(value.histogram, previous);
      storage.addHistogram(labels, timestampMs, previous, startMs);
    }
    if (value.kind === 'float' || value.kind === 'stale') previous = undefined;
  }
}

/** The start timestamps of a line of samples: they stand in the `@st` line directly before it. */
function startsOf(series: readonly SeriesLine[], at: number): SeriesLine['startOffsetsMs'] | undefined {
  const [before, line] = [series[at - 1], series[at]];
  if (before === undefined || line === undefined || !before.isStartTimestamps) return undefined;
  if (!labelsEqual(before.labels, line.labels)) throw new Error('a @st line stands before another series');
  if (before.startOffsetsMs.length !== line.values.length)
    throw new Error(
      `a @st line has ${before.startOffsetsMs.length} positions; want ${line.values.length}, as its series`,
    );
  return before.startOffsetsMs;
}
