import { InputError, STALE_NAN_HIGH, STALE_NAN_LOW } from '@vedette/model';
import { floatOf, type BitReader } from './bit-reader.ts';

/**
 * One column of floats in which each is written as the XOR with the one before, without the zeros around it.
 * Its bits are kept in two halves: a staleness marker is a NaN of certain bits, which a number would lose.
 */
export class XorValue {
  #high = 0;
  #low = 0;
  #leading = 0;
  #trailing = 0;

  get isStale(): boolean {
    return this.#high === STALE_NAN_HIGH && this.#low === STALE_NAN_LOW;
  }

  /** The first value of the column, in full. */
  first(reader: BitReader): number {
    const value = reader.float();
    this.#high = reader.high >>> 0;
    this.#low = reader.low >>> 0;
    return value;
  }

  next(reader: BitReader): number {
    if (reader.bit() === 1) this.#change(reader);
    return floatOf(this.#high, this.#low);
  }

  #change(reader: BitReader): void {
    if (reader.bit() === 1) {
      this.#leading = reader.bits(5);
      // 64 does not fit 6 bits; 0 never occurs and stands for it.
      const significant = reader.bits(6) || 64;
      if (this.#leading + significant > 64)
        throw new InputError('VED_IMPORT_INVALID', 'a value has more bits than a float');
      this.#trailing = 64 - this.#leading - significant;
    }
    const significant = 64 - this.#leading - this.#trailing;
    const high = significant > 32 ? reader.bits(significant - 32) : 0;
    const low = reader.bits(Math.min(significant, 32));
    this.#apply(high, low);
  }

  /** The two halves of the significant bits, moved to the left by the trailing zeros. */
  #apply(high: number, low: number): void {
    const shift = this.#trailing;
    if (shift === 0) {
      this.#high = (this.#high ^ high) >>> 0;
      this.#low = (this.#low ^ low) >>> 0;
    } else if (shift >= 32) this.#high = (this.#high ^ (low << (shift - 32))) >>> 0;
    else {
      this.#high = (this.#high ^ ((high << shift) | (low >>> (32 - shift)))) >>> 0;
      this.#low = (this.#low ^ (low << shift)) >>> 0;
    }
  }
}
