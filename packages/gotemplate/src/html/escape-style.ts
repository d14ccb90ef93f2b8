/** Escapers of style sheets. */
import type { Meter } from '../meter.ts';
import type { GoValue } from '../value.ts';
import { contentOf, FILTERED } from './content.ts';
import { decodeStyle } from './style.ts';

/** Text in a string of CSS. */
export function escapeStyleString(args: readonly GoValue[], meter: Meter): string {
  const { text } = contentOf(args, meter);
  // oxlint-disable-next-line no-control-regex -- NUL is one of the characters to replace.
  return text.replace(/[\0\t\n\f\r"&'()+/:;<>\\{}]/g, (char, index: number) => {
    if (char === '\\') return '\\\\';
    // A space ends the number where the next letter could belong to it.
    const next = text.charAt(index + 1);
    const isOpen = next === '' || /[\da-fA-F\t\n\f\r ]/.test(next);
    return `\\${char.charCodeAt(0).toString(16)}${isOpen ? ' ' : ''}`;
  });
}

/** A value of CSS: names, numbers, colours. What could be more is refused. */
export function filterStyleValue(args: readonly GoValue[], meter: Meter): string {
  const text = decodeStyle(contentOf(args, meter).text);
  // oxlint-disable-next-line no-control-regex -- NUL is one of the characters refused.
  if (/[\0"'()/;<>@[\\\]`{}]|--/.test(text)) return FILTERED;
  const letters = text.replace(/[^\w-]/g, '').toLowerCase();
  return /expression|mozbinding/.test(letters) ? FILTERED : text;
}
