/**
 * The parts of a series key, names and values in turn: a length (unsigned LEB128), then the text in UTF-8. Keys are
 * trusted here: a part that ends behind its key is the caller's to find.
 */
export function startOfText(key: DataView, from: number): number {
  let at = from;
  while (key.getUint8(at) >= 0x80) at++;
  return at + 1;
}

/** Where the part that starts at `from` ends. */
export function endOfPart(key: DataView, from: number): number {
  let length = 0;
  let shift = 0;
  let at = from;
  for (;;) {
    const byte = key.getUint8(at++);
    length += (byte & 0x7f) << shift;
    if (byte < 0x80) return at + length;
    shift += 7;
  }
}

// Longer than nearly every value; what does not fit gets a buffer of its own.
const scratch = Buffer.alloc(1024);

/** The text [from, end). */
export function textOf(bytes: DataView, from: number, end: number): string {
  const length = end - from;
  const target = length <= scratch.length ? scratch : Buffer.alloc(length);
  let seen = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes.getUint8(from + i);
    target[i] = byte;
    seen |= byte;
  }
  // Of ASCII both are the same, and this one is several times faster.
  return target.toString(seen < 0x80 ? 'latin1' : 'utf8', 0, length);
}

/**
 * Whether [from, until) is a name and a value of ASCII, each of 1 to 127 letters: then there is but one way to write
 * them, which is that one. Nearly every label is; of others nothing is said.
 */
export function isPlainPair(key: DataView, from: number, until: number): boolean {
  const nameLength = key.getUint8(from);
  if (nameLength === 0 || nameLength >= 0x80 || from + 1 + nameLength >= until) return false;
  const valueLength = key.getUint8(from + 1 + nameLength);
  if (valueLength === 0 || from + nameLength + valueLength + 2 !== until) return false;
  // A length of 128 and more has the bit that no letter of ASCII has.
  let seen = 0;
  for (let i = from; i < until; i++) seen |= key.getUint8(i);
  return seen < 0x80;
}

/** The order of the names at two places of a key by their bytes, which is that of their letters. */
export function compareNames(key: DataView, a: number, b: number): number {
  const aStart = startOfText(key, a);
  const bStart = startOfText(key, b);
  const aLength = endOfPart(key, a) - aStart;
  const bLength = endOfPart(key, b) - bStart;
  for (let i = 0; i < Math.min(aLength, bLength); i++) {
    const difference = key.getUint8(aStart + i) - key.getUint8(bStart + i);
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}
