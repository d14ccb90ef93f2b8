import { UnavailableError } from '@vedette/model';
import type { Head } from './head/head.ts';

/**
 * Room above `headBytesMax` while a flush is under way: as much again, but no less than 64 MiB, or a small limit
 * would refuse what merely comes in between two looks. At 10 MB/s, more than one core takes, that is 6 s.
 */
const ROOM_BYTES_MIN = 64 * 2 ** 20;

/**
 * The end of the head's memory. A head above `headBytesMax` is flushed; only when flushes fail again and again
 * does it grow on, until batches are refused here rather than the process killed by the system.
 */
export class HeadCeiling {
  readonly #head: Head;
  readonly #bytesMax: number;

  constructor(head: Head, headBytesMax: number) {
    this.#head = head;
    this.#bytesMax = headBytesMax + Math.max(headBytesMax, ROOM_BYTES_MIN);
  }

  /** A sentence for operators; `undefined` below the ceiling. */
  get problem(): string | undefined {
    if (this.#head.sampleBytes <= this.#bytesMax) return undefined;
    return `no samples are accepted: ${mebibytes(this.#head.sampleBytes)} of them could not be written to a block yet, the limit is ${mebibytes(this.#bytesMax)} (from storage.metrics.head_bytes_max); the log says why blocks cannot be written`;
  }

  assertWritable(): void {
    const { problem } = this;
    if (problem !== undefined)
      throw new UnavailableError('VED_STORAGE_FULL', `cannot append samples: ${problem}`);
  }
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
