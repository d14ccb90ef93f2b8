import { STALE_NAN_HIGH, STALE_NAN_LOW } from '@vedette/model';
import type { BitWriter } from './bit-writer.ts';

/** No value was written with a window of its own yet. */
const NO_WINDOW = 0xff;

/** Five bits hold the number of leading zeros. */
const LEADING_MAX = 31;

const FLOAT = new DataView(new ArrayBuffer(8));

/**
 * One column of floats, each written as the XOR with the one before: `0` when equal, else the bits between the
 * leading and the trailing zeros, within the window of the value before where they fit it.
 */
export class XorColumn {
  #high = 0;
  #low = 0;
  #leading = NO_WINDOW;
  #trailing = 0;

  first(writer: BitWriter, value: number, isStale: boolean): void {
    this.#load(value, isStale);
    writer.bits(this.#high, 32);
    writer.bits(this.#low, 32);
  }

  next(writer: BitWriter, value: number, isStale: boolean): void {
    const [oldHigh, oldLow] = [this.#high, this.#low];
    this.#load(value, isStale);
    const high = (this.#high ^ oldHigh) >>> 0;
    const low = (this.#low ^ oldLow) >>> 0;
    if (high === 0 && low === 0) return writer.bits(0, 1);
    const leading = Math.min(high === 0 ? 32 + Math.clz32(low) : Math.clz32(high), LEADING_MAX);
    const trailing = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low);
    if (this.#leading !== NO_WINDOW && leading >= this.#leading && trailing >= this.#trailing)
      writer.bits(2, 2);
    else {
      this.#leading = leading;
      this.#trailing = trailing;
      writer.bits(3, 2);
      writer.bits(leading, 5);
      // 64 does not fit; 0 stands for it.
      writer.bits((64 - leading - trailing) & 63, 6);
    }
    return this.#window(writer, high, low);
  }

  #load(value: number, isStale: boolean): void {
    FLOAT.setFloat64(0, value);
    this.#high = isStale ? STALE_NAN_HIGH : FLOAT.getUint32(0);
    this.#low = isStale ? STALE_NAN_LOW : FLOAT.getUint32(4);
  }

  /** The bits of the window, moved to the right end. */
  #window(writer: BitWriter, high: number, low: number): void {
    const trailing = this.#trailing;
    const count = 64 - this.#leading - trailing;
    if (trailing >= 32) return writer.bits(high >>> (trailing - 32), count);
    const lowPart = trailing === 0 ? low : ((high << (32 - trailing)) | (low >>> trailing)) >>> 0;
    if (count > 32) writer.bits(high >>> trailing, count - 32);
    return writer.bits(lowPart, Math.min(count, 32));
  }
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
