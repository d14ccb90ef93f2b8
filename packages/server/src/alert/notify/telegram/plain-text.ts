/** Telegram's limits, and what a message is without its marks. */

/** Telegram counts UTF-16 units after it took the marks out: 4096 of them, an emoji is two. */
export const TEXT_UNITS_MAX = 4096;

const ELLIPSIS = '…';

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** What Telegram would show of HTML: without elements, entities as their characters. */
export function plainTextOfHtml(html: string): string {
  return html
    .replaceAll(/<\/?[a-zA-Z][^<>]*>/g, '')
    .replaceAll(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));/g, decoded);
}

function decoded(whole: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return ENTITIES[name] ?? whole;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return code > 0x10ffff ? whole : String.fromCodePoint(code);
}

/** At most `TEXT_UNITS_MAX`; a surrogate pair is never halved. */
export function cutText(text: string): string {
  if (text.length <= TEXT_UNITS_MAX) return text;
  const cut = text.slice(0, TEXT_UNITS_MAX - ELLIPSIS.length);
  return (/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut) + ELLIPSIS;
}
