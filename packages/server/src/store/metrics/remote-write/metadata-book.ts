import { labelValueOf, METRIC_NAME, type MetricMetadata } from '@vedette/model';
import type { OutgoingSeries } from './outgoing-series.ts';

// As many as our own store keeps.
const FAMILIES_REMEMBERED_MAX = 20_000;

/** Series of one family that do not have its name. */
const SUFFIX = /_(?:total|bucket|sum|count|created|info)$/;

/** What is known of metric families, the newest word of each. Beyond the limit the one told longest ago goes. */
export class MetadataBook {
  readonly #families = new Map<string, MetricMetadata>();

  tell(metadata: MetricMetadata): void {
    this.#families.delete(metadata.family);
    this.#families.set(metadata.family, metadata);
    if (this.#families.size <= FAMILIES_REMEMBERED_MAX) return;
    for (const oldest of this.#families.keys()) {
      this.#families.delete(oldest);
      break;
    }
  }

  all(): readonly MetricMetadata[] {
    return [...this.#families.values()];
  }

  /** What is known of the family to which a series belongs. */
  find({ labels }: OutgoingSeries): MetricMetadata | undefined {
    const name = labelValueOf(labels, METRIC_NAME);
    return this.#families.get(name) ?? this.#families.get(name.replace(SUFFIX, ''));
  }
}
