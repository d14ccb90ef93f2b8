/**
 * The classic grammar of matchers (Alertmanager until 0.26): forgiving, made for typing. Braces are cut off
 * if they are there, values may go without quotes, a backslash that escapes nothing stands for itself.
 */
import { InputError, type Matcher, type MatcherOp } from '@vedette/model';
import { createAlertMatcher } from './matcher.ts';

/** Conditions with commas between them, optionally in braces. Throws `InputError` (VED_ALERTING_INVALID). */
export function parseClassicMatchers(text: string): Matcher[] {
  const inner = text.replace(/^\{/, '').replace(/\}$/, '');
  return splitAtCommas(inner).map(parseClassicMatcher);
}

/** One condition. Throws `InputError` (VED_ALERTING_INVALID). */
export function parseClassicMatcher(text: string): Matcher {
  const head = HEAD.exec(text);
  const [whole, name, op] = head ?? [];
  if (whole === undefined || name === undefined || op === undefined)
    throw new InputError('VED_ALERTING_INVALID', `bad matcher format: ${text}`);
  const raw = text.slice(whole.length).replace(TRAILING_SPACE, '');
  return createAlertMatcher(name, op as MatcherOp, unescapeValue(raw));
}

const HEAD = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*/;
// The look-behind keeps it linear: only the first blank of a run is tried.
const TRAILING_SPACE = /(?<![\t\n\f\r ])[\t\n\f\r ]+$/;

/** Pieces between the commas that stand outside of quotes; blanks after the last comma are no piece. */
function splitAtCommas(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let isQuoted = false;
  let isEscaped = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === ',' && !isQuoted) {
      pieces.push(text.slice(start, i));
      start = i + 1;
    } else if (char === '"') {
      if (!isEscaped) isQuoted = !isQuoted;
      isEscaped = false;
    } else isEscaped = char === '\\' && !isEscaped;
  }
  const last = text.slice(start).trim();
  if (last !== '') pieces.push(last);
  return pieces;
}

function unescapeValue(raw: string): string {
  if (!raw.isWellFormed())
    throw new InputError('VED_ALERTING_INVALID', `matcher value not valid UTF-8: ${raw}`);
  const isQuoted = raw.startsWith('"');
  const hasEnd = isQuoted && raw.length > 1 && raw.endsWith('"') && !isEscapedAt(raw, raw.length - 1);
  const inner = raw.slice(isQuoted ? 1 : 0, hasEnd ? -1 : undefined);
  if (isQuoted !== hasEnd || UNESCAPED_QUOTE.test(inner))
    throw new InputError('VED_ALERTING_INVALID', `matcher value contains unescaped double quote: ${raw}`);
  return inner.replaceAll(/\\([n"\\])/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

const UNESCAPED_QUOTE = /^(?:[^\\"]|\\[^])*"/;

/** Whether an odd number of backslashes stands before the place. */
function isEscapedAt(text: string, at: number): boolean {
  let count = 0;
  while (at - count > 1 && text[at - 1 - count] === '\\') count++;
  return count % 2 === 1;
}
