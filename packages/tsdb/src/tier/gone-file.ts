import { crc32 } from 'node:zlib';
import { ExpectedError, FatalError, type Files } from '@vedette/model';
import { corrupt } from '../chunk/varint.ts';
import type { Reporter } from '../report.ts';

export const GONE_FILE = 'downsampled';
const MAGIC = 0x44444556; // "VEDD", little-endian.
const VERSION = 1;
const BYTES = 28;

/**
 * Up to which time samples, and buckets of five minutes, may have left the disk: what is older is answered from the next
 * coarser blocks. One small file, `docs/formats/downsampled.md`, written before the blocks go, so that no answer
 * ever has a hole that the coarser blocks would fill.
 */
export class GoneFile {
  readonly #files: Files;
  readonly #path: string;
  readonly #onChange: () => void;
  #goneMs: readonly [number, number] = [-Infinity, -Infinity];

  private constructor(files: Files, path: string, onChange: () => void) {
    this.#files = files;
    this.#path = path;
    this.#onChange = onChange;
  }

  /**
   * `guess` tells the times when the file is damaged, which is set aside and reported; `onChange` is told in the turn
   * in which a time moves.
   */
  static async open(
    deps: { readonly files: Files; readonly report: Reporter; readonly onChange: () => void },
    directory: string,
    guess: () => readonly [number, number],
  ): Promise<GoneFile> {
    const { files, report } = deps;
    const path = `${directory}/${GONE_FILE}`;
    const opened = new GoneFile(files, path, deps.onChange);
    const names = (await files.list(directory)).map(({ name }) => name);
    if (!names.includes(GONE_FILE)) return opened;
    try {
      opened.#goneMs = decodeGone(await files.read(path), path);
    } catch (error) {
      if (!(error instanceof ExpectedError) || error.code !== 'VED_STORAGE_CORRUPT') throw error;
      await files.rename(path, `${path}.damaged`);
      report.warn('the note of how far samples have left is damaged and was set aside; it is estimated', {
        file: `${path}.damaged`,
        error,
      });
      await opened.#write(guess());
    }
    return opened;
  }

  /** 0: samples, 1: buckets of five minutes. -Infinity while nothing has left. */
  of(level: number): number {
    return this.#goneMs[level] ?? -Infinity;
  }

  /** Moves a time on, durably; never back. */
  async advance(level: number, goneMs: number): Promise<void> {
    if (goneMs <= this.of(level)) return;
    const [samples, buckets] = this.#goneMs;
    await this.#write(level === 0 ? [goneMs, buckets] : [samples, goneMs]);
  }

  /** The content of the file; `undefined` when there is none. */
  encode(): { readonly name: string; readonly bytes: Uint8Array } | undefined {
    return this.#goneMs.every((goneMs) => goneMs === -Infinity)
      ? undefined
      : { name: GONE_FILE, bytes: encodeGone(this.#goneMs) };
  }

  async #write(goneMs: readonly [number, number]): Promise<void> {
    await this.#files.writeAtomic(this.#path, encodeGone(goneMs));
    this.#goneMs = goneMs;
    this.#onChange();
  }
}

export function encodeGone([samplesMs, bucketsMs]: readonly [number, number]): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setFloat64(8, samplesMs, true);
  view.setFloat64(16, bucketsMs, true);
  view.setUint32(24, crc32(bytes.subarray(0, 24)), true);
  return bytes;
}

export function decodeGone(bytes: Uint8Array, path: string): readonly [number, number] {
  if (bytes.length < 6) throw corrupt(`"${path}" has ${bytes.length} bytes, want ${BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw corrupt(`"${path}" does not begin with VEDD`);
  const version = view.getUint16(4, true);
  if (
    version !== VERSION &&
    bytes.length === BYTES &&
    view.getUint32(24, true) === crc32(bytes.subarray(0, 24))
  )
    throw new FatalError(
      'VED_FORMAT_UNKNOWN',
      `cannot read "${path}": got version ${version}, want ${VERSION}; run the version of Vedette that wrote it, or move the file away`,
    );
  if (bytes.length !== BYTES || view.getUint32(24, true) !== crc32(bytes.subarray(0, 24)))
    throw corrupt(`the checksum of "${path}" is wrong`);
  return [view.getFloat64(8, true), view.getFloat64(16, true)];
}
