import type { Random } from '@vedette/model';
import { leaf, type Node } from './tree.ts';

/**
 * Random, well-typed PromQL over the series of `data.ts`, of everything that Prometheus 2.42 has.
 *
 * Ranges of subqueries end in a half second: their inner evaluations lie at whole seconds, so none lies on the border
 * where 2.42 counts one more.
 */
export function generateQuery(random: Random): Node {
  const generator = new Generator(random);
  return random.float() < 0.08 ? generator.scalar(3) : generator.vector(3);
}

const COUNTER = [
  'c_total',
  'c_total{code="500"}',
  'c_total{code!="200"}',
  'c_total{path=~"/.+"}',
  'h_count',
  'h_sum',
  'h_bucket{le="1"}',
  'single',
  '{__name__=~"c_.*",code=~"4..|5.."}',
];
const GAUGE = [
  'g',
  'g{zone="a"}',
  'g{path!~"/(cart|pay)"}',
  'limit',
  'd',
  'big',
  'wild',
  'nothing',
  '{path="é"}',
  'g{zone=~"a|b",path=""}',
  'g{zone=~".*"}',
];
const RANGES = ['30s', '1m', '2m', '5m', '7m30s', '10m', '1h', '90s'];
const SUBQUERY_RANGES = ['1m500ms', '3m500ms', '10m500ms', '20m500ms'];
const SUBQUERY_STEPS = ['', '10s', '30s', '1m', '7s'];
const RATES = ['rate', 'increase', 'irate', 'resets', 'delta', 'idelta'];
const OVER_TIME = ['avg', 'min', 'max', 'sum', 'count', 'last', 'stddev', 'stdvar', 'present'].map(
  (name) => `${name}_over_time`,
);
const RANGE_FUNCTIONS = [...RATES, ...OVER_TIME, 'changes', 'deriv'];
const MATHS = ['abs', 'ceil', 'floor', 'exp', 'ln', 'log2', 'log10', 'sqrt', 'sgn', 'round', 'deg', 'rad'];
/** Of arguments computed before, the last digit decides: these are asked of stored values alone. */
const TRIGONOMETRY = [
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
];
/** Whole numbers: their text is the same on both sides. */
const WHOLE = ['c_total', 'limit', 'h_count', 'nothing', 'h_bucket{le="1"}', 'limit > 20'];
const DATES = [
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'year',
];
const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'group'];
const GROUPINGS = [
  '',
  ' by (path)',
  ' by (code)',
  ' without (path)',
  ' by (path, zone)',
  ' without ()',
  ' by ()',
  ' by (nope)',
];
const NUMBERS = ['0', '1', '2', '0.5', '10', '-3', '0x1F', '1e3', '.25', 'Inf', '-Inf', 'NaN', '100'];
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'];
const COMPARISONS = ['==', '!=', '>', '<', '>=', '<='];

type Kind =
  | 'selector'
  | 'range'
  | 'aggregate'
  | 'parameter'
  | 'binary'
  | 'scalar'
  | 'math'
  | 'quantile'
  | 'compare'
  | 'set'
  | 'label'
  | 'other'
  | 'subquery'
  | 'unary';

const KINDS: readonly Kind[] = [
  'selector',
  'range',
  'range',
  'aggregate',
  'aggregate',
  'parameter',
  'binary',
  'binary',
  'scalar',
  'math',
  'quantile',
  'compare',
  'set',
  'label',
  'other',
  'subquery',
  'unary',
];

