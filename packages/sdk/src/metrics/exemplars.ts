import type { Exemplar, ExemplarLabels } from './instruments.ts';
import { isLabelName } from './names.ts';

// OpenMetrics 1.0, "Exemplars": the combined length of label names and values must not exceed 128 UTF-8 characters.
const EXEMPLAR_CHARS_MAX = 128;

/**
 * The last exemplar of each counter and bucket of one instrument. Bounded by their number; nothing is kept until the
 * first one comes.
 */
export class Exemplars {
  readonly #byPlace = new Map<number, Exemplar>();
  readonly #placesPerSeries: number;

  constructor(placesPerSeries: number) {
    this.#placesPerSeries = placesPerSeries;
  }

  /** False when the labels break a rule of OpenMetrics: nothing is kept. */
  set(
    place: { series: number; sample: number },
    labels: ExemplarLabels,
    seen: { value: number; timestampMs: number },
  ): boolean {
    const flat = flatLabelsOf(labels);
    if (flat === undefined) return false;
    const { value, timestampMs } = seen;
    this.#byPlace.set(place.series * this.#placesPerSeries + place.sample, {
      labels: flat,
      value,
      timestampMs,
    });
    return true;
  }

  get(series: number, sample: number): Exemplar | undefined {
    return this.#byPlace.get(series * this.#placesPerSeries + sample);
  }

  remove(series: number): void {
    for (let sample = 0; sample < this.#placesPerSeries; sample++)
      this.#byPlace.delete(series * this.#placesPerSeries + sample);
  }

  clear(): void {
    this.#byPlace.clear();
  }
}

/** Flat `[name, value, …]`; `undefined` when a name is none or there is too much of it. */
function flatLabelsOf(labels: ExemplarLabels): readonly string[] | undefined {
  const flat: string[] = [];
  let chars = 0;
  for (const [name, value] of Object.entries(labels)) {
    // Each character is one or two units: what has too many units for any is not counted through.
    if (typeof value !== 'string' || value.length > 2 * EXEMPLAR_CHARS_MAX || !isLabelName(name))
      return undefined;
    chars += name.length + charCountOf(value);
    // A copy without lone surrogates, which UTF-8 has none of.
    flat.push(name, Buffer.from(value).toString());
  }
  return chars > EXEMPLAR_CHARS_MAX ? undefined : flat;
}

function charCountOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
