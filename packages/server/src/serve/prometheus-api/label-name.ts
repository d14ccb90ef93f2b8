/**
 * A label name as it stands in a path. Names that are no plain identifiers may come escaped:
 * `U__` in front, each special character as `_HEX_`, an underscore doubled.
 * `unescapeLabelName('U__my_2e_name')` is `my.name`. As upstream, a name whose escapes are broken is
 * taken as it is written; `undefined` is no name at all (broken UTF-8).
 */
export function unescapeLabelName(written: string): string | undefined {
  if (!written.isWellFormed() || written.includes('\ufffd')) return undefined;
  if (!written.startsWith('U__')) return written;
  return decode(written.slice('U__'.length)) ?? written;
}

// The largest code point of Unicode, 10FFFF, has six digits.
const HEX_DIGITS_MAX = 6;

function decode(escaped: string): string | undefined {
  let name = '';
  for (let i = 0; i < escaped.length; i++) {
    if (escaped[i] !== '_') {
      name += escaped[i];
      continue;
    }
    const end = escaped.indexOf('_', i + 1);
    if (end < 0) return undefined;
    const hex = escaped.slice(i + 1, end);
    const code = hex === '' ? '_'.codePointAt(0) : codePointOf(hex);
    if (code === undefined) return undefined;
    name += String.fromCodePoint(code);
    i = end;
  }
  return name;
}

function codePointOf(hex: string): number | undefined {
  if (hex.length > HEX_DIGITS_MAX || !/^[0-9a-fA-F]+$/.test(hex)) return undefined;
  const code = Number.parseInt(hex, 16);
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : code;
}
