import { bug } from '@vedette/model';

/**
 * Memory for very many small byte records, outside the garbage-collected heap: pages of 1 MiB, cut into
 * records in units of 8 bytes; freed records go to a list per size and are used again, so that a head
 * that fills and empties for weeks stays as large as it was at its fullest. The pages are shared memory,
 * so that query workers can read them later without a copy.
 *
 * An address counts units from the start of the first page; 0 is no record. 32 bits reach 32 GiB.
 */
const UNIT_BYTES = 8;
/** A page has 2^17 units: shifts and masks find a record, where a division took as long as reading it. */
const PAGE_SHIFT = 17;
const PAGE_UNITS = 2 ** PAGE_SHIFT;
const PAGE_BYTES = PAGE_UNITS * UNIT_BYTES;

/** The largest record. Chunks need 4 KiB, a label pair at most what a whole label set may take. */
const RECORD_BYTES_MAX = 2 ** 16;

export class SlabArena {
  readonly #pages: { readonly bytes: Uint8Array; readonly view: DataView }[] = [];
  /** First free record by size in units; the next one's address stands in its first bytes. */
  readonly #freeHeads = new Uint32Array(RECORD_BYTES_MAX / UNIT_BYTES + 1);
  #nextUnit = 1;
  #usedBytes = 0;

  /** Bytes of records in use, rounding included. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes of the pages: what the arena takes from the machine. */
  get reservedBytes(): number {
    return this.#pages.length * PAGE_BYTES;
  }

  /** The content of a new record is whatever was there before. */
  allocate(lengthBytes: number): number {
    if (lengthBytes < 1 || lengthBytes > RECORD_BYTES_MAX)
      bug(`a record has 1 to ${RECORD_BYTES_MAX} bytes; got ${lengthBytes}`);
    const units = (lengthBytes + UNIT_BYTES - 1) >>> 3;
    this.#usedBytes += units * UNIT_BYTES;
    const free = this.#freeHeads[units] ?? 0;
    if (free === 0) return this.#takeFresh(units);
    this.#freeHeads[units] = this.viewAt(free).getUint32(this.offsetOf(free), true);
    return free;
  }

  /** `lengthBytes` is what it was allocated with. */
  release(address: number, lengthBytes: number): void {
    const units = (lengthBytes + UNIT_BYTES - 1) >>> 3;
    this.#usedBytes -= units * UNIT_BYTES;
    this.#pushFree(address, units);
  }

  /** The page that holds the whole record, to be used with `offsetOf`. */
  bytesAt(address: number): Uint8Array {
    return this.#pageAt(address).bytes;
  }

  viewAt(address: number): DataView {
    return this.#pageAt(address).view;
  }

  offsetOf(address: number): number {
    return (address & (PAGE_UNITS - 1)) * UNIT_BYTES;
  }

  #pageAt(address: number): { readonly bytes: Uint8Array; readonly view: DataView } {
    return this.#pages[address >>> PAGE_SHIFT] ?? bug(`no record has the address ${address}`);
  }

  #takeFresh(units: number): number {
    const roomUnits = this.#pages.length * PAGE_UNITS - this.#nextUnit;
    if (units > roomUnits) {
      if (roomUnits > 0) this.#pushFree(this.#nextUnit, Math.min(roomUnits, RECORD_BYTES_MAX / UNIT_BYTES));
      this.#addPage();
    }
    const address = this.#nextUnit;
    this.#nextUnit += units;
    return address;
  }

  #addPage(): void {
    const buffer = new SharedArrayBuffer(PAGE_BYTES);
    if (this.#pages.length > 0) this.#nextUnit = this.#pages.length * PAGE_UNITS;
    this.#pages.push({ bytes: new Uint8Array(buffer), view: new DataView(buffer) });
  }

  #pushFree(address: number, units: number): void {
    this.viewAt(address).setUint32(this.offsetOf(address), this.#freeHeads[units] ?? 0, true);
    this.#freeHeads[units] = address;
  }
}
