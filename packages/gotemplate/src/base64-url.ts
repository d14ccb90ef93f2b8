/** Go's `base64.URLEncoding`: the alphabet of URLs, with padding. */
import { CallError } from './template-error.ts';
import { textOfBytes, utf8Bytes } from './utf8.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function encodeBase64(text: string): string {
  const bytes = utf8Bytes(text);
  const pieces: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const letters = [18, 12, 6, 0].map((shift) => ALPHABET.charAt((bits >> shift) & 63)).join('');
    pieces.push(letters.slice(0, Math.min(bytes.length - i, 3) + 1).padEnd(4, '='));
  }
  return pieces.join('');
}

/** Line feeds do not count. Throws `CallError` that says at which byte the text is none. */
export function decodeBase64(text: string): string {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  let paddings = 0;
  for (const [i, char] of Array.from(text).entries()) {
    if (char === '\n' || char === '\r') continue;
    const value = ALPHABET.indexOf(char);
    if (char === '=' && count % 4 >= 2 - paddings && paddings < 2) {
      paddings++;
      count++;
      continue;
    }
    if (value < 0 || paddings > 0) fail(i);
    bits = ((bits << 6) | value) & 0xffffff;
    count++;
    if (count % 4 === 0) bytes.push(bits >> 16, (bits >> 8) & 255, bits & 255);
  }
  if (count % 4 !== 0) fail(text.length);
  if (paddings === 1) bytes.push((bits >> 10) & 255, (bits >> 2) & 255);
  if (paddings === 2) bytes.push((bits >> 4) & 255);
  return textOfBytes(Uint8Array.from(bytes));
}

function fail(index: number): never {
  throw new CallError(`illegal base64 data at input byte ${index}`);
}
