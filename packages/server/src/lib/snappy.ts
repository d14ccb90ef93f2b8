/**
 * Snappy's block format, as remote write and remote read use it (no framing): a varint with the length of the
 * content, then elements that are either literal bytes or copies of what was written up to 64 KiB before.
 * Source: the format description that is part of the snappy project.
 *
 * Own code since the packages on offer are either native add-ons or take a bound on the output only after
 * allocating it. The compressor finds repeats through a hash of four bytes, as the original does.
 */
import { InputError } from '@vedette/model';

// Offsets of repeats then fit 16 bits, which is what the table holds.
const BLOCK_BYTES_MAX = 65_536;
const HASH_BITS = 14;

/** Gives back the content; `InputError` (VED_BODY_INVALID, VED_BODY_TOO_LARGE) when it is damaged or would exceed `bytesMax`. */
export function decompressSnappy(bytes: Uint8Array, bytesMax: number): Uint8Array<ArrayBuffer> {
  const { value: length, next } = readLength(bytes);
  if (length > bytesMax)
    throw new InputError(
      'VED_BODY_TOO_LARGE',
      `cannot decompress snappy: the content is ${length} bytes long, the limit is ${bytesMax}`,
    );
  // No element makes more than 64 bytes of 3: a longer promise is a bomb or damage, and memory for it is not taken.
  if (length > (bytes.length - next) * 32) throw fault('more is announced than its bytes can hold', 0);
  const out = new Uint8Array(length);
  let from = next;
  let to = 0;
  while (from < bytes.length) {
    const tag = bytes[from++] ?? 0;
    if ((tag & 3) === 0) {
      const literal = literalLength(bytes, from, tag);
      from = literal.next;
      if (literal.length > bytes.length - from) throw fault('a literal is cut off', from);
      if (literal.length > length - to) throw fault('a literal is longer than announced', from);
      out.set(bytes.subarray(from, from + literal.length), to);
      from += literal.length;
      to += literal.length;
      continue;
    }
    const copy = copyElement(bytes, from, tag);
    from = copy.next;
    if (copy.offset === 0 || copy.offset > to) throw fault('a copy begins before the content', from);
    if (copy.length > length - to) throw fault('a copy is longer than announced', from);
    copyWithin(out, to, copy.offset, copy.length);
    to += copy.length;
  }
  if (to !== length) throw fault(`${length} bytes are announced, ${to} are there`, from);
  return out;
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

function literalLength(bytes: Uint8Array, at: number, tag: number): { length: number; next: number } {
  const short = tag >> 2;
  if (short < 60) return { length: short + 1, next: at };
  const extra = short - 59;
  if (extra > bytes.length - at) throw fault('the length of a literal is cut off', at);
  let length = 0;
  for (let i = extra - 1; i >= 0; i--) length = length * 256 + (bytes[at + i] ?? 0);
  return { length: length + 1, next: at + extra };
}

function copyElement(
  bytes: Uint8Array,
  at: number,
  tag: number,
): { length: number; offset: number; next: number } {
  const extra = [0, 1, 2, 4][tag & 3] ?? 0;
  if (extra > bytes.length - at) throw fault('a copy is cut off', at);
  if (extra === 1)
    return { length: ((tag >> 2) & 7) + 4, offset: ((tag >> 5) << 8) | (bytes[at] ?? 0), next: at + 1 };
  let offset = 0;
  for (let i = extra - 1; i >= 0; i--) offset = offset * 256 + (bytes[at + i] ?? 0);
  return { length: (tag >> 2) + 1, offset, next: at + extra };
}

/** Byte by byte when source and target overlap: a copy may repeat what it is writing. */
function copyWithin(out: Uint8Array, to: number, offset: number, length: number): void {
  if (offset >= length) {
    out.copyWithin(to, to - offset, to - offset + length);
    return;
  }
  for (let i = 0; i < length; i++) out[to + i] = out[to + i - offset] ?? 0;
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
