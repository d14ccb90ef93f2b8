import { EXEMPLAR_LABEL_CHARACTERS_MAX, labelsFromPairs, type Exemplar } from '@vedette/model';
import type { OtlpExemplar } from './otlp-metrics.ts';

/**
 * Exemplars in increasing time, labelled with `trace_id` and `span_id`; their attributes follow when all of it
 * fits into what an exemplar may say. One without a time of its own has that of its point.
 */
export function exemplarsOf(exemplars: readonly OtlpExemplar[], pointMs: number): Exemplar[] {
  return exemplars
    .filter(({ value }) => !Number.isNaN(value))
    .map((exemplar) => exemplarOf(exemplar, pointMs))
    .sort((a, b) => a.timestampMs - b.timestampMs);
}

function exemplarOf(
  { traceId, spanId, attributes, value, timestampMs }: OtlpExemplar,
  pointMs: number,
): Exemplar {
  const ids: [string, string][] = [
    ['trace_id', traceId],
    ['span_id', spanId],
  ];
  const pairs = ids.filter(([, id]) => id !== '');
  const idCharacters = pairs.flat().join('').length;
  if (idCharacters + characterCountOf(attributes) <= EXEMPLAR_LABEL_CHARACTERS_MAX)
    for (let i = 0; i < attributes.length; i += 2)
      pairs.unshift([attributes[i] ?? '', attributes[i + 1] ?? '']);
  return {
    labels: labelsFromPairs(pairs.filter(([name]) => name !== '')),
    value,
    timestampMs: timestampMs === 0 ? pointMs : timestampMs,
  };
}

function characterCountOf(texts: readonly string[]): number {
  let count = 0;
  for (const text of texts) {
    // Longer than any exemplar's: not worth counting.
    if (text.length > 4 * EXEMPLAR_LABEL_CHARACTERS_MAX) return Number.POSITIVE_INFINITY;
    for (const _ of text) count++;
  }
  return count;
}
