/**
 * Numbers with units, for people. Unit names are Grafana's ids, since dashboards carry them.
 *
 * 1. A unit is a ladder of scales (`B`, `KiB`, `MiB`…), each a factor and a suffix.
 * 2. A single value takes the largest scale that leaves it at 1 or more, with three significant digits.
 * 3. The ticks of an axis share the scale of the largest, and as many decimals as tell them apart.
 *
 * An unknown unit is printed behind the number as it stands, as Grafana does.
 */
type Scale = readonly [factor: number, suffix: string];

const IEC: readonly Scale[] = [
  [1, 'B'],
  [1024, 'KiB'],
  [1024 ** 2, 'MiB'],
  [1024 ** 3, 'GiB'],
  [1024 ** 4, 'TiB'],
  [1024 ** 5, 'PiB'],
];
const SI: readonly Scale[] = [
  [1, ''],
  [1e3, 'k'],
  [1e6, 'M'],
  [1e9, 'G'],
  [1e12, 'T'],
];
const SECONDS: readonly Scale[] = [
  [1e-9, 'ns'],
  [1e-6, 'µs'],
  [1e-3, 'ms'],
  [1, 's'],
  [60, 'min'],
  [3600, 'h'],
  [86_400, 'd'],
];

const withSuffix = (scales: readonly Scale[], suffix: string): readonly Scale[] =>
  scales.map(([factor, prefix]) => [factor, `${prefix}${suffix}`]);

const LADDERS: Readonly<Record<string, readonly Scale[]>> = {
  none: [[1, '']],
  short: SI,
  bytes: IEC,
  binBps: withSuffix(IEC, '/s'),
  decbytes: withSuffix(SI, 'B'),
  Bps: withSuffix(SI, 'B/s'),
  bps: withSuffix(SI, 'b/s'),
  percent: [[1, '%']],
  percentunit: [[0.01, '%']],
  s: SECONDS,
  ms: SECONDS.map(([factor, suffix]) => [factor * 1000, suffix]),
  ops: withSuffix(SI, 'ops/s'),
  iops: withSuffix(SI, 'io/s'),
  pps: withSuffix(SI, 'p/s'),
  reqps: withSuffix(SI, 'req/s'),
  cps: withSuffix(SI, '/s'),
  hertz: withSuffix(SI, 'Hz'),
  celsius: [[1, '°C']],
};

/** A space that does not break: `12.3 MiB` stays on one line. */
const SPACE = '\u00a0';

/** A value with its unit, three significant digits: `12.3 MiB`, `4.2%`, `850 ms`. A gap is `–`. */
export function formatValue(value: number | null | undefined, unit = 'short'): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '−Inf';
  const [factor, suffix] = scaleOf(ladderOf(unit), Math.abs(value));
  const scaled = value / factor;
  return join(trimmed(scaled, significantDecimals(scaled)), suffix);
}

/** The ticks of one axis, all on one scale: `0`, `256 MiB`, `512 MiB`. */
export function formatTicks(values: readonly number[], unit = 'short'): string[] {
  const ladder = ladderOf(unit);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const [factor, suffix] = scaleOf(ladder, largest);
  const gap = values.length > 1 ? Math.abs((values[1] ?? 0) - (values[0] ?? 0)) / factor : 0;
  const decimals = gap === 0 ? 2 : decimalsOf(gap);
  return values.map((value) => (value === 0 ? '0' : join(trimmed(value / factor, decimals), suffix)));
}

/** Whether an axis of this unit should be cut at powers of two. */
export function isBinaryUnit(unit: string): boolean {
  return LADDERS[unit]?.[1]?.[0] === 1024;
}

function ladderOf(unit: string): readonly Scale[] {
  return LADDERS[unit] ?? [[1, unit]];
}

function scaleOf(ladder: readonly Scale[], magnitude: number): Scale {
  const base = ladder.find(([factor]) => factor === 1) ?? ladder[0] ?? [1, ''];
  if (magnitude === 0) return base;
  return ladder.findLast(([factor]) => magnitude >= factor * 0.9995) ?? ladder[0] ?? base;
}

/** The fewest decimals that write a tick distance exactly, as 2.5 needs one. */
function decimalsOf(gap: number): number {
  for (let decimals = 0; decimals < 6; decimals++) {
    const shifted = gap * 10 ** decimals;
    if (Math.abs(shifted - Math.round(shifted)) < shifted * 1e-6) return decimals;
  }
  return 6;
}

function significantDecimals(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude >= 99.95) return 0;
  if (magnitude >= 9.995) return 1;
  if (magnitude >= 0.9995 || magnitude === 0) return 2;
  return Math.min(8, 2 - Math.floor(Math.log10(magnitude)));
}

/** Fixed decimals without the zeros at the end; `12.00` is `12`, and a true minus sign. */
function trimmed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short.replace(/^-0$/, '0').replace('-', '−');
}

function join(number: string, suffix: string): string {
  return suffix === '' || suffix === '%' ? number + suffix : `${number}${SPACE}${suffix}`;
}
