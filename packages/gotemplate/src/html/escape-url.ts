/** Escapers of URLs. */
import type { Meter } from '../meter.ts';
import { utf8Bytes } from '../utf8.ts';
import type { GoValue } from '../value.ts';
import { contentOf, FILTERED } from './content.ts';

/** The start of a URL: one that runs something is refused. */
export function filterUrl(args: readonly GoValue[], meter: Meter): string {
  const { text, kind } = contentOf(args, meter);
  return kind === 'url' || isHarmless(text) ? text : `#${FILTERED}`;
}

/** A URL, or its part before the query: what is special in it stays so, percent signs of escapes as well. */
export function normalizeUrl(args: readonly GoValue[], meter: Meter): string {
  return encodeUrl(contentOf(args, meter).text, true);
}

/** Text inside of a query or fragment. */
export function escapeUrl(args: readonly GoValue[], meter: Meter): string {
  const { text, kind } = contentOf(args, meter);
  return encodeUrl(text, kind === 'url');
}

/** Images and their sizes, parted by commas. */
export function filterSrcset(args: readonly GoValue[], meter: Meter): string {
  const { text, kind } = contentOf(args, meter);
  if (kind === 'url') return encodeUrl(text, true).replaceAll(',', '%2c');
  return text.split(',').map(filterImage).join(',');
}

function filterImage(image: string): string {
  const [, before = '', url = '', size = ''] = /^([ \t\n\f\r]*)([^ \t\n\f\r]*)([^]*)$/.exec(image) ?? [];
  const isGood = isHarmless(url) && /^[ \t\n\f\r\dA-Za-z]*$/.test(size);
  return isGood ? before + encodeUrl(url, true) + size : `#${FILTERED}`;
}

function isHarmless(url: string): boolean {
  const colon = url.indexOf(':');
  if (colon < 0 || url.slice(0, colon).includes('/')) return true;
  return ['http', 'https', 'mailto'].includes(url.slice(0, colon).toLowerCase());
}

// A percent sign of an escape stays in a whole URL.
const NOT_IN_URL = /%(?![\da-fA-F]{2})|[^\w\-.~!#$&*+,/:;=?@[\]%]+/gu;
const NOT_IN_QUERY = /[^\w\-.~]+/gu;

function encodeUrl(text: string, isWhole: boolean): string {
  return text.replace(isWhole ? NOT_IN_URL : NOT_IN_QUERY, (part) =>
    Array.from(utf8Bytes(part), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}
