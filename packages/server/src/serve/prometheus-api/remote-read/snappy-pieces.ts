import { compressSnappy } from '../../../lib/snappy.ts';

// Snappy looks no further back than this, so that pieces of this size compress as well as the whole, in 0.3 ms each.
const PIECE_BYTES = 64 * 1024;

/**
 * Compresses content that comes bit by bit, so that it never stands in memory as a whole: the elements of snappy's
 * pieces, one behind the other, are the elements of the whole. Only the length in front must be told at the end.
 */
export class SnappyPieces {
  readonly #buffer = new Uint8Array(PIECE_BYTES);
  #elements: Uint8Array[] = [];
  #filled = 0;
  #contentBytes = 0;
  #sizeBytes = 0;

  /** Length of the content so far. */
  get contentBytes(): number {
    return this.#contentBytes;
  }

  /** Length of what it was compressed to, without the piece that is being filled. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(bytes: Uint8Array): void {
    this.#contentBytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(bytes.length - at, PIECE_BYTES - this.#filled);
      this.#buffer.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === PIECE_BYTES) this.#compress();
    }
  }

  /** The elements; their length is not in front of them. */
  finish(): readonly Uint8Array[] {
    this.#compress();
    return this.#elements;
  }

  #compress(): void {
    if (this.#filled === 0) return;
    const compressed = compressSnappy(this.#buffer.subarray(0, this.#filled));
    let at = 0;
    while ((compressed[at] ?? 0) >= 128) at++;
    const elements = compressed.subarray(at + 1);
    this.#elements.push(elements);
    this.#sizeBytes += elements.length;
    this.#filled = 0;
  }
}
