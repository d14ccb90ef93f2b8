import type { Matcher } from '@vedette/model';
import {
  AGGREGATION_OPS,
  isSetOp,
  type Aggregation,
  type AggregationOp,
  type BinaryOp,
  type Call,
  type Expr,
  type FillValues,
  type MatrixSelector,
  type NumberLiteral,
  type Subquery,
  type VectorMatching,
} from './ast.ts';
import { assertShallow, EXPR_DEPTH_MAX, tooDeep } from './depth.ts';
import {
  EXPERIMENTAL_AGGREGATIONS,
  EXPERIMENTAL_FUNCTIONS,
  NO_FEATURES,
  type PromqlFeature,
} from './features.ts';
import { quoteGo } from './go-quote.ts';
import { parseRange, startsDuration, type ParsedDuration } from './parse-duration.ts';
import { parseModifier } from './parse-modifier.ts';
import { takeSeconds, takeSignedNumber } from './parse-time.ts';
import { parseSelector, takeString } from './parse-selector.ts';
import { SIGNATURES } from './signatures.ts';
import { syntaxError } from './syntax-error.ts';
import { TokenStream } from './token-stream.ts';
import { checkTypes } from './type-check.ts';

/**
 * A precedence parser for PromQL as Prometheus 3.14 speaks it.
 *
 * 1. `#binary` climbs operators by the table below; `^` alone associates to the right.
 * 2. A sign binds like `*`: `-2^2` is -4, and `2^-1*3` is 1.5.
 * 3. `#postfix` attaches ranges, subqueries, `offset`, `@`, `anchored` and `smoothed` to the operand before them.
 * 4. The finished tree is type-checked, so that what cannot be read is reported before what does not fit.
 *
 * Words such as `sum`, `by` or `offset` are no reserved words: where an operand may stand they are
 * metric names, unless a bracket follows. The few that can stand only behind an operator are refused there.
 */

const PRECEDENCES: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
const PRECEDENCE_OF_SIGN = 5;

/** Longer texts are no query of a person or a dashboard; lexing this much takes about 50 ms. */
export const EXPR_CHARACTERS_MAX = 1_000_000;

const FILL_WORDS: ReadonlySet<string> = new Set(['fill', 'fill_left', 'fill_right']);

/** They follow an operator and are never metric names. */
const WORDS_BEHIND_OPERATORS: ReadonlySet<string> = new Set([
  'bool',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'atan2',
]);

const OPS_WITH_PARAM: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
]);

/**
 * Parses and type-checks. Throws `InputError` (VED_QUERY_INVALID) with upstream's words behind
 * `line:column: parse error:`, also for what is experimental and not among `features`.
 */
export function parseExpr(text: string, features: ReadonlySet<PromqlFeature> = NO_FEATURES): Expr {
  assertShort(text);
  const expr = new Parser(new TokenStream(text), features).parseAll();
  assertShallow(expr);
  return checkTypes(expr);
}

/**
 * The matchers of a bare selector such as `up{job="node"}`, as `match[]` has it: no offset, no `@`, no brackets
 * around it. May match every series. Throws `InputError` (VED_QUERY_INVALID) as `parseExpr` does.
 */
export function parseMetricSelector(text: string): readonly Matcher[] {
  assertShort(text);
  const tokens = new TokenStream(text);
  const { kind, text: word, start } = tokens.current;
  const isName =
    kind === 'identifier' && !WORDS_BEHIND_OPERATORS.has(word.toLowerCase()) && !isNumberWord(word);
  if (!isName && !tokens.isSymbol('{')) throw tokens.unexpected();
  const { matchers } = parseSelector(tokens, start, isName ? tokens.take().text : undefined);
  if (!tokens.isAtEnd) throw tokens.unexpected();
  return matchers;
}

function assertShort(text: string): void {
  if (text.length > EXPR_CHARACTERS_MAX)
    throw syntaxError(
      { line: 1, column: 1 },
      `expression is too long; got ${text.length} characters, want at most ${EXPR_CHARACTERS_MAX}`,
    );
}

function isNumberWord(word: string): boolean {
  return /^(?:inf|nan)$/i.test(word);
}

