/** Numbers, times and names as the sentences of a report have them. */

/** `3 minutes`, `2.5 hours`, `12 days`. */
export function shownSpan(ms: number): string {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ] as const;
  const size = Math.max(0, ms);
  const [unitMs, unit] = units.find(([one]) => size >= one) ?? [1000, 'second'];
  const count = size / unitMs;
  const shown = count < 10 && unitMs >= 3_600_000 ? Math.round(count * 10) / 10 : Math.round(count);
  return `${shown} ${unit}${shown === 1 ? '' : 's'}`;
}

/** `09:58 UTC`; with the date where that is another day than that of `nowMs`. */
export function shownTime(ms: number, nowMs: number): string {
  if (!isDate(ms)) return 'an unknown time';
  const text = new Date(ms).toISOString();
  const time = `${text.slice(11, 16)} UTC`;
  const isToday = isDate(nowMs) && new Date(nowMs).toISOString().slice(0, 10) === text.slice(0, 10);
  return isToday ? time : `${text.slice(0, 10)} ${time}`;
}

// As far as `Date` reaches.
const DATE_MS_MAX = 8.64e15;

function isDate(ms: number): boolean {
  return Math.abs(ms) <= DATE_MS_MAX;
}

export type Unit = 'bytes' | 'seconds' | 'ratio' | undefined;

/** What the name of a metric says of its unit. */
export function unitOf(metric: string): Unit {
  if (metric.endsWith('_bytes')) return 'bytes';
  if (metric.endsWith('_seconds')) return 'seconds';
  if (/(_ratio|:ratio)(_[a-z0-9]+)?$/.test(metric)) return 'ratio';
  return undefined;
}

/** `0.32`, `1.25 million`, `12.3 GiB`, `32 %`; `no value` for NaN. */
export function shownValue(value: number, unit?: Unit): string {
  if (Number.isNaN(value)) return 'no value';
  if (!Number.isFinite(value)) return value > 0 ? 'infinite' : 'minus infinite';
  if (unit === 'ratio' && Math.abs(value) <= 10) return `${digits(value * 100)} %`;
  if (unit === 'bytes') return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
  if (unit === 'seconds' && value !== 0 && Math.abs(value) < 1) return `${digits(value * 1000)} ms`;
  if (unit === 'seconds') return `${digits(value)} s`;
  return Math.abs(value) >= 1e6
    ? scaled(value, 1000, ['', 'thousand', 'million', 'billion', 'trillion'])
    : digits(value);
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= base && unit < units.length - 1) {
    size /= base;
    unit++;
  }
  return `${digits(size)} ${units[unit] ?? ''}`.trim();
}

/** Three digits that count; whole numbers as they are. */
function digits(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const text = Number(value.toPrecision(3));
  return Math.abs(text) >= 1e-4 || text === 0 ? String(text) : text.toExponential();
}

export function shownPercent(ratio: number): string {
  return `${digits(ratio * 100)} %`;
}

/** `1 service`, `3 services`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first few and how many more. */
export function listed(names: readonly string[], shownMax = 3): string {
  const shown = names.slice(0, shownMax).join(', ');
  return names.length > shownMax ? `${shown} and ${names.length - shownMax} more` : shown;
}

/** At most so many characters; whole ones, and what is cut says so. */
export function clip(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const cut = text.slice(0, charsMax - 1);
  // Half of a pair of surrogates is no character.
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
