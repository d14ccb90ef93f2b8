/** Durations in Prometheus notation: `1h30m`, `500ms`, `0`. Units y w d h m s ms, in this order, each once. */
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 31_536_000_000],
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Go's limit of a duration: int64 nanoseconds, about 292 years. */
const DURATION_MS_MAX = Math.floor(2 ** 63 / 1e6) - 1;

/** Milliseconds of a duration such as `5m` or `1h30m`; `undefined` when the text is none. `0` needs no unit. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : DURATION.exec(text);
  if (match === null) return undefined;
  let totalMs = 0;
  for (const [i, [, unitMs]] of UNITS.entries()) totalMs += Number(match[i + 1] ?? 0) * unitMs;
  return totalMs > DURATION_MS_MAX ? undefined : totalMs;
}

/** The shortest exact form as Prometheus prints it: `90000` is `1m30s`, `0` is `0s`. Whole milliseconds, not negative. */
export function formatDurationMs(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let rest = durationMs;
  let text = '';
  for (const [unit, unitMs] of UNITS) {
    // Years and weeks are printed only when nothing remains, so that 400d stays readable.
    if ((unit === 'y' || unit === 'w') && rest % unitMs !== 0) continue;
    const count = Math.floor(rest / unitMs);
    if (count === 0) continue;
    text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
}
