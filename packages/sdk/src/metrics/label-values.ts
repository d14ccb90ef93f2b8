// Longer than any route or status; what is longer is a body, a query or an attack, and each of a thousand series
// would carry it into every page.
export const LABEL_VALUE_CHARS_MAX = 1024;

/**
 * What may become a label value, as it will be exposed: a string (callers without types hand in numbers), without lone
 * surrogates (UTF-8 has none: two values would look the same on the page), at most `LABEL_VALUE_CHARS_MAX` long. A
 * copy, since a part of a string keeps the whole alive.
 */
export function boundedLabelValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : String(value as number);
  if (text.length <= LABEL_VALUE_CHARS_MAX) return Buffer.from(text).toString();
  // Cut between characters, not within one.
  const last = text.charCodeAt(LABEL_VALUE_CHARS_MAX - 1);
  const isLeading = last >= 0xd800 && last <= 0xdbff;
  return Buffer.from(text.slice(0, LABEL_VALUE_CHARS_MAX - (isLeading ? 1 : 0))).toString();
}

const NEEDS_ESCAPE = /[\\"\n]/;

/** As it stands between the quotes of both text formats. */
export function escapeLabelValue(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
