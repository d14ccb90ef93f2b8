import { compareUtf8, type MetricMetadata } from '@vedette/model';

// 20,000 families of some 150 bytes are 3 MB; the largest clusters expose about 5,000.
const FAMILIES_MAX = 20_000;

/** What metric families say about themselves. In memory only; at the limit the one told longest ago goes. */
export class MetadataTable {
  readonly #byFamily = new Map<string, MetricMetadata>();

  put(metadata: readonly MetricMetadata[]): void {
    for (const one of metadata) {
      this.#byFamily.delete(one.family);
      this.#byFamily.set(one.family, one);
      if (this.#byFamily.size <= FAMILIES_MAX) continue;
      for (const oldest of this.#byFamily.keys()) {
        this.#byFamily.delete(oldest);
        break;
      }
    }
  }

  list(family?: string): readonly MetricMetadata[] {
    if (family === undefined)
      return [...this.#byFamily.values()].sort((a, b) => compareUtf8(a.family, b.family));
    const one = this.#byFamily.get(family);
    return one === undefined ? [] : [one];
  }
}
