import type { MetricMetadata } from '@vedette/model';

/** What a target says about its metric families, and what of it the store has not heard yet. */
export class TargetMetadata {
  readonly #families = new Map<string, MetricMetadata>();
  readonly #changed = new Set<string>();

  /** Notes what a page says of a family; what it does not say stays. */
  note(family: string, said: Partial<Omit<MetricMetadata, 'family'>>): void {
    const known = this.#families.get(family);
    const next = { ...(known ?? { family, type: 'unknown', help: '', unit: '' }), ...said };
    const isSame =
      known !== undefined && known.type === next.type && known.help === next.help && known.unit === next.unit;
    if (isSame || (known === undefined && this.#families.size >= FAMILIES_MAX)) return;
    this.#families.set(family, next);
    this.#changed.add(family);
  }

  changed(): MetricMetadata[] {
    return [...this.#changed]
      .map((family) => this.#families.get(family))
      .filter((entry) => entry !== undefined);
  }

  /** What the pages said of their families so far, in the order of their first mention. */
  families(): readonly MetricMetadata[] {
    return [...this.#families.values()];
  }

  /** The batch that carried the changes is stored. */
  commit(): void {
    this.#changed.clear();
  }
}

/** Families per target whose metadata is kept; the largest exporters in the field have about 2,000. */
const FAMILIES_MAX = 10_000;
