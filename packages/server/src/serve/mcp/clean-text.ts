/** Text of others made fit for a model to read: nothing that hides, nothing that looks like the marks of our fences. */
import { printable } from '../../lib/printable.ts';

/**
 * Without control characters, and without those that no person sees but a model reads: tags, zero widths, directions,
 * selectors of variants, fillers. What would open or end a fence is spoiled.
 */
export function clean(text: string): string {
  return printable(text.toWellFormed()).replaceAll(INVISIBLE, '').replaceAll(FENCE, '(');
}

const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

// One character for one, so that a text grows by nothing.
const FENCE = /<(?=\s*\/?\s*data-)/gi;

/** The same in names and texts of whatever JSON can hold; longer texts are clipped, what lies deeper is left out. */
export function cleanValue(value: unknown, charsMax: number, depth = 0): unknown {
  if (typeof value === 'string') return clippedWithCount(value, charsMax);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return null;
  if (Array.isArray(value)) return value.map((one) => cleanValue(one, charsMax, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      clippedWithCount(name, NAME_CHARS_MAX),
      cleanValue(one, charsMax, depth + 1),
    ]),
  );
}

// Reports are four deep.
const DEPTH_MAX = 12;

// The longest metric names in use have half of it.
const NAME_CHARS_MAX = 200;

/** The clip comes first: cleaning a megabyte to show a line of it would take longer than the query. */
function clippedWithCount(text: string, charsMax: number): string {
  if (text.length <= charsMax) return clean(text);
  return `${clean(text.slice(0, charsMax))}… (${text.length} characters)`;
}

export function clipped(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax).toWellFormed()}…`;
}

/** At most `bytesMax` bytes of UTF-8, whole characters; the last one says that more was there. */
export function clippedToBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let end = Math.max(0, bytesMax - ELLIPSIS_BYTES);
  // A byte 10xxxxxx goes on with a character; the cut lies before one that begins.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytesMax < ELLIPSIS_BYTES ? '' : `${bytes.toString('utf8', 0, end)}…`;
}

const ELLIPSIS_BYTES = Buffer.byteLength('…');
