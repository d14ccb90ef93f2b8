import { bug } from './bug.ts';
import { labelsFromSorted, type Labels } from './labels.ts';

/**
 * The series key: the label set as bytes, for hashing, comparing and storing. For each label in its
 * order: length of the name (unsigned LEB128), name, length of the value, value; UTF-8 throughout.
 * Two label sets are equal exactly when their keys are. `docs/formats/series-key.md` has an example.
 */
export function seriesKeyOf(labels: Labels): Uint8Array {
  let sizeMax = 0;
  for (const part of labels) sizeMax += part.length * 3 + 5;
  const bytes = new Uint8Array(sizeMax);
  let offset = 0;
  for (const part of labels) offset = writePart(bytes, offset, part);
  return bytes.slice(0, offset);
}

/** The inverse of `seriesKeyOf`. The key is trusted: it was made by us and its block's checksum held. */
export function labelsOfSeriesKey(key: Uint8Array): Labels {
  const parts: string[] = [];
  let offset = 0;
  while (offset < key.length) {
    let length = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = key[offset++] ?? bug('series key ends inside a length');
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte >= 0x80);
    if (offset + length > key.length)
      bug(`series key ends inside a label; want ${length} bytes, got ${key.length - offset}`);
    parts.push(decoder.decode(key.subarray(offset, offset + length)));
    offset += length;
  }
  return labelsFromSorted(parts);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function writePart(bytes: Uint8Array, offset: number, part: string): number {
  if (part.length < 0x80 && writeAscii(bytes, offset + 1, part)) {
    bytes[offset] = part.length;
    return offset + 1 + part.length;
  }
  // Lengths below 128 take one byte, which is nearly always: write the text behind one and move it if not.
  const { written } = encoder.encodeInto(part, bytes.subarray(offset + 1));
  let lengthBytes = 1;
  for (let rest = written >>> 7; rest > 0; rest >>>= 7) lengthBytes++;
  if (lengthBytes > 1) bytes.copyWithin(offset + lengthBytes, offset + 1, offset + 1 + written);
  let rest = written;
  for (let i = 0; i < lengthBytes; i++) {
    bytes[offset + i] = (rest & 0x7f) | (i < lengthBytes - 1 ? 0x80 : 0);
    rest >>>= 7;
  }
  return offset + lengthBytes + written;
}

/** Short ASCII, which is nearly every label, is written faster letter by letter. False when it is not ASCII. */
function writeAscii(bytes: Uint8Array, offset: number, part: string): boolean {
  for (let i = 0; i < part.length; i++) {
    const unit = part.charCodeAt(i);
    if (unit >= 0x80) return false;
    bytes[offset + i] = unit;
  }
  return true;
}
