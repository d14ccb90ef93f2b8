import { bug } from '@vedette/model';
import { PLANES_MAX, widthOf, writeDoublePlanes, writePlanes } from './byte-planes.ts';
import {
  CHUNK_SAMPLES_MAX,
  CHUNK_VERSION,
  chunkBytesMax,
  ENCODING_FLOAT,
  HAS_STALE_BITMAP,
  VALUES_CONSTANT,
  VALUES_DELTAS,
  VALUES_DOUBLES,
} from './chunk.ts';
import { chooseLayout, isConstant, numbersOfLayout, scaleToDecimals } from './decimals.ts';
import { largestOf, subtractSmallestInterval } from './intervals.ts';
import { createColumns, type SampleColumns } from './sample-columns.ts';
import { writeVarint, writeZigzag } from './varint.ts';

/**
 * Encodes chunks, one after the other, with buffers of its own: put the samples into `columns`
 * [0, count), call `encode`. The encoder may overwrite the values under staleness markers.
 */
export class ChunkEncoder {
  readonly columns: SampleColumns = createColumns(CHUNK_SAMPLES_MAX);
  readonly #words = new Uint32Array(this.columns.values.buffer);
  readonly #decimals = new Float64Array(CHUNK_SAMPLES_MAX);
  readonly #numbers = new Float64Array(CHUNK_SAMPLES_MAX);
  readonly #intervals = new Float64Array(CHUNK_SAMPLES_MAX);
  readonly #bytes = new Uint8Array(chunkBytesMax(CHUNK_SAMPLES_MAX));
  readonly #view = new DataView(this.#bytes.buffer);

  /** The chunk's bytes; valid until the next call. */
  encode(count: number): Uint8Array {
    if (count < 1 || count > CHUNK_SAMPLES_MAX)
      bug(`a chunk holds 1 to ${CHUNK_SAMPLES_MAX} samples; got ${count}`);
    const hasStale = fillStaleValues(this.columns, count);
    const intervalMs = subtractSmallestInterval(this.columns.timestampsMs, count, this.#intervals);
    const timestampWidth = widthOf(largestOf(this.#intervals, count - 1));
    if (timestampWidth > PLANES_MAX) bug('timestamps of one chunk must lie within 2^48 ms');

    const bytes = this.#bytes;
    bytes[0] = (CHUNK_VERSION << 4) | ENCODING_FLOAT;
    const tail = writeZigzag(bytes, writeVarint(bytes, 3, count), this.columns.timestampsMs[0] ?? 0);
    const headerEnd = count > 1 ? writeVarint(bytes, tail, intervalMs) : tail;
    const end = this.#writeValues(headerEnd, count, timestampWidth);
    bytes[1] = (bytes[1] ?? 0) | timestampWidth | (hasStale ? HAS_STALE_BITMAP : 0);
    return bytes.subarray(0, hasStale ? this.#writeStaleBitmap(end, count) : end);
  }

  /** The value header, the planes of the timestamps, those of the values. */
  #writeValues(offset: number, count: number, timestampWidth: number): number {
    const bytes = this.#bytes;
    const timestamps = this.#intervals;
    const timeShape = { count: count - 1, width: timestampWidth };
    if (isConstant(this.#words, count)) {
      this.#setValueKind(VALUES_CONSTANT, 0, 0);
      this.#view.setUint32(offset, this.#words[0] ?? 0, true);
      this.#view.setUint32(offset + 4, this.#words[1] ?? 0, true);
      return writePlanes(bytes, offset + 8, timestamps, timeShape);
    }
    const exponent = scaleToDecimals(this.columns.values, count, this.#decimals);
    const layout = exponent < 0 ? undefined : chooseLayout(this.#decimals, count);
    if (layout === undefined) {
      this.#setValueKind(VALUES_DOUBLES, 0, 0);
      const at = writePlanes(bytes, offset, timestamps, timeShape);
      return writeDoublePlanes(bytes, at, this.#words, count);
    }
    this.#setValueKind(layout.kind, layout.width, exponent);
    let at = offset;
    if (layout.kind === VALUES_DELTAS) at = writeZigzag(bytes, at, this.#decimals[0] ?? 0);
    at = writeVarint(bytes, writeZigzag(bytes, at, layout.base), layout.divisor);
    at = writePlanes(bytes, at, timestamps, timeShape);
    const numberCount = numbersOfLayout(this.#decimals, count, layout, this.#numbers);
    return writePlanes(bytes, at, this.#numbers, { count: numberCount, width: layout.width });
  }

  #setValueKind(kind: number, width: number, exponent: number): void {
    this.#bytes[1] = kind << 4;
    this.#bytes[2] = width | (exponent << 3);
  }

  #writeStaleBitmap(offset: number, count: number): number {
    const end = offset + ((count + 7) >> 3);
    this.#bytes.fill(0, offset, end);
    for (let i = 0; i < count; i++) {
      if (this.columns.staleFlags[i] === 1)
        this.#bytes[offset + (i >> 3)] = (this.#bytes[offset + (i >> 3)] ?? 0) | (1 << (i & 7));
    }
    return end;
  }
}

/** Repeats the last value under staleness markers (the next one at the front), so that they cost nothing. */
function fillStaleValues(columns: SampleColumns, count: number): boolean {
  const first = columns.staleFlags.subarray(0, count).indexOf(1);
  if (first < 0) return false;
  const { values, staleFlags } = columns;
  let firstFloat = 0;
  while (firstFloat < count && staleFlags[firstFloat] === 1) firstFloat++;
  values.fill(firstFloat < count ? (values[firstFloat] ?? 0) : 0, 0, firstFloat);
  for (let i = firstFloat + 1; i < count; i++) {
    // copyWithin moves bytes: a NaN keeps its payload.
    if (staleFlags[i] === 1) values.copyWithin(i, i - 1, i);
  }
  return true;
}
