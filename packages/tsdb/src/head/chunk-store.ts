import type { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import type { SampleColumns } from '../chunk/sample-columns.ts';
import { SlabArena } from './slab-arena.ts';

/**
 * The encoded chunks of the head, each with 24 bytes in front: the address of the series' chunk before it
 * (u32, 0: none), the number of samples with the parity of its epoch in the top bit (u16), the length of
 * the chunk (u16), and the times of its first and last sample (f64 each). So the chunks of a series
 * are a list from the newest to the oldest, the order in which queries look for them.
 */
const PREFIX_BYTES = 24;
const PARITY_BIT = 0x8000;

export interface ChunkFacts {
  readonly previous: number;
  readonly parity: number;
  readonly count: number;
  readonly minMs: number;
  readonly maxMs: number;
}

export class ChunkStore {
  readonly #arena = new SlabArena();
  readonly #decoder: ChunkDecoder;
  #chunkCount = 0;

  constructor(decoder: ChunkDecoder) {
    this.#decoder = decoder;
  }

  get chunkCount(): number {
    return this.#chunkCount;
  }

  get usedBytes(): number {
    return this.#arena.usedBytes;
  }

  get reservedBytes(): number {
    return this.#arena.reservedBytes;
  }

  /** Copies `chunk`; returns its address. */
  add(chunk: Uint8Array, facts: ChunkFacts): number {
    const address = this.#arena.allocate(PREFIX_BYTES + chunk.length);
    const view = this.#arena.viewAt(address);
    const offset = this.#arena.offsetOf(address);
    view.setUint32(offset, facts.previous, true);
    view.setUint16(offset + 4, facts.count | (facts.parity * PARITY_BIT), true);
    view.setUint16(offset + 6, chunk.length, true);
    view.setFloat64(offset + 8, facts.minMs, true);
    view.setFloat64(offset + 16, facts.maxMs, true);
    this.#arena.bytesAt(address).set(chunk, offset + PREFIX_BYTES);
    this.#chunkCount++;
    return address;
  }

  release(address: number): void {
    const offset = this.#arena.offsetOf(address);
    this.#arena.release(address, PREFIX_BYTES + this.#arena.viewAt(address).getUint16(offset + 6, true));
    this.#chunkCount--;
  }

  previousOf(address: number): number {
    return this.#arena.viewAt(address).getUint32(this.#arena.offsetOf(address), true);
  }

  /** Makes the chunk the oldest of its series. */
  cutBefore(address: number): void {
    this.#arena.viewAt(address).setUint32(this.#arena.offsetOf(address), 0, true);
  }

  countOf(address: number): number {
    return this.#countWord(address) & (PARITY_BIT - 1);
  }

  /** 0 or 1: the epoch's last bit. No more than two epochs are in memory. */
  parityOf(address: number): number {
    return this.#countWord(address) >> 15;
  }

  minMsOf(address: number): number {
    return this.#arena.viewAt(address).getFloat64(this.#arena.offsetOf(address) + 8, true);
  }

  maxMsOf(address: number): number {
    return this.#arena.viewAt(address).getFloat64(this.#arena.offsetOf(address) + 16, true);
  }

  /** Decodes into `target` from `at` on; returns the number of samples. Some before `fromMs` may be left out. */
  decode(address: number, target: SampleColumns, at: number, fromMs = -Infinity): number {
    const start = this.#arena.offsetOf(address) + PREFIX_BYTES;
    const length = this.#arena.viewAt(address).getUint16(start - PREFIX_BYTES + 6, true);
    return this.#decoder.decode(this.#arena.bytesAt(address), start, start + length, target, at, fromMs);
  }

  #countWord(address: number): number {
    return this.#arena.viewAt(address).getUint16(this.#arena.offsetOf(address) + 4, true);
  }
}
