import fc from 'fast-check';

/** Random PromQL texts that parse and type-check: for properties over the parser and the engine. */

const label = fc.constantFrom('job', 'instance', 'mode', '"a.b"');
const labels = fc.uniqueArray(label, { maxLength: 2 }).map((names) => `(${names.join(', ')})`);
const durationLiteral = fc.constantFrom('30s', '1m', '90s', '5m', '45');
const number = fc.constantFrom('0', '1', '2.5', '0x10', '1e3', '1m', 'Inf', 'NaN', '-1');
const matcher = fc.constantFrom('', '{job="a"}', '{job!="a"}', '{instance=~"x|y"}', '{mode!~"z.*", job="b"}');
const metric = fc.constantFrom('m_total', 'n_total', 'g');
const selector = fc.tuple(metric, matcher).map(([name, braces]) => name + braces);

/** Above zero whatever the step and range of the query are. */
const durationExpr = fc.constantFrom(
  '1m + step()',
  '2*30s',
  '(90 - 1m) ^ 1',
  'max_of(range(), 1m)',
  '-1m+2m',
);
const duration = fc.oneof({ weight: 5, arbitrary: durationLiteral }, { weight: 1, arbitrary: durationExpr });
const offset = fc.constantFrom('1m', '-30s', '(1m / 2)', '-(2 * 30)', 'min_of(range(), 0)', '+(1m)');
const shift = fc.oneof(
  fc.constantFrom('', '', '', ' @ 120', ' @ start()', ' @ end()'),
  offset.map((text) => ` offset ${text}`),
);
const fill = fc.constantFrom('', '', '', ' fill(0)', ' fill_left(-1)', ' fill_right(NaN) fill_left(2.5)');

const UNARY_FUNCTIONS = ['abs', 'ceil', 'floor', 'sgn', 'exp', 'timestamp', 'sort', 'absent', 'minute'];
const RANGE_FUNCTIONS = [
  'rate',
  'increase',
  'delta',
  'irate',
  'idelta',
  'resets',
  'changes',
  'deriv',
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'count_over_time',
  'last_over_time',
  'first_over_time',
  'present_over_time',
  'absent_over_time',
  'stddev_over_time',
  'mad_over_time',
  'ts_of_max_over_time',
];
const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'];

/** Texts of instant vectors; `depth` bounds the nesting. */
export function vectorText(depth: number): fc.Arbitrary<string> {
  const leaf = fc
    .tuple(selector, fc.constantFrom('', '', '', ' smoothed'), shift)
    .map(([text, smoothed, at]) => text + smoothed + at);
  if (depth === 0) return leaf;
  const inner = vectorText(depth - 1);
  return fc.oneof(
    leaf,
    inner.map((text) => `(${text})`),
    inner.map((text) => `-${text}`),
    fc.tuple(fc.constantFrom(...UNARY_FUNCTIONS), inner).map(([name, text]) => `${name}(${text})`),
    fc.tuple(fc.constantFrom(...RANGE_FUNCTIONS), rangeText(inner)).map(([name, text]) => `${name}(${text})`),
    extendedText,
    fc
      .tuple(fc.constantFrom(...AGGREGATIONS), fc.constantFrom(' by ', ' without '), labels, inner)
      .map(([op, word, names, text]) => `${op}${word}${names} (${text})`),
    fc
      .tuple(fc.constantFrom('topk', 'bottomk', 'limitk', 'quantile', 'limit_ratio'), number, inner)
      .filter(([op, value]) => op === 'quantile' || !/NaN|Inf/.test(value))
      .map(([op, value, text]) => `${op}(${value}, ${text})`),
    fc
      .tuple(inner, fc.constantFrom('+', '-', '*', '/', '%', '^', 'atan2', '>', '<= bool', '!='), number)
      .map(([text, op, value]) => `${text} ${op} ${value}`),
    fc
      .tuple(inner, fc.constantFrom('+', '/', '>', '== bool'), fill, inner)
      .map(([left, op, filled, right]) => `(${left}) ${op}${filled} (${right})`),
    fc
      .tuple(inner, fc.constantFrom('and', 'or', 'unless'), inner)
      .map(([left, op, right]) => `(${left}) ${op} (${right})`),
    fc.tuple(inner, fc.constantFrom('', ', {mode=~".*"}')).map(([text, braces]) => `info(${text}${braces})`),
  );
}

function rangeText(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.tuple(selector, duration, shift).map(([text, range, at]) => `${text}[${range}]${at}`),
    fc.tuple(inner, duration, shift).map(([text, range, at]) => `(${text})[${range}:30s]${at}`),
  );
}

const extendedText = fc
  .tuple(
    fc.constantFrom('rate', 'increase', 'delta', 'resets', 'changes'),
    selector,
    duration,
    fc.constantFrom('anchored', 'smoothed'),
    shift,
  )
  .map(([name, text, range, mode, at]) => {
    const usable = name === 'resets' || name === 'changes' ? 'anchored' : mode;
    return `${name}(${text}[${range}] ${usable}${at})`;
  });
