/**
 * A 32-bit hash of the bytes [from, until), four at a time (multiply and rotate, after MurmurHash3 by
 * Austin Appleby, public domain). In memory only: it may change from version to version.
 */
export function hashBytes(view: DataView, from: number, until: number): number {
  let hash = 0x9747b28c ^ (until - from);
  let at = from;
  for (; at + 4 <= until; at += 4) {
    hash = Math.imul(hash ^ mix(view.getUint32(at, true)), 5) + 0xe6546b64;
    hash = (hash << 13) | (hash >>> 19);
  }
  if (at < until) {
    let rest = 0;
    for (let shift = 0; at < until; at++, shift += 8) rest |= view.getUint8(at) << shift;
    hash ^= mix(rest);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mix(word: number): number {
  const multiplied = Math.imul(word, 0xcc9e2d51);
  return Math.imul((multiplied << 15) | (multiplied >>> 17), 0x1b873593);
}

/** Whether two stretches of `length` bytes are equal. */
export function bytesEqual(a: DataView, aFrom: number, b: DataView, bFrom: number, length: number): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4)
    if (a.getUint32(aFrom + i, true) !== b.getUint32(bFrom + i, true)) return false;
  for (; i < length; i++) if (a.getUint8(aFrom + i) !== b.getUint8(bFrom + i)) return false;
  return true;
}
