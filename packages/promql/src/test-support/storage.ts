import { labelsOf, MemoryMetrics, VirtualClock, type Slicer } from '@vedette/model';
import { PROMQL_FEATURES, type PromqlFeature } from '../syntax/features.ts';
import { createPromqlEngine, type PromqlEngine, type PromqlEngineOptions } from '../engine/engine.ts';

/** Series given as `[labels, values]`, a value every `stepMs` from time 0; `undefined` leaves a gap. */
export function storageOf(
  stepMs: number,
  ...series: (readonly [Record<string, string>, readonly (number | undefined)[]])[]
): MemoryMetrics {
  const storage = new MemoryMetrics();
  for (const [record, values] of series) {
    const labels = labelsOf(record);
    for (const [i, value] of values.entries())
      if (value !== undefined) storage.add(labels, i * stepMs, value);
  }
  return storage;
}

/** Everything that Prometheus counts as experimental, but counters are told by their names, as in its own tests. */
export const ALL_FEATURES: ReadonlySet<PromqlFeature> = new Set(
  PROMQL_FEATURES.filter((name) => name !== 'type-and-unit-labels'),
);

/** Never yields by itself. */
export const NEVER_YIELDS: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

export function engineOver(reader: MemoryMetrics, options: PromqlEngineOptions = {}): PromqlEngine {
  return createPromqlEngine(
    { reader, slicer: NEVER_YIELDS, clock: new VirtualClock({ startMs: 0 }) },
    { features: ALL_FEATURES, ...options },
  );
}

/** A signal that never aborts. */
export const NEVER: AbortSignal = new AbortController().signal;
