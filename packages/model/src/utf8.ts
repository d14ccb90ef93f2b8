/**
 * Compares two strings by their UTF-8 bytes: negative, 0 or positive. This is code point order, which
 * differs from JavaScript's own (UTF-16 units) only where surrogates meet U+E000 to U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const lengthMin = Math.min(a.length, b.length);
  for (let i = 0; i < lengthMin; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above U+FFFF, so they sort after every other unit.
    return rankOf(x) - rankOf(y);
  }
  return a.length - b.length;
}

function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
