/** Numbers, times and quotes as Go writes and reads them, since clients compare texts. */

/**
 * A sample value in API answers: shortest digits, plain from 1e-6 up to 1e21, else with an exponent
 * of at least two digits. `formatValue(1e-7)` is `1e-07`; `-0` keeps its sign.
 */
export function formatValue(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const absolute = Math.abs(value);
  // JavaScript and Go agree where they write plain digits.
  if (absolute >= 1e-6 && absolute < 1e21) return String(value);
  if (!Number.isFinite(value)) return formatNonFinite(value);
  return padExponent(String(value));
}

/** The value of an alert: always with an exponent. `formatExponent(1)` is `1e+00`. */
export function formatExponent(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  return padExponent(Object.is(value, -0) ? '-0e+0' : value.toExponential());
}

/** `1e-7` is `1e-07`. */
function padExponent(text: string): string {
  const cut = text.indexOf('e') + 2;
  return text.slice(0, cut) + text.slice(cut).padStart(2, '0');
}

function formatNonFinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** Milliseconds as seconds with up to three decimals: `1500` is `1.500`, `2000` is `2`. */
export function formatTimestamp(timestampMs: number): string {
  const sign = timestampMs < 0 ? '-' : '';
  const absolute = Math.abs(timestampMs);
  const fraction = absolute % 1000;
  const seconds = String(Math.floor(absolute / 1000));
  return fraction === 0 ? sign + seconds : `${sign}${seconds}.${String(fraction).padStart(3, '0')}`;
}

/** RFC 3339 in UTC without trailing zeros; Go's zero time when there is none. */
export function formatTime(timestampMs: number | undefined): string {
  if (timestampMs === undefined) return '0001-01-01T00:00:00Z';
  return new Date(timestampMs).toISOString().replace(/\.?0*Z$/, 'Z');
}

const GO_FLOAT = /^[+-]?(?:(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)$/;
const GO_SPECIAL = /^[+-]?(?:inf|infinity|nan)$/i;

/** What `strconv.ParseFloat` accepts, save hexadecimal floats; `undefined` otherwise. */
export function parseGoFloat(text: string): number | undefined {
  if (GO_SPECIAL.test(text)) {
    if (/nan/i.test(text)) return /^[+-]/.test(text) ? undefined : NaN;
    return text.startsWith('-') ? -Infinity : Infinity;
  }
  if (!GO_FLOAT.test(text) || text.includes('_')) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Go's `%q`: a double-quoted string with escapes. */
export function quote(text: string): string {
  // JSON differs for control characters and DEL alone, which Go writes as \x... or by name.
  return JSON.stringify(text)
    .replace(/\\u00([01][0-9a-f])/g, (_whole, hex: string) =>
      hex === '07' ? '\\a' : hex === '0b' ? '\\v' : `\\x${hex}`,
    )
    .replaceAll('\u007f', '\\x7f');
}
