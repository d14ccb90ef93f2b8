/** Escapers of HTML itself. */
import type { Meter } from '../meter.ts';
import type { GoValue } from '../value.ts';
import { attributeKindOf } from './attribute-kind.ts';
import { contentOf, FILTERED } from './content.ts';
import { stripTags } from './strip-tags.ts';

type Replacements = Readonly<Record<string, string>>;

// A plus sign could begin UTF-7 in browsers of another time.
const QUOTES: Replacements = {
  '\0': '\uFFFD',
  '"': '&#34;',
  "'": '&#39;',
  '+': '&#43;',
  '<': '&lt;',
  '>': '&gt;',
};
const MARKUP: Replacements = { ...QUOTES, '&': '&amp;' };
const SPACES: Replacements = {
  '\0': '&#xfffd;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\v': '&#11;',
  '\f': '&#12;',
  '\r': '&#13;',
  ' ': '&#32;',
  '=': '&#61;',
  '`': '&#96;',
};
const QUOTES_AND_SPACES: Replacements = { ...QUOTES, ...SPACES };
const MARKUP_AND_SPACES: Replacements = { ...MARKUP, ...SPACES };

/** Text between tags; HTML that is vouched for stays. */
export function escapeText(args: readonly GoValue[], meter: Meter): string {
  const { text, kind } = contentOf(args, meter);
  return kind === 'html' ? text : replaceAll(text, MARKUP);
}

/** A title or text area, which hold no tags. What is HTML has its entities already. */
export function escapeRcdata(args: readonly GoValue[], meter: Meter): string {
  const { text, kind } = contentOf(args, meter);
  return replaceAll(text, kind === 'html' ? QUOTES : MARKUP);
}

/** A value in quotes. */
export function escapeQuoted(args: readonly GoValue[], meter: Meter): string {
  const { text, kind } = contentOf(args, meter);
  return kind === 'html' ? replaceAll(stripTags(text, meter), QUOTES) : replaceAll(text, MARKUP);
}

/** A value without quotes. There an empty one would make the next attribute the value. */
export function escapeUnquoted(args: readonly GoValue[], meter: Meter): string {
  const { text, kind } = contentOf(args, meter);
  if (text === '') return FILTERED;
  if (kind === 'html') return escapeOddLetters(replaceAll(stripTags(text, meter), QUOTES_AND_SPACES));
  return escapeOddLetters(replaceAll(text, MARKUP_AND_SPACES));
}

/** The name of a tag or attribute: only one that can do nothing. */
export function filterName(args: readonly GoValue[], meter: Meter): string {
  const name = contentOf(args, meter).text.toLowerCase();
  return /^[a-z\d]+$/.test(name) && attributeKindOf(name) === 'plain' ? name : FILTERED;
}

function replaceAll(text: string, replacements: Replacements): string {
  // oxlint-disable-next-line no-control-regex -- NUL is one of the characters to replace.
  return text.replace(/[\0\t\n\v\f\r "&'+<=>`]/g, (char) => replacements[char] ?? char);
}

/** Code points that are no letters; some browsers ended a value at them. */
function escapeOddLetters(text: string): string {
  return text.replace(/[\ufdd0-\ufdef\ufff0-\uffff]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`);
}
