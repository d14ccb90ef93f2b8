/**
 * Character references in attribute values, as far as they can move the place that the escaper follows: numbers,
 * and names of ASCII characters. What names letters beyond that stays as it is; the text itself is never changed.
 */

// oxfmt-ignore
const NAMES: ReadonlyMap<string, string> = new Map([
  ['Tab', '\t'], ['NewLine', '\n'], ['excl', '!'], ['quot', '"'], ['QUOT', '"'], ['num', '#'], ['dollar', '$'],
  ['percnt', '%'], ['amp', '&'], ['AMP', '&'], ['apos', "'"], ['lpar', '('], ['rpar', ')'], ['ast', '*'],
  ['midast', '*'], ['plus', '+'], ['comma', ','], ['period', '.'], ['sol', '/'], ['colon', ':'], ['semi', ';'],
  ['lt', '<'], ['LT', '<'], ['equals', '='], ['gt', '>'], ['GT', '>'], ['quest', '?'], ['commat', '@'],
  ['lsqb', '['], ['lbrack', '['], ['bsol', '\\'], ['rsqb', ']'], ['rbrack', ']'], ['Hat', '^'], ['lowbar', '_'],
  ['UnderBar', '_'], ['grave', '`'], ['DiacriticalGrave', '`'], ['lcub', '{'], ['lbrace', '{'], ['verbar', '|'],
  ['vert', '|'], ['VerticalLine', '|'], ['rcub', '}'], ['rbrace', '}'], ['nbsp', '\u00a0'],
]);

/** Browsers read these without their semicolon, too. */
const BARE: ReadonlySet<string> = new Set(['quot', 'QUOT', 'amp', 'AMP', 'lt', 'LT', 'gt', 'GT', 'nbsp']);

export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(?:[xX]([\da-fA-F]{1,8})|(\d{1,8}))|([A-Za-z]{1,20}))(;?)/g,
    (
      whole,
      hex: string | undefined,
      decimal: string | undefined,
      name: string | undefined,
      semicolon: string,
    ) => {
      if (name !== undefined) return semicolon === ';' || BARE.has(name) ? (NAMES.get(name) ?? whole) : whole;
      const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return codePoint > 0 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : '\ufffd';
    },
  );
}
