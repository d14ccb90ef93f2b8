/**
 * Memory for requests that are being read: the unpacked content and the columns of the batch, used again by the next
 * request. Made anew for each they were 0.8 MB of external memory for 2,000 samples, and a full garbage collection
 * after each forty of such requests took a quarter of the processor's time.
 */
import { SampleBatchBuilder } from '@vedette/model';

/** What one request is read with. */
export interface RequestBuffers {
  /** At least as long as was asked for. */
  readonly content: Uint8Array<ArrayBuffer>;
  readonly builder: SampleBatchBuilder;
}

// Bodies of Prometheus' size (2,000 samples) unpack to 40 to 400 kB. Larger ones are rare, and take what they need.
export const KEPT_CONTENT_BYTES = 512 * 1024;

// Senders write over one to some connections; with columns and keys of the batch these are 5 MB at most.
export const KEPT_BUFFERS_MAX = 4;

// A series with its labels and one sample. Room for more than come costs nothing until it is touched, growing 20 MB
// of keys costs a slice of 20 ms.
const SERIES_BYTES_TYPICAL = 100;

export class BufferPool {
  readonly #kept: RequestBuffers[] = [];

  /** Runs `task` with buffers for `contentBytes`; when it settles nobody may use them any more, nor the batch made in them. */
  async run<T>(contentBytes: number, task: (buffers: RequestBuffers) => Promise<T>): Promise<T> {
    if (contentBytes > KEPT_CONTENT_BYTES) return await task(makeBuffers(contentBytes));
    const buffers = this.#kept.pop() ?? makeBuffers(KEPT_CONTENT_BYTES);
    try {
      return await task(buffers);
    } finally {
      buffers.builder.clear();
      if (this.#kept.length < KEPT_BUFFERS_MAX) this.#kept.push(buffers);
    }
  }
}

function makeBuffers(contentBytes: number): RequestBuffers {
  const seriesExpected = Math.ceil(contentBytes / SERIES_BYTES_TYPICAL);
  return { content: new Uint8Array(contentBytes), builder: new SampleBatchBuilder(seriesExpected) };
}
