/** Go's `time.Time` and `time.Duration` as template values: what Prometheus' `toTime` and `toDuration` give. */
import { type GoNamed, type GoStruct, type GoValue, goFunction } from './value.ts';

/** A `time.Time` in UTC. */
export function goTime(nanoseconds: bigint): GoStruct {
  const seconds = floorDivide(nanoseconds, 1_000_000_000n);
  const date = new Date(Number(seconds) * 1000);
  const int = (value: number): GoValue => BigInt(value);
  const parts: [name: string, value: () => GoValue][] = [
    ['Unix', () => seconds],
    ['UnixMilli', () => floorDivide(nanoseconds, 1_000_000n)],
    ['UnixNano', () => nanoseconds],
    ['Year', () => int(date.getUTCFullYear())],
    ['Day', () => int(date.getUTCDate())],
    ['Hour', () => int(date.getUTCHours())],
    ['Minute', () => int(date.getUTCMinutes())],
    ['Second', () => int(date.getUTCSeconds())],
    ['String', () => formatGoTime(nanoseconds)],
    ['UTC', () => goTime(nanoseconds)],
  ];
  return {
    kind: 'struct',
    type: '*time.Time',
    fields: new Map(),
    methods: new Map(parts.map(([name, value]) => [name, goFunction([], value)])),
    text: () => formatGoTime(nanoseconds),
  };
}

/** A `time.Duration`. */
export function goDuration(nanoseconds: bigint): GoNamed {
  const parts: [name: string, value: () => GoValue][] = [
    ['Hours', () => Number(nanoseconds) / 3.6e12],
    ['Minutes', () => Number(nanoseconds) / 6e10],
    ['Seconds', () => Number(nanoseconds) / 1e9],
    ['Milliseconds', () => nanoseconds / 1_000_000n],
    ['Microseconds', () => nanoseconds / 1000n],
    ['Nanoseconds', () => nanoseconds],
    ['String', () => formatGoDuration(nanoseconds)],
  ];
  return {
    kind: 'named',
    type: 'time.Duration',
    value: nanoseconds,
    methods: new Map(parts.map(([name, value]) => [name, goFunction([], value)])),
    text: () => formatGoDuration(nanoseconds),
  };
}

/** `2015-06-23 13:19:44.128 +0000 UTC`; the fraction without trailing zeros. */
export function formatGoTime(nanoseconds: bigint): string {
  const seconds = floorDivide(nanoseconds, 1_000_000_000n);
  const iso = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const fraction = (nanoseconds - seconds * 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${iso}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`;
}

/** `2m22s`, `1.5s`, `100ms`, `0s`. */
function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (magnitude < 1000n) return `${sign}${magnitude}ns`;
  if (magnitude < 1_000_000n) return `${sign}${decimal(magnitude, 3)}µs`;
  if (magnitude < 1_000_000_000n) return `${sign}${decimal(magnitude, 6)}ms`;
  const minutes = magnitude / 60_000_000_000n;
  const seconds = `${decimal(magnitude % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  return `${sign}${minutes >= 60n ? `${minutes / 60n}h` : ''}${minutes % 60n}m${seconds}`;
}

/** `value` × 10^-places, exactly, without trailing zeros. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`);
}

function floorDivide(left: bigint, right: bigint): bigint {
  const quotient = left / right;
  return left < 0n && quotient * right !== left ? quotient - 1n : quotient;
}
