import type { Labels } from './labels.ts';

/** A single observation kept beside its series, usually with the id of its trace: the way from a graph to a trace. */
export interface Exemplar {
  /** What it says of itself, such as `trace_id`; together at most `EXEMPLAR_LABEL_CHARACTERS_MAX` long. */
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}

/** The exemplars of one series, in increasing time. */
export interface SeriesExemplars {
  readonly labels: Labels;
  readonly exemplars: readonly Exemplar[];
}

/** OpenMetrics' bound on the names and values of an exemplar's labels together, in Unicode code points. */
export const EXEMPLAR_LABEL_CHARACTERS_MAX = 128;
