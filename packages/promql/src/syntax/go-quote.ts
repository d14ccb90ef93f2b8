/**
 * Strings as Go writes and reads them: PromQL's literals and upstream's messages follow Go.
 *
 * JavaScript strings cannot hold bytes that are no UTF-8, and `"\xff"` is such a byte. It is kept as
 * the lone surrogate U+DC00 + byte, so that it survives, prints back, and is recognised as invalid
 * (`isWellFormed` is false).
 */
const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
};

/** The value of a literal with its quotes; `undefined` when an escape is wrong. Back quotes know no escapes. */
export function unquoteGo(literal: string): string | undefined {
  const quote = literal[0] ?? '';
  const body = literal.slice(1, -1);
  if (quote === '`' || !body.includes('\\')) return body;
  const bytes: number[] = [];
  for (let i = 0; i < body.length;) {
    if (body[i] !== '\\') {
      const next = body.indexOf('\\', i);
      const end = next < 0 ? body.length : next;
      for (const byte of new TextEncoder().encode(body.slice(i, end))) bytes.push(byte);
      i = end;
      continue;
    }
    const escape = readEscape(body, i + 1, quote);
    if (escape === undefined) return undefined;
    for (const byte of escape.bytes) bytes.push(byte);
    i = escape.end;
  }
  return decodeKeepingBadBytes(Uint8Array.from(bytes));
}

/** What is wrong with the escapes of a literal that `unquoteGo` refuses, in the words of Prometheus' lexer. */
export function escapeFaultOf(literal: string): string {
  const quote = literal[0] ?? '';
  const body = literal.slice(1, -1);
  for (let i = body.indexOf('\\'); i >= 0;) {
    const escape = readEscape(body, i + 1, quote);
    if (escape === undefined) return describeBadEscape(body.slice(i + 1), quote);
    i = body.indexOf('\\', escape.end);
  }
  return 'invalid syntax in string literal';
}

const ESCAPE_DIGITS: Readonly<Record<string, { count: number; legal: RegExp }>> = {
  x: { count: 2, legal: /[0-9a-fA-F]/ },
  u: { count: 4, legal: /[0-9a-fA-F]/ },
  U: { count: 8, legal: /[0-9a-fA-F]/ },
};

function describeBadEscape(rest: string, quote: string): string {
  const [letter = ''] = rest;
  const isOctal = /[0-7]/.test(letter);
  const digits = isOctal ? { count: 3, legal: /[0-7]/ } : ESCAPE_DIGITS[letter];
  if (digits === undefined) return `unknown escape sequence ${unicodeOf(rest || quote)}`;
  const from = isOctal ? 0 : 1;
  for (let i = from; i < from + digits.count; i++)
    if (!digits.legal.test(rest[i] ?? ''))
      return `illegal character ${unicodeOf(rest.slice(i) || quote)} in escape sequence`;
  return 'escape sequence is an invalid Unicode code point';
}

/** Go's `%#U` of the first character: `U+0071 'q'`. */
function unicodeOf(text: string): string {
  const code = text.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(code)}'`;
}

function readEscape(
  body: string,
  at: number,
  quote: string,
): { bytes: Iterable<number>; end: number } | undefined {
  const letter = body[at] ?? '';
  const simple = SIMPLE_ESCAPES[letter];
  if (simple !== undefined) {
    // Go refuses the other kind of quote behind a backslash.
    if ((letter === '"' || letter === "'") && letter !== quote) return undefined;
    return { bytes: [simple], end: at + 1 };
  }
  const octal = /^[0-3][0-7]{2}/.exec(body.slice(at, at + 3))?.[0];
  if (octal !== undefined) return { bytes: [Number.parseInt(octal, 8)], end: at + 3 };
  const digits = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
  const hex = body.slice(at + 1, at + 1 + digits);
  if (digits === 0 || hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) return undefined;
  const code = Number.parseInt(hex, 16);
  const end = at + 1 + digits;
  if (letter === 'x') return { bytes: [code], end };
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { bytes: new TextEncoder().encode(String.fromCodePoint(code)), end };
}

function decodeKeepingBadBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return decodeByParts(bytes);
  }
}

function decodeByParts(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const lead = bytes[i] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    try {
      text += decoder.decode(bytes.subarray(i, i + length));
      i += length;
    } catch {
      text += String.fromCharCode(0xdc00 + lead);
      i++;
    }
  }
  return text;
}

const NAMED: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** Double-quoted as by Go's `%q`: what cannot be printed is escaped, bad bytes as `\xff`. */
export function quoteGo(text: string): string {
  let quoted = '"';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const named = NAMED[character];
    if (named !== undefined) quoted += named;
    else if (code >= 0xdc80 && code <= 0xdcff) quoted += `\\x${(code - 0xdc00).toString(16)}`;
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (/[\p{C}\p{Z}]/u.test(character) && character !== ' ')
      quoted += code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
    else quoted += character;
  }
  return `${quoted}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
