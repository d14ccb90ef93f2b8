import type { LoadSeries } from './load-series.ts';
import { WriteBody, type PackedBody } from './write-body.ts';

export const LOAD_STEP_MS = 15_000;

/** Samples of all series at `count` times from `fromMs` on, in requests of about `samplesPerBody`. */
export function* loadBodies(
  series: readonly LoadSeries[],
  slot: { readonly fromMs: number; readonly count: number; readonly samplesPerBody: number },
): Iterable<PackedBody> {
  const { fromMs, count, samplesPerBody } = slot;
  const body = new WriteBody();
  for (const { fields, next } of series) {
    body.openSeries(fields);
    for (let i = 0; i < count; i++) body.addSample(fromMs + i * LOAD_STEP_MS, next());
    body.closeSeries();
    if (body.sampleCount >= samplesPerBody) yield body.finish();
  }
  if (body.sampleCount > 0) yield body.finish();
}
