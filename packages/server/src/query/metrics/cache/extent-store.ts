import type { Annotations } from '@vedette/model';
import type { ResultColumns } from './result-columns.ts';

/** What is kept of one expression: its columns over a stretch of steps. Never changed, only replaced. */
export interface Extent extends ResultColumns {
  /** No step of it has others; one of them may belong to any step. */
  readonly annotations: Annotations;
  /** As many steps as the longest request wanted; no more are kept. */
  readonly stepsMax: number;
  readonly sizeBytes: number;
}

// One answer over 10,000 series must not push out those of all dashboards.
const EXTENTS_MIN = 4;

/** Extents by key, within a number of bytes; the one that was not used for longest goes first. */
export class ExtentStore {
  readonly #bytesMax: number;
  /** In the order of their last use. */
  readonly #extents = new Map<string, Extent>();
  #revision: number | undefined;
  #sizeBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get count(): number {
    return this.#extents.size;
  }

  /** Forgets everything that was computed from another history; true when there was something. */
  follow(revision: number): boolean {
    if (revision === this.#revision) return false;
    this.#revision = revision;
    const hadExtents = this.#extents.size > 0;
    this.#extents.clear();
    this.#sizeBytes = 0;
    return hadExtents;
  }

  find(key: string): Extent | undefined {
    const extent = this.#extents.get(key);
    if (extent === undefined) return undefined;
    this.#extents.delete(key);
    this.#extents.set(key, extent);
    return extent;
  }

  /** Replaces what is there under the key. What is too large for its share is not kept. Returns how many others went. */
  put(key: string, extent: Extent): number {
    this.drop(key);
    const sizeBytes = extent.sizeBytes + 2 * key.length;
    if (sizeBytes > this.#bytesMax / EXTENTS_MIN) return 0;
    this.#extents.set(key, extent);
    this.#sizeBytes += sizeBytes;
    let evicted = 0;
    for (const oldest of this.#extents.keys()) {
      if (this.#sizeBytes <= this.#bytesMax) break;
      this.drop(oldest);
      evicted++;
    }
    return evicted;
  }

  drop(key: string): void {
    const extent = this.#extents.get(key);
    if (extent === undefined) return;
    this.#extents.delete(key);
    this.#sizeBytes -= extent.sizeBytes + 2 * key.length;
  }
}
