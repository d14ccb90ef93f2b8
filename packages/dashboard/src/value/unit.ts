/**
 * Units by Grafana's ids, as ladders of scales (`B`, `KiB`, `MiB`…): a factor and a suffix each. The one
 * table of the product: charts, tables, tooltips and pages all print from it.
 *
 * Suffixes are those of SI and IEC (`2.4 M`, `90 s` is `1.5 min`) where Grafana has words of its own
 * (`2.4 Mil`, `1.5 mins`): they are the same in every language. A unit that is not known is printed
 * behind the number as it stands, as Grafana does.
 */
export type Scale = readonly [factor: number, suffix: string];
export type Ladder = readonly Scale[];

const IEC: Ladder = [
  [1, 'B'],
  [1024, 'KiB'],
  [1024 ** 2, 'MiB'],
  [1024 ** 3, 'GiB'],
  [1024 ** 4, 'TiB'],
  [1024 ** 5, 'PiB'],
];

const SI: Ladder = [
  [1, ''],
  [1e3, 'k'],
  [1e6, 'M'],
  [1e9, 'G'],
  [1e12, 'T'],
  [1e15, 'P'],
  [1e18, 'E'],
];

/** With the small side: volts and watts go down to nano, requests do not. */
const SI_WHOLE: Ladder = [[1e-9, 'n'], [1e-6, 'µ'], [1e-3, 'm'], ...SI];

const SECONDS: Ladder = [
  [1e-9, 'ns'],
  [1e-6, 'µs'],
  [1e-3, 'ms'],
  [1, 's'],
  [60, 'min'],
  [3600, 'h'],
  [86_400, 'd'],
];

const withSuffix = (scales: Ladder, suffix: string): Ladder =>
  scales.map(([factor, prefix]) => [factor, `${prefix}${suffix}`]);

/** The same ladder for values that are counted in something `unit` times as large. */
const counted = (scales: Ladder, unit: number): Ladder =>
  scales.map(([factor, suffix]) => [factor / unit, suffix]);

/** IEC of bits: `b`, `Kib`… */
const IEC_BITS: Ladder = IEC.map(([factor, suffix]) => [factor, suffix.replace('B', 'b')]);

const fixed = (suffix: string): Ladder => [[1, suffix]];

const LADDERS: Readonly<Record<string, Ladder>> = {
  none: fixed(''),
  string: fixed(''),
  short: SI,
  sishort: SI_WHOLE,
  bytes: IEC,
  kbytes: counted(IEC, 1024),
  mbytes: counted(IEC, 1024 ** 2),
  gbytes: counted(IEC, 1024 ** 3),
  bits: IEC_BITS,
  decbytes: withSuffix(SI, 'B'),
  deckbytes: counted(withSuffix(SI, 'B'), 1e3),
  decmbytes: counted(withSuffix(SI, 'B'), 1e6),
  decgbytes: counted(withSuffix(SI, 'B'), 1e9),
  decbits: withSuffix(SI, 'b'),
  binBps: withSuffix(IEC, '/s'),
  binbps: withSuffix(IEC_BITS, '/s'),
  Bps: withSuffix(SI, 'B/s'),
  bps: withSuffix(SI, 'b/s'),
  KBs: counted(withSuffix(SI, 'B/s'), 1e3),
  MBs: counted(withSuffix(SI, 'B/s'), 1e6),
  GBs: counted(withSuffix(SI, 'B/s'), 1e9),
  Kbits: counted(withSuffix(SI, 'b/s'), 1e3),
  Mbits: counted(withSuffix(SI, 'b/s'), 1e6),
  Gbits: counted(withSuffix(SI, 'b/s'), 1e9),
  KiBs: counted(withSuffix(IEC, '/s'), 1024),
  MiBs: counted(withSuffix(IEC, '/s'), 1024 ** 2),
  GiBs: counted(withSuffix(IEC, '/s'), 1024 ** 3),
  percent: fixed('%'),
  percentunit: [[0.01, '%']],
  ns: counted(SECONDS, 1e-9),
  µs: counted(SECONDS, 1e-6),
  ms: counted(SECONDS, 1e-3),
  s: SECONDS,
  m: counted(SECONDS, 60),
  h: counted(SECONDS, 3600),
  d: counted(SECONDS, 86_400),
  ops: withSuffix(SI, 'ops/s'),
  iops: withSuffix(SI, 'io/s'),
  rps: withSuffix(SI, 'rd/s'),
  wps: withSuffix(SI, 'wr/s'),
  eps: withSuffix(SI, 'evt/s'),
  mps: withSuffix(SI, 'msg/s'),
  pps: withSuffix(SI, 'p/s'),
  reqps: withSuffix(SI, 'req/s'),
  cps: withSuffix(SI, '/s'),
  cpm: withSuffix(SI, '/min'),
  opm: withSuffix(SI, 'ops/min'),
  rpm: withSuffix(SI, 'rd/min'),
  wpm: withSuffix(SI, 'wr/min'),
  hertz: withSuffix(SI_WHOLE, 'Hz'),
  rotrpm: fixed('rpm'),
  rothz: withSuffix(SI_WHOLE, 'Hz'),
  celsius: fixed('°C'),
  fahrenheit: fixed('°F'),
  kelvin: fixed('K'),
  humidity: fixed('%H'),
  volt: withSuffix(SI_WHOLE, 'V'),
  amp: withSuffix(SI_WHOLE, 'A'),
  watt: withSuffix(SI_WHOLE, 'W'),
  watth: withSuffix(SI_WHOLE, 'Wh'),
  joule: withSuffix(SI_WHOLE, 'J'),
  lengthm: withSuffix(SI_WHOLE, 'm'),
  dB: fixed('dB'),
  degree: fixed('°'),
  ppm: fixed('ppm'),
  pressurehpa: fixed('hPa'),
  pressurebar: fixed('bar'),
};

