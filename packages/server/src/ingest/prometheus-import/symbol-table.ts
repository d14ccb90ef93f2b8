import { ByteReader, invalid } from './byte-reader.ts';

const TEXT = new TextDecoder('utf-8', { fatal: true });

/**
 * The texts of an index, each once. Series name them by their number (format 2) or by where in the file they
 * stand (format 1). Kept as the bytes of the file plus four bytes a text; texts are decoded when they are asked
 * for, the ones asked for last stay decoded.
 */
export class SymbolTable {
  readonly #bytes: Uint8Array;
  /** Format 2: where the text with this number begins in `#bytes`. */
  readonly #starts: Uint32Array;
  /** Format 1: where `#bytes` begins in the file; `undefined` in format 2. */
  readonly #fileOffset: number | undefined;
  readonly #decoded = new Map<number, string>();

  /** `bytes` is the content of the section, which begins at `fileOffset`. */
  constructor(bytes: Uint8Array, options: { readonly version: 1 | 2; readonly fileOffset: number }) {
    this.#bytes = bytes;
    this.#fileOffset = options.version === 1 ? options.fileOffset : undefined;
    const reader = new ByteReader(bytes);
    const count = reader.uint32();
    if (count > reader.left)
      throw invalid(`${count} symbols are announced, there are ${reader.left} bytes for them`);
    this.#starts = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      this.#starts[i] = reader.position;
      reader.bytes(reader.uvarint());
    }
  }

  text(reference: number): string {
    const known = this.#decoded.get(reference);
    if (known !== undefined) return known;
    const text = this.#decode(reference);
    if (this.#decoded.size >= DECODED_MAX) this.#decoded.clear();
    this.#decoded.set(reference, text);
    return text;
  }

  #decode(reference: number): string {
    const start =
      this.#fileOffset === undefined ? this.#starts[reference] : this.#startAt(reference - this.#fileOffset);
    if (start === undefined) throw invalid(`there is no symbol ${reference}`);
    const reader = new ByteReader(this.#bytes, start);
    try {
      return TEXT.decode(reader.bytes(reader.uvarint()));
    } catch {
      throw invalid(`symbol ${reference} is not UTF-8`);
    }
  }

  #startAt(offset: number): number | undefined {
    return offset >= 4 && offset < this.#bytes.length ? offset : undefined;
  }
}

// Series come sorted, so that the same texts come again at once; 100,000 take some 10 MB.
const DECODED_MAX = 100_000;
