import type { Labels } from '@vedette/model';

/** The series of the head that some matchers accept, in the order of their label sets. */
export interface SortedSeries {
  readonly ids: Uint32Array;
  readonly labels: readonly Labels[];
}

/** Such series at one version of the table. */
interface KnownSeries {
  readonly version: number;
  readonly series: SortedSeries;
}

/** Series in all entries: about 150 bytes each with the label set, so 15 MB when dashboards use it to the full. */
const SERIES_MAX = 100_000;

/**
 * What selectors of the last queries found. Dashboards and rules ask with the same selectors every few
 * seconds, while series come and go seldom: finding, naming and sorting 1,200 series took two thirds
 * of an instant query. An entry is what there was at one version of the series table; what was used least
 * recently goes first.
 */
export class SelectionCache {
  readonly #entries = new Map<string, KnownSeries>();
  #seriesCount = 0;

  find(key: string): KnownSeries | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  keep(key: string, version: number, series: SortedSeries): void {
    this.#remove(key);
    if (series.ids.length > SERIES_MAX) return;
    this.#entries.set(key, { version, series });
    this.#seriesCount += series.ids.length;
    for (const oldest of this.#entries.keys()) {
      // Entries without series count for nothing but their key: their number is held as well.
      if (this.#seriesCount <= SERIES_MAX && this.#entries.size <= ENTRIES_MAX) return;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    this.#seriesCount -= this.#entries.get(key)?.series.ids.length ?? 0;
    this.#entries.delete(key);
  }
}

/** Selectors of some dozens of dashboards and of all shipped rules. */
const ENTRIES_MAX = 1000;
