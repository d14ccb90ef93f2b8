/** Functions that turn each value of an instant vector into another, by themselves or with scalars of the same step. */

export const POINTWISE: ReadonlyMap<string, (value: number) => number> = new Map([
  ['abs', Math.abs],
  ['acos', Math.acos],
  ['acosh', Math.acosh],
  ['asin', Math.asin],
  ['asinh', Math.asinh],
  ['atan', Math.atan],
  ['atanh', Math.atanh],
  ['ceil', Math.ceil],
  ['cos', Math.cos],
  ['cosh', Math.cosh],
  ['deg', (value: number): number => (value * 180) / Math.PI],
  ['exp', Math.exp],
  ['floor', Math.floor],
  ['ln', Math.log],
  ['log10', Math.log10],
  ['log2', Math.log2],
  ['rad', (value: number): number => (value * Math.PI) / 180],
  ['sgn', Math.sign],
  ['sin', Math.sin],
  ['sinh', Math.sinh],
  ['sqrt', Math.sqrt],
  ['tan', Math.tan],
  ['tanh', Math.tanh],
]);

/** Date parts of a Unix time in seconds, in UTC. */
export const DATE_PARTS: ReadonlyMap<string, (seconds: number) => number> = new Map([
  ['day_of_month', ofDate((date) => date.getUTCDate())],
  ['day_of_week', ofDate((date) => date.getUTCDay())],
  ['day_of_year', ofDate((date) => (startOfDay(date) - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS + 1)],
  [
    'days_in_month',
    ofDate((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  ],
  ['hour', ofDate((date) => date.getUTCHours())],
  ['minute', ofDate((date) => date.getUTCMinutes())],
  ['month', ofDate((date) => date.getUTCMonth() + 1)],
  ['year', ofDate((date) => date.getUTCFullYear())],
]);

const DAY_MS = 86_400_000;

/** Beyond the range of dates (year 275760) the answer is NaN. Fractions of a second are cut off. */
function ofDate(partOf: (date: Date) => number): (seconds: number) => number {
  return (seconds) => partOf(new Date(Math.trunc(seconds) * 1000));
}

function startOfDay(date: Date): number {
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}

/** Pointwise functions with scalar arguments; `undefined` takes the point away. */
export const POINTWISE_WITH_PARAMS: ReadonlyMap<
  string,
  (value: number, first: number, second: number) => number | undefined
> = new Map([
  ['clamp', clamp],
  ['clamp_max', lesserOf],
  ['clamp_min', greaterOf],
  ['round', round],
]);

function clamp(value: number, min: number, max: number): number | undefined {
  return max < min ? undefined : greaterOf(min, lesserOf(max, value));
}

/** As in Go, an infinity that decides wins over NaN. */
function lesserOf(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
}

function greaterOf(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
}

/** To the nearest multiple, halves up. Divides by the inverse, as upstream does, so that 0.1 behaves. */
function round(value: number, toNearest: number): number {
  const inverse = 1 / toNearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}
