/**
 * Numbers in sentences, and whether they say the same: `5.1 %` and 0.0512, `350 ms` and 0.35, `2 GiB` and 2147483648. A
 * number means each of its readings (with its unit, and without); two agree when one reading of each agrees within what
 * the rounding of the written one allows.
 */

export interface Quantity {
  readonly readings: readonly Reading[];
}

interface Reading {
  readonly value: number;
  /** Half of the last digit that was written: what rounding allows. Of a number that was measured 0. */
  readonly tolerance: number;
}

/** What a unit may mean as a factor; the number as it stands counts always. */
const UNITS: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>(
  Object.entries({
    '%': [0.01],
    percent: [0.01],
    pct: [0.01],
    ns: [1e-9, 1e-6],
    µs: [1e-6, 1e-3],
    us: [1e-6, 1e-3],
    ms: [1e-3],
    s: [1000],
    sec: [1000],
    second: [1000],
    seconds: [1000],
    // Minutes, or millions.
    m: [60, 60_000, 1e6],
    min: [60, 60_000],
    mins: [60, 60_000],
    minute: [60, 60_000],
    minutes: [60, 60_000],
    h: [3600, 3_600_000],
    hour: [3600, 3_600_000],
    hours: [3600, 3_600_000],
    d: [86_400, 86_400_000],
    day: [86_400, 86_400_000],
    days: [86_400, 86_400_000],
    week: [604_800],
    weeks: [604_800],
    k: [1e3],
    thousand: [1e3],
    million: [1e6],
    mn: [1e6],
    mio: [1e6],
    billion: [1e9],
    bn: [1e9],
    trillion: [1e12],
    hundred: [100],
    dozen: [12],
    g: [1e9, 2 ** 30],
    t: [1e12, 2 ** 40],
    b: [],
    byte: [],
    bytes: [],
    kb: [1e3, 1024],
    mb: [1e6, 2 ** 20],
    gb: [1e9, 2 ** 30],
    tb: [1e12, 2 ** 40],
    kib: [1024],
    mib: [2 ** 20],
    gib: [2 ** 30],
    tib: [2 ** 40],
    x: [],
    '×': [],
    times: [],
    '/s': [],
    rps: [],
    qps: [],
  }),
);

/**
 * Words that are a part of the number, in the languages that models answer in: `9 million` is never 9, whatever the unit of
 * a metric is. One that has no factor among the units makes no number that could be checked.
 */
const SCALES: ReadonlySet<string> = new Set(
  (
    'k hundred dozen thousand thousands lakh crore mn mio bn mrd million millions billion billions trillion trillions ' +
    'tausend millionen milliarde milliarden billionen mille milliard milliards mil millón millones mila milione milioni ' +
    'miliardo miliardi milhão milhões тыс тысяч млн млрд миллионов'
  ).split(' '),
);

/** Chinese, Japanese and Korean ones, with whatever is written behind them. */
const SCALE_SIGN = /^[十百千万萬億亿兆백천만억]/;

// Where rounding to hundreds is how people speak: `1,200` of 1187.
const ROUND_FROM = 1000;
const ROUND_RATIO_MAX = 0.02;

// `0` of something small: what a person would call none.
const ZERO_MAX = 0.005;

export function measured(value: number): Quantity {
  return { readings: [{ value: Math.abs(value), tolerance: 0 }] };
}

/** `undefined`: the text is no number with a unit that is known. */
export function parseQuantity(text: string, nextWord = ''): Quantity | undefined {
  const match = /^[~≈<>=≤≥+\-−±$€]*(\d[\d,_]*(?:\.\d+)?|\.\d+)(e[+-]?\d+)?([^\d].*)?$/i.exec(text);
  if (match === null) return undefined;
  const [, digits = '', exponent = '', glued = ''] = match;
  const plain = digits.replaceAll(/[,_]/g, '');
  const value = Number(plain + exponent);
  if (!Number.isFinite(value)) return undefined;
  const unit = unitOf(glued === '' ? nextWord : glued);
  if (unit === undefined && glued !== '') return undefined;
  const decimals = /\.(\d+)/.exec(plain)?.[1]?.length ?? 0;
  const tolerance = Math.max(0.5 * 10 ** -decimals * Number(`1${exponent}`), looseness(value, plain));
  const word = (glued === '' ? nextWord : glued).toLowerCase().split('/')[0] ?? '';
  const isScale = SCALES.has(word) || SCALE_SIGN.test(word);
  const factors = [...(isScale ? [] : [1]), ...(unit ?? [])];
  return { readings: factors.map((factor) => ({ value: value * factor, tolerance: tolerance * factor })) };
}

/** `1h30m`: in seconds and in milliseconds. */
export function parseSpan(text: string): Quantity | undefined {
  if (!/^(?:\d+(?:ms|[smhdw]))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+)(ms|[smhdw])/g))
    seconds += Number(count) * (SPAN_SECONDS[unit] ?? 0);
  return {
    readings: [
      { value: seconds, tolerance: 0.5 },
      { value: seconds * 1000, tolerance: 500 },
    ],
  };
}

const SPAN_SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** Whether a written number says what a known one says. */
export function agrees(written: Quantity, known: Quantity): boolean {
  return written.readings.some(({ value, tolerance }) =>
    known.readings.some((other) =>
      value === 0 ? other.value <= ZERO_MAX : Math.abs(value - other.value) <= tolerance + value * 1e-9,
    ),
  );
}

function looseness(value: number, plain: string): number {
  const zeros = /^\d+?(0+)$/.exec(plain)?.[1]?.length ?? 0;
  return value < ROUND_FROM ? 0 : Math.min(0.5 * 10 ** zeros, value * ROUND_RATIO_MAX);
}

function unitOf(text: string): readonly number[] | undefined {
  const word = text.toLowerCase();
  const own = UNITS.get(word);
  if (own !== undefined) return own;
  // `req/s`, `MB/s`, `errors/min`: what is before the slash counts.
  const [before = '', after] = word.split('/');
  if (after !== undefined && /^(?:s|sec|second|min|minute|h|hour|d|day)$/.test(after))
    return UNITS.get(before) ?? [];
  return undefined;
}
