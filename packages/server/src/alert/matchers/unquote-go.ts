const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([abfnrtv\\"])|)/y;

const SHORT: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a double-quoted Go string literal, quotes included; `undefined` when it is none, or its bytes are no UTF-8. */
export function unquoteGo(literal: string): string | undefined {
  const inner = literal.slice(1, -1);
  if (inner.includes('\n')) return undefined;
  if (!inner.includes('\\')) return inner;
  const parts: Buffer[] = [];
  let at = 0;
  while (at < inner.length) {
    const slash = inner.indexOf('\\', at);
    const plainEnd = slash < 0 ? inner.length : slash;
    parts.push(Buffer.from(inner.slice(at, plainEnd)));
    if (slash < 0) break;
    ESCAPE.lastIndex = slash;
    const match = ESCAPE.exec(inner);
    const bytes = match === null ? undefined : bytesOf(match);
    if (match === null || bytes === undefined) return undefined;
    parts.push(bytes);
    at = slash + match[0].length;
  }
  try {
    return DECODER.decode(Buffer.concat(parts));
  } catch {
    return undefined;
  }
}

/** `\x` and octal escapes are bytes, the others characters. */
function bytesOf([, hex, octal, short16, long32, letter]: RegExpExecArray): Buffer | undefined {
  if (letter !== undefined) return Buffer.from(SHORT[letter] ?? '');
  const byte = hex === undefined ? octal && Number.parseInt(octal, 8) : Number.parseInt(hex, 16);
  if (typeof byte === 'number') return byte > 0xff ? undefined : Buffer.of(byte);
  const digits = short16 ?? long32;
  const code = digits === undefined ? -1 : Number.parseInt(digits, 16);
  const isCharacter = code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? Buffer.from(String.fromCodePoint(code)) : undefined;
}
