import fc from 'fast-check';

/** Random PromQL texts that parse and type-check: for properties over the parser and the engine. */

const label = fc.constantFrom('job', 'instance', 'mode', '"a.b"');
const labels = fc.uniqueArray(label, { maxLength: 2 }).map((names) => `(${names.join(', ')})`);
const duration = fc.constantFrom('30s', '1m', '90s', '5m', '45');
const shift = fc.constantFrom('', '', '', ' offset 1m', ' offset -30s', ' @ 120', ' @ start()', ' @ end()');
const number = fc.constantFrom('0', '1', '2.5', '0x10', '1e3', '1m', 'Inf', 'NaN', '-1');
const matcher = fc.constantFrom('', '{job="a"}', '{job!="a"}', '{instance=~"x|y"}', '{mode!~"z.*", job="b"}');
const metric = fc.constantFrom('m_total', 'n_total', 'g');
const selector = fc.tuple(metric, matcher).map(([name, braces]) => name + braces);

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
  const leaf = fc.tuple(selector, shift).map(([text, at]) => text + at);
  if (depth === 0) return leaf;
  const inner = vectorText(depth - 1);
  return fc.oneof(
    leaf,
    inner.map((text) => `(${text})`),
    inner.map((text) => `-${text}`),
    fc.tuple(fc.constantFrom(...UNARY_FUNCTIONS), inner).map(([name, text]) => `${name}(${text})`),
    fc.tuple(fc.constantFrom(...RANGE_FUNCTIONS), rangeText(inner)).map(([name, text]) => `${name}(${text})`),
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
      .tuple(inner, fc.constantFrom('+', '/', '>', '== bool', 'and', 'or', 'unless'), inner)
      .map(([left, op, right]) => `(${left}) ${op} (${right})`),
  );
}

function rangeText(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.tuple(selector, duration, shift).map(([text, range, at]) => `${text}[${range}]${at}`),
    fc.tuple(inner, duration, shift).map(([text, range, at]) => `(${text})[${range}:30s]${at}`),
  );
}
