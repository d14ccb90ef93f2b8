import { InputError, type FileReader, type Files } from '@vedette/model';
import { crc32c } from '../../lib/crc32c.ts';
import { ByteReader, invalid } from './byte-reader.ts';

// What is read next usually lies close behind: the chunks of a series, the entries of an index. Twice as much
// reads more than a series' chunks of one span when spans are a tenth of a block.
const WINDOW_BYTES = 64 * 1024;

// A checksum runs over pieces of this size, so that a section of any length takes no more memory.
const CHECK_BYTES = 1024 * 1024;

/**
 * A file read at places that are mostly one behind the other: one window of it is kept in memory. What is asked for
 * beyond the end of the file is damage (`InputError` VED_IMPORT_INVALID); errors of the disk pass through.
 */
export class WindowFile {
  readonly path: string;
  readonly #file: FileReader;
  #window: Uint8Array = new Uint8Array();
  #windowStart = 0;

  static async open(files: Files, path: string): Promise<WindowFile> {
    try {
      return new WindowFile(path, await files.openReader(path));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        throw new InputError('VED_IMPORT_INVALID', `cannot read "${path}": it is missing`, { cause: error });
      throw error;
    }
  }

  private constructor(path: string, file: FileReader) {
    this.path = path;
    this.#file = file;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** A view that is valid until the next call. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0) || offset + length > this.sizeBytes)
      throw invalid(`${length} bytes are announced at ${offset}; the file has ${this.sizeBytes}`);
    const inWindow = offset - this.#windowStart;
    if (inWindow < 0 || inWindow + length > this.#window.length) {
      const size = Math.min(Math.max(length, WINDOW_BYTES), this.sizeBytes - offset);
      this.#window = await this.#file.read(offset, size);
      this.#windowStart = offset;
      return this.#window.subarray(0, length);
    }
    return this.#window.subarray(inWindow, inWindow + length);
  }

  /** Up to `length` bytes: fewer where the file ends. For what begins with its own length. */
  async peek(offset: number, length: number): Promise<Uint8Array> {
    return await this.read(offset, Math.max(0, Math.min(length, this.sizeBytes - offset)));
  }

  /** Names the file and the byte in what `read` throws about damage. */
  async at<T>(offset: number, what: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof InputError) || error.message.startsWith('cannot read')) throw error;
      throw new InputError(
        'VED_IMPORT_INVALID',
        `cannot read ${what} at byte ${offset} of "${this.path}": ${error.message}`,
        { cause: error },
      );
    }
  }

  /**
   * Checks a section (its length in four bytes, content, checksum of the content) in pieces; resolves with the place
   * and length of the content.
   */
  async checkSection(offset: number): Promise<{ readonly start: number; readonly length: number }> {
    const length = new ByteReader(await this.read(offset, 4)).uint32();
    const start = offset + 4;
    if (start + length + 4 > this.sizeBytes)
      throw invalid(`it is cut off: ${length} bytes are announced, the file has ${this.sizeBytes}`);
    let crc = 0;
    for (let at = 0; at < length; at += CHECK_BYTES)
      crc = crc32c(await this.#file.read(start + at, Math.min(CHECK_BYTES, length - at)), crc);
    assertChecksum(new ByteReader(await this.read(start + length, 4)).uint32(), crc);
    return { start, length };
  }
}

export function assertChecksum(want: number, got: number): void {
  if (want !== got)
    throw invalid(`the checksum does not hold; got ${got.toString(16)}, want ${want.toString(16)}`);
}
