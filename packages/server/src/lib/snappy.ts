/**
 * Snappy's block format, as remote write and remote read use it (no framing): a varint with the length of the
 * content, then elements that are either literal bytes or copies of what was written up to 64 KiB before.
 * Source: the format description that is part of the snappy project.
 *
 * Own code since the packages on offer are either native add-ons or take a bound on the output only after
 * allocating it. The compressor finds repeats through a hash of four bytes, as the original does.
 */
import { InputError, type Slicer } from '@vedette/model';

// Offsets of repeats then fit 16 bits, which is what the table holds.
const BLOCK_BYTES_MAX = 65_536;
const HASH_BITS = 14;

/** Gives back the content; `InputError` (VED_BODY_INVALID, VED_BODY_TOO_LARGE) when it is damaged or would exceed `bytesMax`. */
export function decompressSnappy(bytes: Uint8Array, bytesMax: number): Uint8Array<ArrayBuffer> {
  const input = new SnappyInput(bytes, bytesMax);
  while (!input.advance(Infinity));
  return input.content;
}

/** How long the content says it is. Throws as `decompressSnappy` does when it is too long, or cannot be true. */
export function snappyContentLength(bytes: Uint8Array, bytesMax: number): number {
  const { value: length, next } = readLength(bytes);
  if (length > bytesMax)
    throw new InputError(
      'VED_BODY_TOO_LARGE',
      `cannot decompress snappy: the content is ${length} bytes long, the limit is ${bytesMax}`,
    );
  // No element makes more than 64 bytes of 3: a longer promise is a bomb or damage, and memory for it is not taken.
  if (length > (bytes.length - next) * 32) throw fault('more is announced than its bytes can hold', 0);
  return length;
}

/**
 * Like `decompressSnappy`, with the event loop running between slices: for content of many megabytes. The content is
 * put into the front of `target`, when that is given and long enough.
 */
export async function decompressSnappyInSlices(
  bytes: Uint8Array,
  bytesMax: number,
  { slicer, target }: { readonly slicer: Slicer; readonly target?: Uint8Array<ArrayBuffer> },
): Promise<Uint8Array<ArrayBuffer>> {
  const input = new SnappyInput(bytes, bytesMax, target);
  while (!input.advance(BYTES_PER_STEP)) if (slicer.shouldYield()) await slicer.yield();
  return input.content;
}

// Some 0.02 ms for text that packs well, 0.1 ms in the worst case (copies of one byte); the slicer looks at the clock
// at every eighth question.
const BYTES_PER_STEP = 8192;

/** Content on its way out of its elements. */
class SnappyInput {
  /** Whole once `advance` has said so. */
  readonly content: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #inputView: DataView;
  #from: number;
  #to = 0;
  /** Bytes of the literal begun last that are still to be copied. */
  #literalRest = 0;

  constructor(bytes: Uint8Array, bytesMax: number, target?: Uint8Array<ArrayBuffer>) {
    const length = snappyContentLength(bytes, bytesMax);
    const isRoomy = target !== undefined && target.length >= length;
    this.content = isRoomy ? target.subarray(0, length) : new Uint8Array(length);
    this.#view = new DataView(this.content.buffer, this.content.byteOffset, length);
    this.#bytes = bytes;
    this.#inputView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#from = readLength(bytes).next;
  }

