import { writeDoublePlanes, writePlanes } from './byte-planes.ts';
import { VALUES_CONSTANT, VALUES_DELTAS, VALUES_DOUBLES } from './chunk.ts';
import { chooseLayout, isConstant, numbersOfLayout, scaleToDecimals } from './decimals.ts';
import { writeVarint, writeZigzag } from './varint.ts';

/** Bytes that a column of `count` values can take at most: kind, shape, header, widest planes. */
export function columnBytesMax(count: number): number {
  return 32 + 8 * count;
}

/** Writes columns of doubles that stand inside chunks: kind, shape, header and planes as those of a float chunk's values. */
export class ValueColumnWriter {
  readonly #decimals: Float64Array;
  readonly #numbers: Float64Array;

  /** For columns of up to `countMax` values. */
  constructor(countMax: number) {
    this.#decimals = new Float64Array(countMax);
    this.#numbers = new Float64Array(countMax);
  }

  /** Writes `values[0, count)` at `offset`; returns the offset behind. */
  write(values: Float64Array, count: number, bytes: Uint8Array, offset: number): number {
    const words = new Uint32Array(values.buffer, values.byteOffset, 2 * count);
    if (isConstant(words, count)) {
      bytes.fill(VALUES_CONSTANT, offset, offset + 2);
      return writeDoublePlanes(bytes, offset + 2, words, 1);
    }
    const exponent = scaleToDecimals(values, count, this.#decimals);
    const layout = exponent < 0 ? undefined : chooseLayout(this.#decimals, count);
    bytes[offset] = layout?.kind ?? VALUES_DOUBLES;
    bytes[offset + 1] = layout === undefined ? 0 : layout.width | (exponent << 3);
    if (layout === undefined) return writeDoublePlanes(bytes, offset + 2, words, count);
    let at = offset + 2;
    if (layout.kind === VALUES_DELTAS) at = writeZigzag(bytes, at, this.#decimals[0] ?? 0);
    at = writeVarint(bytes, writeZigzag(bytes, at, layout.base), layout.divisor);
    const numberCount = numbersOfLayout(this.#decimals, count, layout, this.#numbers);
    return writePlanes(bytes, at, this.#numbers, { count: numberCount, width: layout.width });
  }
}
