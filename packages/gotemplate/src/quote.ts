/** Go's quoted strings, both ways: `strconv.Quote` for `%q` and messages, `strconv.Unquote` for literals. */
import { textOfBytes, utf8Bytes } from './utf8.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': 'a',
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\v': 'v',
};
const UNESCAPES: ReadonlyMap<string, number> = new Map(
  Object.entries(ESCAPES).map(([char, letter]) => [letter, char.charCodeAt(0)] as const),
);
const PLAIN = /^[ !#-[\]-~]*$/;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** `a"b` → `"a\"b"`. With `isAscii` everything above U+007F is escaped too (`%+q`). */
export function quoteGo(text: string, quote: '"' | "'" = '"', isAscii = false): string {
  if (quote === '"' && PLAIN.test(text)) return `"${text}"`;
  let body = '';
  for (const letter of text) body += escapeLetter(letter, quote, isAscii);
  return quote + body + quote;
}

function escapeLetter(letter: string, quote: string, isAscii: boolean): string {
  if (letter === quote || letter === '\\') return `\\${letter}`;
  const codePoint = letter.codePointAt(0) ?? 0;
  if (PRINTABLE.test(letter) && (!isAscii || codePoint < 0x80)) return letter;
  const known = ESCAPES[letter];
  if (known !== undefined) return `\\${known}`;
  const hex = codePoint.toString(16);
  if (codePoint < 0x20 || codePoint === 0x7f) return `\\x${hex.padStart(2, '0')}`;
  return codePoint > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}

/** The value of a Go literal with its quotes (`"…"`, `'…'` or raw); `undefined` when it is none. */
export function unquoteGo(literal: string): string | undefined {
  const bytes = unquoteGoBytes(literal);
  return bytes === undefined ? undefined : textOfBytes(bytes);
}

/** The same as bytes, for those who must know whether they are UTF-8. */
export function unquoteGoBytes(literal: string): Uint8Array | undefined {
  const quote = literal[0];
  const body = literal.slice(1, -1);
  if (literal.length < 2 || !literal.endsWith(quote ?? '')) return undefined;
  // Raw strings lose carriage returns, so that a file means the same on every system.
  if (quote === '`') return utf8Bytes(body.replaceAll('\r', ''));
  if (!body.includes('\\')) return utf8Bytes(body);
  const bytes: number[] = [];
  for (let i = 0; i < body.length;) {
    const end = appendUnit(bytes, body, i, quote ?? '');
    if (end === undefined) return undefined;
    i = end;
  }
  return Uint8Array.from(bytes);
}

/** Appends the letter or escape at `index`; returns where the next one begins. */
function appendUnit(bytes: number[], body: string, index: number, quote: string): number | undefined {
  if (body[index] !== '\\') {
    const letter = String.fromCodePoint(body.codePointAt(index) ?? 0);
    bytes.push(...utf8Bytes(letter));
    return index + letter.length;
  }
  const code = body[index + 1] ?? '';
  const simple = UNESCAPES.get(code);
  if (simple !== undefined || code === '\\' || code === quote) {
    bytes.push(simple ?? code.charCodeAt(0));
    return index + 2;
  }
  const digits = /^(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3})/.exec(
    body.slice(index + 1),
  )?.[0];
  if (digits === undefined) return undefined;
  const isOctal = /^\d/.test(digits);
  const value = isOctal ? Number.parseInt(digits, 8) : Number.parseInt(digits.slice(1), 16);
  if (isOctal || code === 'x') {
    if (value > 0xff) return undefined;
    bytes.push(value);
  } else {
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return undefined;
    bytes.push(...utf8Bytes(String.fromCodePoint(value)));
  }
  return index + 1 + digits.length;
}
