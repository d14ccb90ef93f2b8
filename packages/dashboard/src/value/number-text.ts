import type { Ladder, Scale } from './unit.ts';

/** The largest scale that leaves a value at 1 or more; what rounds up to the next scale already takes it. */
export function scaleOf(ladder: Ladder, magnitude: number): Scale {
  const base = ladder.find(([factor]) => factor === 1) ?? ladder[0] ?? [1, ''];
  if (magnitude === 0) return base;
  return ladder.findLast(([factor]) => magnitude >= factor * 0.9995) ?? ladder[0] ?? base;
}

/** Decimals that make three significant digits, at most 8. */
export function significantDecimals(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude >= 99.95) return 0;
  if (magnitude >= 9.995) return 1;
  if (magnitude >= 0.9995 || magnitude === 0) return 2;
  return Math.min(8, 2 - Math.floor(Math.log10(magnitude)));
}

/** Fixed decimals without the zeros at the end; `12.00` is `12`, and a true minus sign. */
export function trimmedNumber(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return trueMinus(text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text);
}

/** Exactly so many decimals. */
export function fixedNumber(value: number, decimals: number): string {
  return trueMinus(value.toFixed(decimals));
}

function trueMinus(text: string): string {
  return (/[1-9]/.test(text) ? text : text.replace('-', '')).replace('-', '−');
}