  /** Goes on for about `stepBytes` of content or of input; true when all is there. */
  advance(stepBytes: number): boolean {
    const toMax = this.#to + stepBytes;
    const fromMax = Math.min(this.#bytes.length, this.#from + stepBytes);
    while (this.#to < toMax && this.#from < fromMax) {
      if (this.#literalRest > 0) this.#copyLiteral(toMax - this.#to);
      else this.#copyElements(fromMax, toMax);
    }
    if (this.#from < this.#bytes.length) return false;
    const { length } = this.content;
    if (this.#to !== length) throw fault(`${length} bytes are announced, ${this.#to} are there`, this.#from);
    return true;
  }

  /** The hot loop, on local variables: copies and short literals, up to a long literal. */
  #copyElements(fromMax: number, toMax: number): void {
    const bytes = this.#bytes;
    const out = this.content;
    const inputView = this.#inputView;
    const view = this.#view;
    const inputWordsEnd = bytes.length - 3;
    const wordsEnd = out.length - 3;
    let from = this.#from;
    let to = this.#to;
    while (from < fromMax && to < toMax) {
      const tag = bytes[from++] ?? 0;
      const kind = tag & 3;
      if (kind === 0) {
        if (tag >= LONG_LITERAL_TAG) {
          this.#from = from;
          this.#to = to;
          this.#openLiteral(tag);
          return;
        }
        const length = (tag >> 2) + 1;
        if (length > bytes.length - from) throw fault('a literal is cut off', from);
        if (length > out.length - to) throw fault('a literal is longer than announced', from);
        if (from + length <= inputWordsEnd && to + length <= wordsEnd)
          copyWords(inputView, from, view, to, length);
        else for (let i = 0; i < length; i++) out[to + i] = bytes[from + i] ?? 0;
        from += length;
        to += length;
        continue;
      }
      const extra = kind === 3 ? 4 : kind;
      if (extra > bytes.length - from) throw fault('a copy is cut off', from);
      const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      const offset = kind === 1 ? ((tag >> 5) << 8) | (bytes[from] ?? 0) : littleEndian(bytes, from, extra);
      from += extra;
      if (offset === 0 || offset > to) throw fault('a copy begins before the content', from);
      if (length > out.length - to) throw fault('a copy is longer than announced', from);
      // A copy may repeat what it is writing: what is nearer than a word goes byte by byte.
      if (offset >= 4 && to + length <= wordsEnd) copyWords(view, to - offset, view, to, length);
      else for (let i = 0; i < length; i++) out[to + i] = out[to + i - offset] ?? 0;
      to += length;
    }
    this.#from = from;
    this.#to = to;
  }

  /** A literal whose length stands in bytes of its own. */
  #openLiteral(tag: number): void {
    const extra = (tag >> 2) - 59;
    if (extra > this.#bytes.length - this.#from)
      throw fault('the length of a literal is cut off', this.#from);
    const length = littleEndian(this.#bytes, this.#from, extra) + 1;
    this.#from += extra;
    if (length > this.#bytes.length - this.#from) throw fault('a literal is cut off', this.#from);
    if (length > this.content.length - this.#to)
      throw fault('a literal is longer than announced', this.#from);
    this.#literalRest = length;
  }

  #copyLiteral(bytesMax: number): void {
    const count = Math.min(this.#literalRest, bytesMax);
    this.content.set(this.#bytes.subarray(this.#from, this.#from + count), this.#to);
    this.#from += count;
    this.#to += count;
    this.#literalRest -= count;
  }
}

/** Four bytes at a time: up to three behind the end are written, which come again later, and must exist on both sides. */
function copyWords(from: DataView, fromAt: number, to: DataView, toAt: number, length: number): void {
  for (let i = 0; i < length; i += 4) to.setUint32(toAt + i, from.getUint32(fromAt + i));
}

/** From here on the tag of a literal says how many bytes of length follow, not the length. */
const LONG_LITERAL_TAG = 60 << 2;

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

function readLength(bytes: Uint8Array): { value: number; next: number } {
  let value = 0;
  for (let i = 0, scale = 1; i < 5; i++, scale *= 128) {
    const byte = bytes[i];
    if (byte === undefined) throw fault('it is cut off inside its length', i);
    value += (byte & 127) * scale;
    if (byte < 128) {
      if (value >= 2 ** 32) break;
      return { value, next: i + 1 };
    }
  }
  throw fault('its length does not fit 32 bits', 0);
}

function fault(reason: string, at: number): InputError {
  return new InputError('VED_BODY_INVALID', `cannot decompress snappy at byte ${at}: ${reason}`);
}

/** Content of any length up to 2^32 - 1 bytes. */
export function compressSnappy(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new SnappyOutput(content.length);
  const table = new Uint16Array(1 << HASH_BITS);
  for (let start = 0; start < content.length; start += BLOCK_BYTES_MAX) {
    table.fill(0);
    compressBlock(content.subarray(start, start + BLOCK_BYTES_MAX), table, out);
  }
  return out.finish();
}

/** The last bytes are never searched, so that four can be read anywhere before. */
const TAIL_BYTES = 15;

function compressBlock(block: Uint8Array, table: Uint16Array, out: SnappyOutput): void {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const searchEnd = block.length - TAIL_BYTES;
  let literalStart = 0;
  let at = 1;
  // Each miss makes the step longer: what does not compress is passed over.
  let misses = 32;
  while (at < searchEnd) {
    const word = view.getUint32(at, true);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
    const candidate = table[slot] ?? 0;
    table[slot] = at;
    if (view.getUint32(candidate, true) !== word || candidate >= at) {
      at += misses++ >> 5;
      continue;
    }
    out.literal(block, literalStart, at);
    const length = matchLength(block, candidate, at);
    out.copy(at - candidate, length);
    at += length;
    literalStart = at;
    misses = 32;
  }
  out.literal(block, literalStart, block.length);
}

function matchLength(block: Uint8Array, earlier: number, later: number): number {
  let length = 4;
  while (later + length < block.length && block[earlier + length] === block[later + length]) length++;
  return length;
}

class SnappyOutput {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(contentLength: number) {
    // The format's own bound for content that does not compress.
    this.#bytes = new Uint8Array(32 + contentLength + Math.floor(contentLength / 6));
    let rest = contentLength;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#put((rest % 128) | 128);
    this.#put(rest);
  }

  literal(block: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length === 0) return;
    const last = length - 1;
    if (last < 60) this.#put(last << 2);
    else if (last < 256) {
      this.#put(60 << 2);
      this.#put(last);
    } else {
      this.#put(61 << 2);
      this.#put(last & 255);
      this.#put(last >> 8);
    }
    this.#bytes.set(block.subarray(start, end), this.#length);
    this.#length += length;
  }

  copy(offset: number, length: number): void {
    let rest = length;
    for (; rest >= 68; rest -= 64) this.#copyOf(offset, 64);
    if (rest > 64) {
      this.#copyOf(offset, 60);
      rest -= 60;
    }
    this.#copyOf(offset, rest);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #copyOf(offset: number, length: number): void {
    if (length >= 4 && length <= 11 && offset < 2048) {
      this.#put(((offset >> 8) << 5) | ((length - 4) << 2) | 1);
      this.#put(offset & 255);
      return;
    }
    this.#put(((length - 1) << 2) | 2);
    this.#put(offset & 255);
    this.#put(offset >> 8);
  }

  #put(byte: number): void {
    this.#bytes[this.#length++] = byte;
  }
}