class Parser {
  readonly #tokens: TokenStream;
  readonly #features: ReadonlySet<PromqlFeature>;
  #depth = 0;

  constructor(tokens: TokenStream, features: ReadonlySet<PromqlFeature>) {
    this.#tokens = tokens;
    this.#features = features;
  }

  parseAll(): Expr {
    if (this.#tokens.isAtEnd) throw syntaxError({ line: 1, column: 1 }, 'no expression found in input');
    const expr = this.#binary(0);
    if (!this.#tokens.isAtEnd) throw this.#tokens.unexpected();
    return expr;
  }

  #binary(precedenceMin: number): Expr {
    if (++this.#depth > EXPR_DEPTH_MAX) throw tooDeep(this.#tokens.positionOf(this.#tokens.current));
    let left = this.#unary();
    // A chain nests to the left; counted while it grows, since each of its type checks walks all of it.
    for (let chainDepth = 2; ; chainDepth++) {
      const op = this.#currentOp();
      const precedence = op === undefined ? 0 : (PRECEDENCES[op] ?? 0);
      if (op === undefined || precedence <= precedenceMin) break;
      if (chainDepth > EXPR_DEPTH_MAX) throw tooDeep(this.#tokens.positionOf(this.#tokens.current));
      left = this.#binaryTail(left, op, precedence);
    }
    this.#depth--;
    return left;
  }

  #currentOp(): BinaryOp | undefined {
    const token = this.#tokens.current;
    if (token.kind !== 'symbol' && token.kind !== 'identifier') return undefined;
    const op = token.text.toLowerCase();
    return Object.hasOwn(PRECEDENCES, op) ? (op as BinaryOp) : undefined;
  }

  #binaryTail(left: Expr, op: BinaryOp, precedence: number): Expr {
    const opPosition = this.#tokens.positionOf(this.#tokens.take());
    let isBool = false;
    if (this.#tokens.isWord('bool')) {
      this.#tokens.take();
      isBool = true;
    }
    const matching = this.#matching(op);
    const right = this.#binary(op === '^' ? precedence - 1 : precedence);
    const position = { ...left.position, end: right.position.end };
    const { fill } = matching;
    if ((fill.left ?? fill.right) !== undefined && !this.#features.has('promql-binop-fill-modifiers'))
      throw syntaxError(position, 'binop fill modifiers are experimental and not enabled');
    return { kind: 'binary', position, op, opPosition, left, right, isBool, matching };
  }

  #matching(op: BinaryOp): VectorMatching {
    let isOn = false;
    let labels: readonly string[] = [];
    let include: readonly string[] = [];
    let cardinality: VectorMatching['cardinality'] = isSetOp(op) ? 'many-to-many' : 'one-to-one';
    if (this.#tokens.isWord('on') || this.#tokens.isWord('ignoring')) {
      isOn = this.#tokens.isWord('on');
      this.#tokens.take();
      labels = this.#labelList();
      if (this.#tokens.isWord('group_left') || this.#tokens.isWord('group_right')) {
        cardinality = this.#tokens.isWord('group_left') ? 'many-to-one' : 'one-to-many';
        this.#tokens.take();
        if (this.#tokens.isSymbol('(')) include = this.#labelList();
      }
    }
    return { cardinality, isOn, labels, include, fill: this.#fill() };
  }

  /** `fill (v)`, or `fill_left (v)` and `fill_right (v)` in either order. Without a bracket they are metric names. */
  #fill(): FillValues {
    const both = this.#fillValue('fill');
    if (both !== undefined) return { left: both, right: both };
    const left = this.#fillValue('fill_left');
    const right = this.#fillValue('fill_right');
    return { left: left ?? (right === undefined ? undefined : this.#fillValue('fill_left')), right };
  }

  #fillValue(word: string): number | undefined {
    if (!this.#tokens.isCalledWord(word)) return undefined;
    this.#tokens.take();
    this.#tokens.take();
    const value = takeSignedNumber(this.#tokens);
    if (!this.#tokens.takeSymbolIf(')')) throw this.#tokens.unexpected();
    return value;
  }

  #labelList(): readonly string[] {
    const labels: string[] = [];
    this.#tokens.expectSymbol('(', 'grouping opts');
    while (!this.#tokens.isSymbol(')')) {
      const token = this.#tokens.current;
      if (token.kind !== 'string' && token.kind !== 'identifier')
        throw this.#tokens.unexpected('grouping opts', 'label');
      const label = token.kind === 'string' ? takeString(this.#tokens) : this.#tokens.take().text;
      if (label === '' || !label.isWellFormed())
        throw syntaxError(
          this.#tokens.positionOf(token),
          `invalid label name for grouping: ${quoteGo(label)}`,
        );
      labels.push(label);
      if (!this.#tokens.takeSymbolIf(',') && !this.#tokens.isSymbol(')'))
        throw this.#tokens.unexpected('grouping opts', '"," or ")"');
    }
    this.#tokens.take();
    return labels;
  }

  #unary(): Expr {
    const { start, text } = this.#tokens.current;
    if (!this.#tokens.isSymbol('+') && !this.#tokens.isSymbol('-')) return this.#postfix(this.#primary());
    const op = text === '-' ? '-' : '+';
    this.#tokens.take();
    const expr = this.#binary(PRECEDENCE_OF_SIGN);
    const position = this.#tokens.positionFrom(start);
    if (expr.kind === 'number') return { ...expr, position, value: op === '-' ? -expr.value : expr.value };
    return { kind: 'unary', position, op, expr };
  }

  #primary(): Expr {
    const tokens = this.#tokens;
    const { kind, text, start } = tokens.current;
    switch (kind) {
      case 'number':
      case 'duration':
        return this.#number(takeSeconds(tokens), start, kind === 'duration');
      case 'string':
        return { kind: 'string', value: takeString(tokens), position: tokens.positionFrom(start) };
      case 'identifier':
        return this.#named(text, start);
      case 'symbol':
        if (text === '{') return parseSelector(tokens, start, undefined);
        if (text === '(') return this.#paren(start);
        throw tokens.unexpected();
      case 'end':
        throw tokens.unexpected();
    }
  }

  #number(value: number, start: number, isDuration: boolean): NumberLiteral {
    return { kind: 'number', position: this.#tokens.positionFrom(start), value, isDuration };
  }

  #paren(start: number): Expr {
    this.#tokens.take();
    const expr = this.#binary(0);
    if (!this.#tokens.takeSymbolIf(')')) throw this.#tokens.unexpected();
    return { kind: 'paren', position: this.#tokens.positionFrom(start), expr };
  }

  /** A number word, an aggregation, a call, or a selector. */
  #named(name: string, start: number): Expr {
    const word = name.toLowerCase();
    if (WORDS_BEHIND_OPERATORS.has(word)) throw this.#tokens.unexpected();
    this.#tokens.take();
    if (isNumberWord(word)) return this.#number(word === 'inf' ? Infinity : NaN, start, false);
    const isCalled = this.#tokens.isSymbol('(');
    const isGrouped = this.#tokens.isWord('by') || this.#tokens.isWord('without');
    const aggregation = AGGREGATION_OPS.find((op) => op === word);
    if (aggregation !== undefined && (isCalled || isGrouped)) return this.#aggregation(aggregation, start);
    if (isCalled && !FILL_WORDS.has(word)) return this.#call(name, start);
    return parseSelector(this.#tokens, start, name);
  }

  #call(name: string, start: number): Call {
    const args = this.#args();
    const position = this.#tokens.positionFrom(start);
    if (!SIGNATURES.has(name)) throw syntaxError(position, `unknown function with name ${quoteGo(name)}`);
    if (EXPERIMENTAL_FUNCTIONS.has(name) && !this.#features.has('promql-experimental-functions'))
      throw syntaxError(position, `function ${quoteGo(name)} is not enabled`);
    return { kind: 'call', position, name, args };
  }

  #args(): Expr[] {
    if (!this.#tokens.takeSymbolIf('(')) throw this.#tokens.unexpected('aggregation');
    const args: Expr[] = [];
    if (this.#tokens.takeSymbolIf(')')) return args;
    for (;;) {
      args.push(this.#binary(0));
      const { current } = this.#tokens;
      if (!this.#tokens.takeSymbolIf(',')) break;
      if (this.#tokens.isSymbol(')'))
        throw syntaxError(
          this.#tokens.positionOf(current),
          'trailing commas not allowed in function call args',
        );
    }
    if (!this.#tokens.takeSymbolIf(')')) throw this.#tokens.unexpected();
    return args;
  }

  #aggregation(op: AggregationOp, start: number): Aggregation {
    let modifier = this.#grouping();
    const args = this.#args();
    modifier ??= this.#grouping();
    const position = this.#tokens.positionFrom(start);
    const countWanted = OPS_WITH_PARAM.has(op) ? 2 : 1;
    if (args.length === 0) throw syntaxError(position, 'no arguments for aggregate expression provided');
    if (EXPERIMENTAL_AGGREGATIONS.has(op) && !this.#features.has('promql-experimental-functions'))
      throw syntaxError(
        position,
        `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
      );
    const [first, second] = args;
    const expr = countWanted === 2 ? second : first;
    if (args.length !== countWanted || expr === undefined)
      throw syntaxError(
        position,
        `wrong number of arguments for aggregate expression provided, expected ${countWanted}, got ${args.length}`,
      );
    const param = countWanted === 2 ? first : undefined;
    const { labels = [], isWithout = false } = modifier ?? {};
    return { kind: 'aggregation', position, op, expr, param, grouping: labels, isWithout };
  }

  #grouping(): { labels: readonly string[]; isWithout: boolean } | undefined {
    const isWithout = this.#tokens.isWord('without');
    if (!isWithout && !this.#tokens.isWord('by')) return undefined;
    this.#tokens.take();
    return { labels: this.#labelList(), isWithout };
  }

  #postfix(operand: Expr): Expr {
    let expr = operand;
    for (;;) {
      if (this.#tokens.isSymbol('[')) expr = this.#range(expr);
      else {
        const modified = parseModifier(this.#tokens, expr, this.#features);
        if (modified === undefined) return expr;
        expr = modified;
      }
    }
  }

  #range(expr: Expr): MatrixSelector | Subquery {
    const bracket = this.#tokens.take();
    const range = parseRange(this.#tokens, 'subquery or range selector');
    const [rangeMs, rangeExpr] = [range.ms ?? 0, range.expr];
    if (this.#tokens.takeSymbolIf(':')) {
      const step = this.#step();
      const position = this.#tokens.positionFrom(expr.position.start);
      const steps = { stepMs: step?.ms, stepExpr: step?.expr };
      const shift = { offsetMs: 0, offsetExpr: undefined, at: undefined };
      return { kind: 'subquery', position, expr, rangeMs, rangeExpr, ...steps, ...shift };
    }
    if (!this.#tokens.takeSymbolIf(']')) throw this.#tokens.unexpected('subquery or range', '":" or "]"');
    const bracketPosition = this.#tokens.positionOf(bracket);
    if (expr.kind !== 'vector')
      throw syntaxError(bracketPosition, 'ranges only allowed for vector selectors');
    if (expr.offsetMs !== 0 || expr.offsetExpr !== undefined)
      throw syntaxError(bracketPosition, 'no offset modifiers allowed before range');
    if (expr.at !== undefined) throw syntaxError(bracketPosition, 'no @ modifiers allowed before range');
    const position = this.#tokens.positionFrom(expr.position.start);
    return { kind: 'matrix', position, selector: expr, rangeMs, rangeExpr };
  }

  /** The step of a subquery and the bracket behind it; `undefined` when none is given. */
  #step(): ParsedDuration | undefined {
    if (this.#tokens.takeSymbolIf(']')) return undefined;
    if (!startsDuration(this.#tokens))
      throw this.#tokens.unexpected('subquery selector', 'number, duration, step(), range(), or "]"');
    const step = parseRange(this.#tokens, 'subquery or range selector');
    if (!this.#tokens.takeSymbolIf(']')) throw this.#tokens.unexpected('subquery selector', '"]"');
    return step;
  }
}
