import { UnavailableError, type Files } from '@vedette/model';
import type { Reporter } from './report.ts';

// What a flush, a compaction and the state database may still need: 512 MiB. On small disks
// 5 %, or a machine with 8 GB could hardly store anything; the smaller of the two counts.
const FLOOR_BYTES = 512 * 2 ** 20;
const FLOOR_RATIO = 0.05;

/**
 * Stops writing before the disk is full, so that what is acknowledged can still be moved to blocks and other parts
 * of the product can still write. Reading is not concerned. Writing resumes with the first look that finds
 * enough space.
 */
export class SpaceGuard {
  readonly #files: Files;
  readonly #report: Reporter;
  readonly #directory: string;
  /** What was found by the last look, when it was too little. */
  #shortage: Shortage | undefined;

  constructor(deps: { files: Files; report: Reporter }, directory: string) {
    this.#files = deps.files;
    this.#report = deps.report;
    this.#directory = directory;
  }

  get isFull(): boolean {
    return this.#shortage !== undefined;
  }

  /** Looks again. */
  async check(): Promise<void> {
    const { freeBytes, totalBytes } = await this.#files.space(this.#directory);
    const floorBytes = Math.min(FLOOR_BYTES, totalBytes * FLOOR_RATIO);
    const wasFull = this.isFull;
    this.#shortage = freeBytes < floorBytes ? { freeBytes, floorBytes } : undefined;
    if (wasFull === this.isFull) return;
    const fields = { directory: this.#directory, freeBytes, floorBytes };
    if (this.isFull) this.#report.warn('the disk is nearly full: no samples are accepted', fields);
    else this.#report.info('the disk has space again: samples are accepted', fields);
  }

  /** A sentence for operators; `undefined` while there is enough space. */
  get problem(): string | undefined {
    return this.#shortage === undefined
      ? undefined
      : `no samples are accepted: ${this.#reasonOf(this.#shortage)}`;
  }

  assertWritable(): void {
    if (this.#shortage === undefined) return;
    throw new UnavailableError(
      'VED_STORAGE_FULL',
      `cannot append samples: ${this.#reasonOf(this.#shortage)}`,
    );
  }

  #reasonOf({ freeBytes, floorBytes }: Shortage): string {
    return `the disk of "${this.#directory}" has ${mebibytes(freeBytes)} free, want at least ${mebibytes(floorBytes)}; free space on it, or shorten the retention`;
  }
}

interface Shortage {
  readonly freeBytes: number;
  readonly floorBytes: number;
}

/** With one decimal: small disks have small floors. */
function mebibytes(bytes: number): string {
  return `${(Math.floor((bytes / 2 ** 20) * 10) / 10).toFixed(1)} MiB`;
}
