/** Prometheus' functions that make numbers readable. All take floats, ints, durations and texts of numbers. */
import { formatFloat, parseFloat64 } from './go-float.ts';
import { formatGoTime } from './go-time.ts';
import { CallError } from './template-error.ts';
import { type GoValue, basicOf, typeNameOf } from './value.ts';

const LARGE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const LARGE_1024 = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];
const SMALL = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

/** `12345` → `12.35k`. */
export function humanize(value: GoValue): string {
  const number = floatOf(value);
  if (number === 0 || !Number.isFinite(number)) return short(number);
  return Math.abs(number) >= 1 ? scaleDown(number, LARGE, 1000) : scaleUp(number);
}

/** `12345` → `12.06ki`. */
export function humanize1024(value: GoValue): string {
  const number = floatOf(value);
  if (Math.abs(number) <= 1 || !Number.isFinite(number)) return short(number);
  return scaleDown(number, LARGE_1024, 1024);
}

/** Seconds: `12345` → `3h 25m 45s`. */
export function humanizeDuration(value: GoValue): string {
  const seconds = floatOf(value);
  if (!Number.isFinite(seconds)) return short(seconds);
  if (seconds === 0) return `${short(seconds)}s`;
  if (Math.abs(seconds) < 1) return `${scaleUp(seconds)}s`;
  const sign = seconds < 0 ? '-' : '';
  const magnitude = Math.abs(seconds);
  const whole = Math.trunc(magnitude);
  const s = `${whole % 60}s`;
  const m = `${Math.floor(whole / 60) % 60}m`;
  const h = `${Math.floor(whole / 3600) % 24}h`;
  if (whole >= 86_400) return `${sign}${BigInt(Math.floor(whole / 86_400))}d ${h} ${m} ${s}`;
  if (whole >= 3600) return `${sign}${h} ${m} ${s}`;
  if (whole >= 60) return `${sign}${m} ${s}`;
  return `${sign}${short(magnitude)}s`;
}

/** `0.125` → `12.5%`. */
export function humanizePercentage(value: GoValue): string {
  return `${short(floatOf(value) * 100)}%`;
}

/** Seconds since the Unix epoch → `2015-06-23 13:19:44.128 +0000 UTC`. */
export function humanizeTimestamp(value: GoValue): string {
  const seconds = floatOf(value);
  return Number.isFinite(seconds)
    ? formatGoTime((nanosecondsOf(seconds) / 1_000_000n) * 1_000_000n)
    : short(seconds);
}

/** The number a template function was given. */
export function floatOf(value: GoValue): number {
  const basic = basicOf(value);
  if (typeof basic === 'number') return basic;
  if (typeof basic === 'bigint') {
    // Go's time.Duration is in nanoseconds; the functions count in seconds.
    return typeNameOf(value) === 'time.Duration' ? Number(basic) / 1e9 : Number(basic);
  }
  if (typeof basic === 'string' && typeof value === 'string') return parseFloat64(basic);
  throw new CallError(`can't convert ${typeNameOf(value)} to float`);
}

// Go holds nanoseconds in an int64.
const NANOSECONDS_MAX = 2 ** 63;

/** Nanoseconds of a time or duration in seconds. */
export function nanosecondsOf(seconds: number): bigint {
  const nanoseconds = seconds * 1e9;
  if (!(Math.abs(nanoseconds) < NANOSECONDS_MAX)) {
    throw new CallError(
      Number.isFinite(seconds)
        ? `${formatFloat(seconds, 'g')} cannot be represented as a nanoseconds timestamp since it overflows int64`
        : 'value is NaN or Inf',
    );
  }
  return BigInt(Math.trunc(nanoseconds));
}

function scaleDown(number: number, units: readonly string[], base: number): string {
  let scaled = number;
  let prefix = '';
  for (const unit of units) {
    if (Math.abs(scaled) < base) break;
    prefix = unit;
    scaled /= base;
  }
  return short(scaled) + prefix;
}

function scaleUp(number: number): string {
  let scaled = number;
  let prefix = '';
  for (const unit of SMALL) {
    if (Math.abs(scaled) >= 1) break;
    prefix = unit;
    scaled *= 1000;
  }
  return short(scaled) + prefix;
}

/** Go's `%.4g`. */
function short(number: number): string {
  return formatFloat(number, 'g', 4);
}
