/** Texts within the limits of a channel, an ellipsis at the end of what was cut. */
const ELLIPSIS = '…';

/** At most `charsMax` characters (code points, Go's runes). */
export function cutToChars(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const chars = Array.from(text);
  if (chars.length <= charsMax) return text;
  return charsMax < 4 ? chars.slice(0, charsMax).join('') : chars.slice(0, charsMax - 1).join('') + ELLIPSIS;
}

/** At most `bytesMax` bytes of UTF-8, never half a character. */
export function cutToBytes(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  const room = bytesMax - Buffer.byteLength(ELLIPSIS);
  const bytes = Buffer.from(text);
  let end = Math.max(0, room);
  // Continuation bytes are 10xxxxxx: step back to where a character begins.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return room < 0 ? '' : bytes.subarray(0, end).toString('utf8') + ELLIPSIS;
}