class Generator {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  vector(depth: number): Node {
    const kind = depth === 0 ? this.#pick(['selector', 'range'] as const) : this.#pick(KINDS);
    switch (kind) {
      case 'selector':
        return leaf('vector', this.#pick([...COUNTER, ...GAUGE]) + this.#shift());
      case 'range':
        return this.#range();
      case 'aggregate':
        return this.#node(
          `${this.#pick(AGGREGATIONS)}${this.#pick(GROUPINGS)} (`,
          this.vector(depth - 1),
          ')',
        );
      case 'parameter':
        return this.#parameter(depth);
      case 'binary':
        return this.#binary(depth);
      case 'scalar':
        return this.#withScalar(depth);
      case 'math':
        return this.#math(depth);
      case 'quantile':
        return this.#quantile(depth);
      case 'compare':
        return this.#node(
          '(',
          this.vector(depth - 1),
          `) ${this.#pick(COMPARISONS)}${this.#pick(['', ' bool'])} `,
          this.scalar(0),
          '',
        );
      case 'set':
        return this.#set(depth);
      case 'label':
        return this.#label(depth);
      case 'other':
        return this.#other(depth);
      case 'subquery':
        return this.#subquery(depth);
      case 'unary':
        return this.#node(this.#pick(['-', '+', '- -']), this.#node('(', this.vector(depth - 1), ')'), '');
    }
  }

  scalar(depth: number): Node {
    const kind =
      depth === 0 ? 'number' : this.#pick(['number', 'scalar', 'time', 'pi', 'binary', 'unary'] as const);
    switch (kind) {
      case 'number':
        return leaf('scalar', this.#pick(NUMBERS));
      case 'scalar':
        return this.#scalarNode('scalar(', this.vector(depth - 1), ')');
      case 'time':
        return leaf('scalar', 'time()');
      case 'pi':
        return leaf('scalar', 'pi()');
      case 'binary': {
        const op = this.#pick([...ARITHMETIC, ...COMPARISONS.map((comparison) => `${comparison} bool`)]);
        return this.#scalarNode('(', this.scalar(depth - 1), `) ${op} (`, this.scalar(depth - 1), ')');
      }
      case 'unary':
        return this.#scalarNode('-(', this.scalar(depth - 1), ')');
    }
  }

  #range(): Node {
    const series = this.#pick([...COUNTER, ...GAUGE]);
    const range = `${series}[${this.#pick(RANGES)}]${this.#shift()}`;
    switch (this.#pick(['plain', 'plain', 'plain', 'plain', 'quantile', 'predict', 'absent'] as const)) {
      case 'plain':
        return leaf('vector', `${this.#pick(RANGE_FUNCTIONS)}(${range})`);
      case 'quantile':
        return leaf(
          'vector',
          `quantile_over_time(${this.#pick(['0', '0.5', '0.9', '1', '-1', '2'])}, ${range})`,
        );
      case 'predict':
        return leaf('vector', `predict_linear(${range}, ${this.#pick(['60', '-600', '3600'])})`);
      case 'absent':
        return leaf('vector', `absent_over_time(${range})`);
    }
  }

  #parameter(depth: number): Node {
    const grouping = this.#pick(GROUPINGS);
    switch (this.#pick(['topk', 'quantile', 'count_values'] as const)) {
      // Of equal values 2.42 keeps the first in an order of its own, so only a metric without ties is picked from.
      case 'topk':
        return this.#node(
          `${this.#pick(['topk', 'bottomk'])}${this.#pick(['', ' by (path)', ' without (path)'])} (${this.#pick(['1', '2', '3', '0', '-1', '100', '1.9'])}, `,
          leaf(
            'vector',
            this.#pick(['d', 'd{path=~"/.*"}', `avg_over_time(d[${this.#pick(RANGES)}])`, 'd > 50']),
          ),
          ')',
        );
      case 'quantile':
        return this.#node(
          `quantile${grouping} (${this.#pick(['0', '0.5', '0.9', '1', '-1', '2'])}, `,
          this.vector(depth - 1),
          ')',
        );
      case 'count_values':
        return this.#node(`count_values${grouping} ("value", `, leaf('vector', this.#pick(WHOLE)), ')');
    }
  }

  #binary(depth: number): Node {
    const op = this.#pick([
      ...ARITHMETIC,
      ...ARITHMETIC,
      ...COMPARISONS,
      ...COMPARISONS.map((comparison) => `${comparison} bool`),
    ]);
    switch (this.#pick(['grouped', 'many', 'plain', 'ignoring'] as const)) {
      case 'grouped':
        return this.#node(
          `sum by (path) (`,
          this.vector(depth - 1),
          `) ${op} on (path) max by (path) (`,
          this.vector(depth - 1),
          ')',
        );
      case 'many': {
        const include = this.#pick(['', '', ' (tier)', ' ()']);
        return this.#random.float() < 0.5
          ? this.#node('(', this.vector(depth - 1), `) ${op} on (path) group_left${include} limit`)
          : this.#node(`limit ${op} on (path) group_right${include || ' ()'} (`, this.vector(depth - 1), ')');
      }
      case 'plain':
        return this.#node('(', this.vector(depth - 1), `) ${op} (`, this.vector(depth - 1), ')');
      case 'ignoring':
        return this.#node(
          '(',
          this.vector(depth - 1),
          `) ${op} ignoring (${this.#pick(['code', 'zone', 'path', 'code, zone', ''])}) (`,
          this.vector(depth - 1),
          ')',
        );
    }
  }

  #withScalar(depth: number): Node {
    const op = this.#pick(ARITHMETIC);
    return this.#random.float() < 0.5
      ? this.#node('(', this.vector(depth - 1), `) ${op} (`, this.scalar(depth - 1), ')')
      : this.#node('(', this.scalar(depth - 1), `) ${op} (`, this.vector(depth - 1), ')');
  }

  #math(depth: number): Node {
    const inner = this.vector(depth - 1);
    switch (this.#pick(['plain', 'plain', 'trigonometry', 'clamp', 'round', 'date', 'timestamp'] as const)) {
      case 'trigonometry':
        return this.#node(
          `${this.#pick(TRIGONOMETRY)}(`,
          leaf('vector', this.#pick(['g', 'limit', 'd', 'wild', 'big'])),
          ')',
        );
      case 'plain':
        return this.#node(`${this.#pick(MATHS)}(`, inner, ')');
      case 'clamp':
        return this.#node(`${this.#pick(['clamp_min', 'clamp_max'])}(`, inner, ', ', this.scalar(0), ')');
      case 'round':
        return this.#node('round(', inner, `, ${this.#pick(['1', '5', '0.25', '10'])})`);
      case 'date':
        return this.#node(`${this.#pick(DATES)}(`, inner, ')');
      case 'timestamp':
        return this.#node('timestamp(', inner, ')');
    }
  }

  #quantile(depth: number): Node {
    const q = this.#pick(['0.5', '0.9', '0.99', '0', '1', '-1', '2', 'NaN']);
    const buckets = this.#pick([
      'h_bucket',
      `sum by (le${this.#pick(['', ', path'])}) (rate(h_bucket[${this.#pick(RANGES)}]))`,
      'h_bucket{le!="+Inf"}',
      'h_bucket * 2',
    ]);
    return depth > 1 && this.#random.float() < 0.3
      ? this.#node('histogram_quantile(', this.scalar(1), `, ${buckets})`)
      : leaf('vector', `histogram_quantile(${q}, ${buckets})`);
  }

  #set(depth: number): Node {
    const matching = this.#pick(['', ' on (path)', ' on ()', ' ignoring (code)', ' ignoring (zone, code)']);
    return this.#node(
      '(',
      this.vector(depth - 1),
      `) ${this.#pick(['and', 'or', 'unless'])}${matching} (`,
      this.vector(depth - 1),
      ')',
    );
  }

  #label(depth: number): Node {
    const inner = this.vector(depth - 1);
    return this.#random.float() < 0.6
      ? this.#node(
          'label_replace(',
          inner,
          `, "${this.#pick(['out', 'path', 'zone', '__name__'])}", "${this.#pick(['$1', 'x', '', '$1-$2', '${1}y', '$nope'])}", "${this.#pick(['path', 'code', 'nope', 'zone'])}", "${this.#pick(['(.*)', '/(.+)', '(.)(.*)', '', '[0-9]+', '.+'])}")`,
        )
      : this.#node(
          'label_join(',
          inner,
          `, "${this.#pick(['out', 'path', '__name__'])}", "${this.#pick(['-', '', ', '])}"${this.#pick(['', ', "path"', ', "path", "code"', ', "zone", "nope", "path"'])})`,
        );
  }

  #other(depth: number): Node {
    switch (this.#pick(['absent', 'vector', 'sort', 'dates'] as const)) {
      case 'absent':
        return this.#node('absent(', this.vector(depth - 1), ')');
      case 'vector':
        return this.#node('vector(', this.scalar(depth - 1), ')');
      case 'sort':
        return {
          ...this.#node(`${this.#pick(['sort', 'sort_desc'])}(`, leaf('vector', `d${this.#shift()}`), ')'),
          isOrdered: true,
        };
      case 'dates':
        return leaf('vector', `${this.#pick(DATES)}()`);
    }
  }

  #subquery(depth: number): Node {
    const name = this.#pick(RANGE_FUNCTIONS);
    const inner = depth > 1 ? this.vector(depth - 2) : this.vector(0);
    return this.#node(
      `${name}((`,
      inner,
      `)[${this.#pick(SUBQUERY_RANGES)}:${this.#pick(SUBQUERY_STEPS)}]${this.#shift()})`,
    );
  }

  /** `offset` and `@`, in both orders. */
  #shift(): string {
    const offset = this.#pick(['', '', '', '', ' offset 2m', ' offset 7m', ' offset -90s']);
    const at = this.#pick(['', '', '', '', '', ' @ start()', ' @ end()', ' @ AT']);
    return this.#random.float() < 0.5 ? offset + at : at + offset;
  }

  #node(...parts: readonly (string | Node)[]): Node {
    return nodeOf('vector', parts);
  }

  #scalarNode(...parts: readonly (string | Node)[]): Node {
    return nodeOf('scalar', parts);
  }

  #pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.#random.float() * choices.length)];
    if (choice === undefined) throw new Error('nothing to pick from');
    return choice;
  }
}

function nodeOf(type: Node['type'], parts: readonly (string | Node)[]): Node {
  return {
    type,
    texts: parts.filter((part) => typeof part === 'string'),
    children: parts.filter((part) => typeof part !== 'string'),
  };
}
