/** Escapers of scripts. */
import { sprint } from '../fmt.ts';
import { goJson } from '../go-json.ts';
import type { Meter } from '../meter.ts';
import { CallError } from '../template-error.ts';
import { type GoValue, indirect } from '../value.ts';
import { contentOf } from './content.ts';

/** A value as an expression: its JSON. Spaces keep a word or number off the words beside it. */
export function escapeScriptValue(args: readonly GoValue[], meter: Meter): string {
  const [only] = args;
  const value = args.length === 1 ? printable(only) : sprint(args.map(indirect), meter);
  let json: string;
  try {
    json = goJson(value, meter);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const reason = error.message
      .replaceAll('*/', '* /')
      .replaceAll('</script', '\\x3C/script')
      .replaceAll('<!--', '\\x3C!--');
    return ` /* ${reason} */null `;
  }
  return /^[\w$]|[\w$]$/.test(json) ? ` ${json} ` : json;
}

/** What prints itself does so, unless it has JSON of its own. */
function printable(value: GoValue): GoValue {
  const target = indirect(value);
  if (typeof target !== 'object' || (target.kind !== 'struct' && target.kind !== 'named')) return target;
  const hasJson = target.kind === 'struct' && target.json !== undefined;
  return target.text === undefined || hasJson ? target : target.text();
}

const IN_STRING: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '/': '\\/',
  '\\': '\\\\',
};

const unicode = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

export function escapeScriptString(args: readonly GoValue[], meter: Meter): string {
  return escapeInString(contentOf(args, meter).text);
}

/** Text inside of backticks, where `${` must not begin. */
export function escapeTemplateLiteral(args: readonly GoValue[], meter: Meter): string {
  return escapeInString(contentOf(args, meter).text).replace(/[${}]/g, unicode);
}

function escapeInString(text: string): string {
  // oxlint-disable-next-line no-control-regex -- Control characters are what is escaped.
  return text.replace(/[\0-\x1f"&'+/<>\\`\u2028\u2029]/g, (char) => IN_STRING[char] ?? unicode(char));
}

/** Text to be matched literally. Without any, `//` would begin a comment. */
export function escapeRegexp(args: readonly GoValue[], meter: Meter): string {
  const { text } = contentOf(args, meter);
  if (text === '') return '(?:)';
  // oxlint-disable-next-line no-control-regex -- Control characters are what is escaped.
  return text.replace(/[\0-\x1f"$&'()*+\-./<>?[\\\]^{|}\u2028\u2029]/g, (char) => {
    if ('$()*-./?[\\]^{|}'.includes(char)) return `\\${char}`;
    return IN_STRING[char] ?? unicode(char);
  });
}
