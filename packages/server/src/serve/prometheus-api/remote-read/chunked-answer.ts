import type { Labels } from '@vedette/model';
import { crc32c } from '../../../lib/crc32c.ts';
import { ProtobufWriter } from '../../../lib/protobuf-writer.ts';
import { encodeChunks, type EncodedChunk } from './chunk-writer.ts';
import type { ReadQuery } from './read-request.ts';
import { readSeries, type ReadDeps } from './read-series.ts';

// Clients hold one frame in memory. Upstream's --storage.remote.read-max-bytes-in-frame is 1 MiB; the checksum of that
// would take 3 ms in one go, more than half of a slice, and saves no more than 100 bytes of labels a frame.
const FRAME_BYTES_MAX = 256 * 1024;

// Small frames go out together: one write to the socket each would cost more than they do.
const PIECE_BYTES = 64 * 1024;

/**
 * The answer in chunks, as it is read: a series is one frame, or several with the same labels when its chunks are
 * more than a frame may hold. In memory are a series of the store and a frame.
 */
export async function* chunkedAnswer(
  deps: ReadDeps,
  queries: readonly ReadQuery[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { slicer } = deps;
  let pieces: Uint8Array[] = [];
  let pieceBytes = 0;
  for (const [queryIndex, query] of queries.entries()) {
    for await (const series of readSeries(deps, query, signal)) {
      const frame = new SeriesFrame(series.labels, queryIndex);
      for (const chunk of encodeChunks(series)) {
        if (!frame.fits(chunk)) {
          yield Buffer.concat([...pieces, frame.finish()]);
          [pieces, pieceBytes] = [[], 0];
        }
        frame.add(chunk);
        if (slicer.shouldYield()) await slicer.yield();
      }
      const bytes = frame.finish();
      pieces.push(bytes);
      pieceBytes += bytes.length;
      if (pieceBytes < PIECE_BYTES) continue;
      yield Buffer.concat(pieces);
      [pieces, pieceBytes] = [[], 0];
    }
  }
  yield Buffer.concat(pieces);
}

/** Tags, lengths and times of a chunk take at most this much beside its bytes. */
const CHUNK_HEAD_BYTES = 48;

/** The message `ChunkedReadResponse` with one series, and around it length and checksum. */
class SeriesFrame {
  readonly #labels: ProtobufWriter;
  readonly #queryIndex: number;
  #series: ProtobufWriter;
  #chunkCount = 0;

  constructor(labels: Labels, queryIndex: number) {
    this.#labels = new ProtobufWriter();
    writeLabels(this.#labels, labels);
    this.#queryIndex = queryIndex;
    this.#series = this.#begin();
  }

  fits({ bytes }: EncodedChunk): boolean {
    return this.#chunkCount === 0 || this.#series.length + bytes.length + CHUNK_HEAD_BYTES <= FRAME_BYTES_MAX;
  }

  add({ minMs, maxMs, encoding, bytes }: EncodedChunk): void {
    const chunk = new ProtobufWriter(bytes.length + CHUNK_HEAD_BYTES);
    chunk.int(1, minMs);
    chunk.int(2, maxMs);
    chunk.uint(3, encoding);
    chunk.bytes(4, bytes);
    this.#series.message(2, chunk);
    this.#chunkCount++;
  }

  /** The frame so far; the next one begins with the same labels. */
  finish(): Uint8Array {
    const message = new ProtobufWriter(this.#series.length + 32);
    message.message(1, this.#series);
    message.int(2, this.#queryIndex);
    this.#series = this.#begin();
    this.#chunkCount = 0;
    return framed(message.finish());
  }

  #begin(): ProtobufWriter {
    const series = new ProtobufWriter(this.#labels.length * 2);
    series.append(this.#labels);
    return series;
  }
}

export function writeLabels(writer: ProtobufWriter, labels: Labels): void {
  for (let i = 0; i < labels.length; i += 2) {
    const label = new ProtobufWriter(64);
    label.string(1, labels[i] ?? '');
    label.string(2, labels[i + 1] ?? '');
    writer.message(1, label);
  }
}

/** Length as a varint, CRC-32C in four bytes, content. */
function framed(content: Uint8Array): Uint8Array {
  const head: number[] = [];
  let rest = content.length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) head.push((rest % 128) | 128);
  head.push(rest);
  const frame = new Uint8Array(head.length + 4 + content.length);
  frame.set(head);
  new DataView(frame.buffer).setUint32(head.length, crc32c(content));
  frame.set(content, head.length + 4);
  return frame;
}
