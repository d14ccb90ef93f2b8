import { InputError, type TimeRange } from '@vedette/model';
import { BitReader } from './bit-reader.ts';
import { nextTime } from './chunk-time.ts';
import { readFloatHistogramChunk, readHistogramChunk } from './histogram-chunk.ts';
import type { SampleBuffer } from './sample-buffer.ts';
import { XorValue } from './xor-value.ts';

/** Encodings of chunks, in files and in streamed remote reads alike. */
export const CHUNK_XOR = 1;
export const CHUNK_HISTOGRAM = 2;
export const CHUNK_FLOAT_HISTOGRAM = 3;

/**
 * Appends the samples of a chunk that lie in `range` to `out`. Times in a chunk increase; one that does not, damage
 * of any kind and unknown encodings throw `InputError` (VED_IMPORT_INVALID), with what came before it left in `out`.
 */
export function readChunk(encoding: number, bytes: Uint8Array, range: TimeRange, out: SampleBuffer): void {
  if (bytes.length < 2) throw new InputError('VED_IMPORT_INVALID', 'the chunk is cut off');
  switch (encoding) {
    case CHUNK_XOR:
      readXorChunk(bytes, range, out);
      break;
    case CHUNK_HISTOGRAM:
      readHistogramChunk(bytes, range, out);
      break;
    case CHUNK_FLOAT_HISTOGRAM:
      readFloatHistogramChunk(bytes, range, out);
      break;
    default:
      throw new InputError(
        'VED_IMPORT_INVALID',
        `the chunk has encoding ${encoding}; want 1 (floats), 2 or 3 (native histograms)`,
      );
  }
}

/** Bits of the difference of two distances in time, by the number of ones that stand before it. */
const DELTA_OF_DELTA_BITS = [0, 14, 17, 20, 64] as const;

/** A chunk of floats: the number of samples in two bytes, then times as differences of distances, values as XORs. */
function readXorChunk(bytes: Uint8Array, range: TimeRange, out: SampleBuffer): void {
  const count = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  const reader = new BitReader(bytes, 2);
  const column = new XorValue();
  let timestampMs = 0;
  let deltaMs = 0;
  for (let i = 0; i < count; i++) {
    if (i === 0) timestampMs = reader.varint();
    else {
      if (i === 1) deltaMs = reader.uvarint();
      else {
        let ones = 0;
        while (ones < 4 && reader.bit() === 1) ones++;
        const size = DELTA_OF_DELTA_BITS[ones] ?? 64;
        if (size > 0) deltaMs += reader.signed(size);
      }
      timestampMs = nextTime(timestampMs, deltaMs);
    }
    const value = i === 0 ? column.first(reader) : column.next(reader);
    if (timestampMs >= range.fromMs && timestampMs <= range.untilMs)
      out.addFloat(timestampMs, value, column.isStale);
  }
}
