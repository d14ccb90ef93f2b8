import type { TimeRange } from '@vedette/model';
import type { BlockSelection } from '../block/block.ts';
import { STORED_COLUMNS, type BucketColumn } from '../chunk/bucket-chunk.ts';
import { BucketDecoder } from '../chunk/bucket-decoder.ts';
import { CHUNK_SAMPLES_MAX, CHUNK_VERSION, ENCODING_BUCKETS } from '../chunk/chunk.ts';
import { ChunkReader } from '../query/chunk-reader.ts';
import type { SampleBuffer } from '../query/sample-buffer.ts';
import { BucketBuffer } from './bucket-buffer.ts';

export const ALL_COLUMNS: ReadonlySet<BucketColumn> = new Set(STORED_COLUMNS);

const BUCKET_CHUNK = (CHUNK_VERSION << 4) | ENCODING_BUCKETS;

/** Where the parts of a downsampled series go. */
export interface BucketTarget {
  readonly buckets: BucketBuffer;
  /** Histograms and the markers behind them. */
  readonly samples: SampleBuffer;
}

/** Reads a series of blocks of downsampled samples, block after block, merging what they have of one bucket. */
export class BucketReader {
  readonly #buckets = new BucketDecoder();
  readonly #samples = new ChunkReader();
  readonly #incoming = new BucketBuffer();

  /** Adds what a block has of buckets that end in `range`; other columns than the wanted ones mean nothing. */
  read(
    selection: BlockSelection,
    position: number,
    range: TimeRange,
    { buckets, samples }: BucketTarget,
    wanted: ReadonlySet<BucketColumn> = ALL_COLUMNS,
  ): void {
    const incoming = this.#incoming;
    incoming.clear();
    const firstSample = samples.count;
    const deleted = selection.visitChunks(position, range, (bytes, offset, end) => {
      if (bytes[offset] !== BUCKET_CHUNK) {
        this.#samples.read(bytes, offset, end, samples);
        return;
      }
      incoming.reserve(CHUNK_SAMPLES_MAX);
      const { columns, count } = incoming;
      incoming.count += this.#buckets.decode(bytes, { offset, end }, columns, count, wanted);
    });
    if (deleted.length > 0) {
      incoming.drop(0, deleted);
      samples.drop(firstSample, deleted);
    }
    samples.mergeRuns(0, firstSample);
    buckets.merge(incoming);
  }
}
