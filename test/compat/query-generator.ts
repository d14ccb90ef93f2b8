import type { Random } from '@vedette/model';

/** Random, valid PromQL of the part that Prometheus 2.42 and we both have, over the page server's metrics. */
export function generateQuery(random: Random): string {
  return vectorOf(random, 3);
}

const pick = <T>(random: Random, choices: readonly T[]): T => {
  const choice = choices[Math.floor(random.float() * choices.length)];
  if (choice === undefined) throw new Error('nothing to pick from');
  return choice;
};

const COUNTERS = [
  'requests_total',
  'requests_total{code="500"}',
  'requests_total{code!="200"}',
  'requests_total{path=~"/.+"}',
  'requests_total{code=~"4..|5.."}',
  'latency_bucket{le="1.0"}',
];
const GAUGES = ['temperature', 'temperature{zone="a"}', 'limit', 'temperature{path!~"/(cart|pay)"}'];
const RANGES = ['1m', '2m', '5m', '7m30s', '10m'];
const COUNTER_FUNCTIONS = ['rate', 'increase', 'irate', 'resets'];
const GAUGE_FUNCTIONS = [
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'sum_over_time',
  'count_over_time',
  'last_over_time',
  'stddev_over_time',
  'delta',
  'deriv',
  'changes',
  'idelta',
  'present_over_time',
];
const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'group'];
const GROUPINGS = ['', ' by (path)', ' by (code)', ' without (path)', ' by (path, zone)'];
const MATHS = ['abs', 'ceil', 'floor', 'sqrt', 'exp', 'ln', 'sgn', 'round'];

function vectorOf(random: Random, depth: number): string {
  const kind =
    depth === 0
      ? 'leaf'
      : pick(random, [
          'leaf',
          'aggregate',
          'aggregate',
          'binary',
          'scalar',
          'math',
          'quantile',
          'compare',
          'topk',
        ] as const);
  switch (kind) {
    case 'leaf':
      return leafOf(random);
    case 'aggregate':
      return `${pick(random, AGGREGATIONS)}${pick(random, GROUPINGS)} (${vectorOf(random, depth - 1)})`;
    case 'binary':
      return binaryOf(random, depth);
    case 'scalar':
      return `(${vectorOf(random, depth - 1)}) ${pick(random, ['+', '-', '*', '/', '%', '^'])} ${pick(random, ['2', '0.5', '10', '-3'])}`;
    case 'math':
      return `${pick(random, MATHS)}(${vectorOf(random, depth - 1)})`;
    case 'quantile':
      return `histogram_quantile(${pick(random, ['0.5', '0.9', '0.99', '0'])}, sum by (le${pick(random, ['', ', path'])}) (rate(latency_bucket[${pick(random, RANGES)}])))`;
    case 'compare':
      return `(${vectorOf(random, depth - 1)}) ${pick(random, ['>', '<', '>=', '!=', '> bool', '== bool'])} ${pick(random, ['0', '1', '20', '0.25'])}`;
    case 'topk':
      // The order of equal values is not defined, so the result is aggregated.
      return `sum(${pick(random, ['topk', 'bottomk'])}(${pick(random, ['1', '2', '3'])}, ${leafOf(random)}))`;
  }
}

function leafOf(random: Random): string {
  const offset = pick(random, ['', '', '', ' offset 2m', ' offset 7m']);
  switch (pick(random, ['counter', 'gauge', 'selector'] as const)) {
    case 'counter':
      return `${pick(random, COUNTER_FUNCTIONS)}(${pick(random, COUNTERS)}[${pick(random, RANGES)}]${offset})`;
    case 'gauge':
      return `${pick(random, GAUGE_FUNCTIONS)}(${pick(random, GAUGES)}[${pick(random, RANGES)}]${offset})`;
    case 'selector':
      return `${pick(random, [...GAUGES, ...COUNTERS])}${offset}`;
  }
}

function binaryOf(random: Random, depth: number): string {
  const [left, right] = [vectorOf(random, depth - 1), vectorOf(random, depth - 1)];
  switch (pick(random, ['set', 'grouped', 'many'] as const)) {
    case 'set':
      return `(${left}) ${pick(random, ['and', 'or', 'unless'])} on (path) (${right})`;
    case 'grouped':
      return `sum by (path) (${left}) ${pick(random, ['+', '-', '*', '/'])} on (path) max by (path) (${right})`;
    case 'many':
      return `rate(requests_total[${pick(random, RANGES)}]) * on (path) group_left sum by (path) (${right})`;
  }
}