/** Symbols of money by the code behind `currency`. */
const CURRENCIES: Readonly<Record<string, string>> = {
  USD: '$',
  EUR: '€',
  GBP: '£',
  JPY: '¥',
  CNY: '¥',
  TWD: 'NT$',
  HKD: 'HK$',
  KRW: '₩',
  INR: '₹',
  RUB: '₽',
  CHF: 'CHF',
  BTC: '฿',
};

/** How a unit is written around a number. */
export interface Unit {
  readonly ladder: Ladder;
  readonly prefix: string;
}

/** The unit of an id, `currency:`, `prefix:`, `suffix:`, `si:` and `count:` among them. */
export function unitOf(id: string): Unit {
  const ladder = Object.hasOwn(LADDERS, id) ? LADDERS[id] : undefined;
  if (ladder !== undefined) return { ladder, prefix: '' };
  const known = /^currency([A-Z]{3})$/.exec(id);
  if (known !== null) return { ladder: SI, prefix: CURRENCIES[known[1] ?? ''] ?? known[1] ?? '' };
  const colon = id.indexOf(':');
  const rest = id.slice(colon + 1);
  switch (colon < 0 ? '' : id.slice(0, colon)) {
    case 'currency':
      return currencyUnit(rest);
    case 'prefix':
      return { ladder: fixed(''), prefix: rest };
    case 'suffix':
      return { ladder: fixed(rest), prefix: '' };
    case 'si':
      return { ladder: siLadder(rest), prefix: '' };
    case 'count':
      return { ladder: withSuffix(SI, rest === '' ? '' : ` ${rest}`), prefix: '' };
    default:
      return { ladder: fixed(id), prefix: '' };
  }
}

/** Whether values of this unit go up in steps of 1024. */
export function isBinaryUnit(id: string): boolean {
  const [first, second] = unitOf(id).ladder;
  return first !== undefined && second !== undefined && Math.round(second[0] / first[0]) === 1024;
}

/** `financial:$:suffix` stands behind; else before. */
function currencyUnit(rest: string): Unit {
  const [symbol = '', place] = rest.replace(/^financial:/, '').split(':');
  if (place === 'suffix') return { ladder: withSuffix(SI, symbol), prefix: '' };
  return { ladder: SI, prefix: symbol };
}

/** `si:mF` is counted in thousandths: the first letter is a prefix when something follows it. */
function siLadder(rest: string): Ladder {
  const scale =
    rest.length > 1 ? SI_WHOLE.find(([, prefix]) => prefix !== '' && rest.startsWith(prefix)) : undefined;
  const ladder = withSuffix(SI_WHOLE, scale === undefined ? rest : rest.slice(scale[1].length));
  return scale === undefined ? ladder : counted(ladder, scale[0]);
}
