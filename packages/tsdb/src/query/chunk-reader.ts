import { CHUNK_VERSION, ENCODING_HISTOGRAM } from '../chunk/chunk.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import { HistogramDecoder } from '../chunk/histogram-decoder.ts';
import type { SampleBuffer } from './sample-buffer.ts';

const HISTOGRAM_CHUNK = (CHUNK_VERSION << 4) | ENCODING_HISTOGRAM;

/** Reads chunks of either encoding into a buffer, behind what it has. */
export class ChunkReader {
  readonly #floats = new ChunkDecoder();
  /** Made when the first histogram comes: its columns are memory that nearly no selection needs. */
  #histograms: HistogramDecoder | undefined;

  /** The chunk that fills [offset, end) of `bytes`; samples before `fromMs` may be left out. */
  read(bytes: Uint8Array, offset: number, end: number, target: SampleBuffer, fromMs = -Infinity): void {
    if (bytes[offset] === HISTOGRAM_CHUNK) this.#readHistograms(bytes, offset, end, target);
    else target.count += this.#floats.decode(bytes, offset, end, target.columns, target.count, fromMs);
  }

  #readHistograms(bytes: Uint8Array, offset: number, end: number, target: SampleBuffer): void {
    const decoder = (this.#histograms ??= new HistogramDecoder());
    const histograms = decoder.decode(bytes, offset, end);
    const { columns, count: at } = target;
    const count = histograms.length;
    columns.timestampsMs.set(decoder.timestampsMs.subarray(0, count), at);
    columns.staleFlags.set(decoder.staleFlags.subarray(0, count), at);
    columns.values.fill(0, at, at + count);
    for (const [i, histogram] of histograms.entries())
      if (decoder.staleFlags[i] !== 1) target.putHistogram(at + i, histogram);
    target.count += count;
  }
}
