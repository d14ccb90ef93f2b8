/**
 * A chunk: up to 1,024 samples of one series as fixed-width delta columns. Every byte is described in
 * `docs/formats/chunk.md`; this is the idea.
 *
 * 1. Timestamps: the first, the smallest interval, then per sample by how much its interval is longer, in
 *    0 to 6 bytes. A steady scrape costs 0 bytes a sample, one with a few ms of jitter 1.
 * 2. Values: when each is exactly `q / 10^e` for whole numbers q and one e, the q are stored, either as
 *    offsets from the smallest or as deltas with their offset from the smallest delta, whichever is
 *    narrower, divided by what they have in common (memory comes in multiples of 4,096).
 * 3. A constant is stored once, as eight bytes; anything else as raw doubles.
 * 4. Staleness markers are a bitmap beside the values; under them the last value is repeated.
 *
 * Exactness is checked value by value while encoding (`q / 10^e === v`, and -0 is not 0), so decoding
 * gives back the same bits. Rejected: Gorilla bit streams (V8 is worst at them: 6 to 18 times slower to
 * decode) and varints per sample (twice as slow, since each byte decides about the next).
 */

/** High nibble: version 1. Low nibble: the encoding. */
export const CHUNK_VERSION = 1;
export const ENCODING_FLOAT = 1;
/** Native histograms: `histogram-chunk.ts`. */
export const ENCODING_HISTOGRAM = 2;
/** Buckets of downsampled floats: `bucket-chunk.ts`. */
export const ENCODING_BUCKETS = 3;

export const VALUES_CONSTANT = 0;
export const VALUES_OFFSETS = 1;
export const VALUES_DELTAS = 2;
export const VALUES_DOUBLES = 3;

/** Bit 3 of the second byte: a staleness bitmap follows the values. */
export const HAS_STALE_BITMAP = 8;

// 1,024 samples are four hours at 15 s: large enough that the header (about 20 bytes) is lost in it, small
// enough that an instant query, which needs a handful, decodes it in 3 µs.
export const CHUNK_SAMPLES_MAX = 1024;

/** Powers of ten that doubles hold exactly; q up to 2^52 needs no more than 17 decimals. */
export const POWERS_OF_TEN = Float64Array.from({ length: 18 }, (_, exponent) => 10 ** exponent);

/** Bytes that a chunk of `count` samples can take at most: header, widest columns, bitmap. */
export function chunkBytesMax(count: number): number {
  return 64 + count * (6 + 8) + ((count + 7) >> 3);
}
