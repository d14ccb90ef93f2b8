/** Go's `time.Duration` as a template value. */
import { CallError } from './template-error.ts';
import { basicOf, type GoFunction, type GoNamed, type GoValue, goFunction } from './value.ts';

const DURATION_MAX = 2n ** 63n - 1n;

/** A `time.Duration`; what does not fit into 64 bits becomes the nearest that does. */
export function goDuration(anyNanoseconds: bigint): GoNamed {
  const nanoseconds = clamp(anyNanoseconds);
  const getter = (value: () => GoValue): GoFunction => goFunction([], value);
  const rounding = (round: (unit: bigint) => bigint): GoFunction =>
    goFunction(['time.Duration'], ([unit]) => goDuration(round(nanosecondsIn(unit))));
  return {
    kind: 'named',
    type: 'time.Duration',
    value: nanoseconds,
    methods: new Map([
      ['Hours', getter(() => Number(nanoseconds) / 3.6e12)],
      ['Minutes', getter(() => Number(nanoseconds) / 6e10)],
      ['Seconds', getter(() => Number(nanoseconds) / 1e9)],
      ['Milliseconds', getter(() => nanoseconds / 1_000_000n)],
      ['Microseconds', getter(() => nanoseconds / 1000n)],
      ['Nanoseconds', getter(() => nanoseconds)],
      ['Abs', getter(() => goDuration(nanoseconds < 0n ? -nanoseconds : nanoseconds))],
      ['Round', rounding((unit) => roundTo(nanoseconds, unit))],
      ['Truncate', rounding((unit) => (unit <= 0n ? nanoseconds : nanoseconds - (nanoseconds % unit)))],
      ['String', getter(() => formatGoDuration(nanoseconds))],
    ]),
    text: () => formatGoDuration(nanoseconds),
  };
}

/** An argument whose parameter is a `time.Duration`. */
export function nanosecondsIn(duration: GoValue): bigint {
  const basic = basicOf(duration);
  if (typeof basic !== 'bigint') throw new CallError('value is no duration');
  return basic;
}

function clamp(nanoseconds: bigint): bigint {
  if (nanoseconds > DURATION_MAX) return DURATION_MAX;
  return nanoseconds < -DURATION_MAX - 1n ? -DURATION_MAX - 1n : nanoseconds;
}

/** Half away from zero. */
function roundTo(nanoseconds: bigint, unit: bigint): bigint {
  if (unit <= 0n) return nanoseconds;
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const rest = magnitude % unit;
  const rounded = magnitude - rest + (rest * 2n >= unit ? unit : 0n);
  return nanoseconds < 0n ? -rounded : rounded;
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
