/** Numbers as panels write them: digits, then a unit that scales (`1.5 KiB` is 1536, `12 %` is 0.12). */
const FACTORS: Readonly<Record<string, number>> = {
  '%': 0.01, K: 1e3, k: 1e3, Mil: 1e6, M: 1e6, Bil: 1e9, Tri: 1e12, G: 1e9, T: 1e12, m: 1e-3, µ: 1e-6, n: 1e-9,
  Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4,
}; // prettier-ignore

/** In seconds; a value may be in milliseconds. */
const TIMES: Readonly<Record<string, number>> = {
  ns: 1e-9, µs: 1e-6, ms: 1e-3, s: 1, min: 60, mins: 60, hour: 3600, hours: 3600, day: 86_400, days: 86_400,
  week: 604_800, weeks: 604_800, month: 2_629_800, months: 2_629_800, year: 31_557_600, years: 31_557_600,
}; // prettier-ignore

const NUMBER = /^[^\d.-]*?(-?[\d,]*\.?\d+(?:e[+-]?\d+)?)\s*([%\p{L}µ]*)/iu;

/** Words of the units that know two states. */
const YES: ReadonlySet<string> = new Set(['True', 'Yes', 'On']);
const NO: ReadonlySet<string> = new Set(['False', 'No', 'Off']);

export function isNumberText(text: string): boolean {
  return /\d/.test(text) || YES.has(text) || NO.has(text);
}

/** Whether a text says one of these numbers, right to half of its last digit; its unit may scale or only name. */
export function saysNumber(text: string, wanted: readonly number[]): boolean {
  if (YES.has(text)) return wanted.some((value) => value !== 0);
  if (NO.has(text)) return wanted.includes(0);
  const found = NUMBER.exec(text.replaceAll('−', '-').trim());
  if (found === null) return false;
  const [, digits = '', suffix = ''] = found;
  const shown = Number(digits.replaceAll(',', ''));
  const half = 0.5001 * 10 ** -(/\.(\d+)/.exec(digits)?.[1]?.length ?? 0);
  return wanted.some((value) => scalesOf(suffix).some((scale) => Math.abs(value / scale - shown) <= half));
}

/** That of a unit, or of its prefix (`MiB` by `Mi`, `kHz` by `k`), and none: `12 %` may be 12. */
function scalesOf(suffix: string): readonly number[] {
  const seconds = TIMES[suffix];
  if (seconds !== undefined) return [1, seconds, seconds * 1000];
  const factor = FACTORS[suffix] ?? FACTORS[suffix.slice(0, 2)] ?? FACTORS[suffix.slice(0, 1)];
  return factor === undefined ? [1] : [1, factor];
}
