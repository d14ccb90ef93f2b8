import {
  AGGREGATION_OPS,
  childrenOf,
  isSetOp,
  type Aggregation,
  type AggregationOp,
  type Binary,
  type BinaryOp,
  type Call,
  type Expr,
  type MatrixSelector,
  type NumberLiteral,
  type Position,
  type Subquery,
  type VectorMatching,
} from './ast.ts';
import { parseAt, parseOffsetMs, parseRangeMs, takeSeconds } from './parse-time.ts';
import { parseSelector, takeString } from './parse-selector.ts';
import { syntaxError, unsupportedError } from './syntax-error.ts';
import { TokenStream } from './token-stream.ts';
import { checkAggregation, checkBinary, checkCall, checkSubquery, checkUnary } from './type-check.ts';

/**
 * A precedence parser for PromQL as Prometheus 3.14 speaks it.
 *
 * 1. `#binary` climbs operators by the table below; `^` alone associates to the right.
 * 2. A sign binds like `*`: `-2^2` is -4, and `2^-1*3` is 1.5.
 * 3. `#postfix` attaches ranges, subqueries, `offset` and `@` to the operand before them.
 * 4. Each node is type-checked as it is made.
 *
 * Words such as `sum`, `by` or `offset` are no reserved words: where an operand may stand they are
 * metric names, unless a bracket follows.
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

/** Deeper trees would exhaust the stack of the parser or of the engine; generated queries stay below 50. */
export const EXPR_DEPTH_MAX = 500;

const OPS_WITH_PARAM: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
]);

/**
 * Parses and type-checks. Throws `InputError`: VED_QUERY_INVALID with upstream's words behind
 * `line:column: parse error:`, or VED_QUERY_UNSUPPORTED naming a construct that is not evaluated yet.
 */
export function parseExpr(text: string): Expr {
  if (text.length > EXPR_CHARACTERS_MAX)
    throw syntaxError(
      { line: 1, column: 1 },
      `expression is too long; got ${text.length} characters, want at most ${EXPR_CHARACTERS_MAX}`,
    );
  const parser = new Parser(new TokenStream(text));
  const expr = parser.parseAll();
  assertShallow(expr);
  return expr;
}

class Parser {
  readonly #tokens: TokenStream;
  #depth = 0;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
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
    if (token.text === '</' || token.text === '>/')
      throw unsupportedError(this.#tokens.positionOf(token), `the histogram operator "${token.text}"`);
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
    const node: Binary = { kind: 'binary', position, op, left, right, isBool, matching };
    return checkBinary(node, opPosition);
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
    const { current } = this.#tokens;
    if (current.kind === 'identifier' && /^fill(_left|_right)?$/i.test(current.text))
      throw unsupportedError(this.#tokens.positionOf(current), `the modifier "${current.text}"`);
    return { cardinality, isOn, labels, include };
  }

  #labelList(): readonly string[] {
    const labels: string[] = [];
    this.#tokens.expectSymbol('(', 'grouping opts');
    while (!this.#tokens.isSymbol(')')) {
      const { kind, text } = this.#tokens.current;
      if (kind === 'string') labels.push(takeString(this.#tokens));
      else if (kind === 'identifier' && !text.includes(':')) labels.push(this.#tokens.take().text);
      else throw this.#tokens.unexpected('grouping opts', 'label');
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
    const node = { kind: 'unary', position, op, expr } as const;
    checkUnary(node);
    return node;
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
    this.#tokens.expectSymbol(')', 'parenthesized expression');
    return { kind: 'paren', position: this.#tokens.positionFrom(start), expr };
  }

  /** A number word, an aggregation, a call, or a selector. */
  #named(name: string, start: number): Expr {
    const word = name.toLowerCase();
    this.#tokens.take();
    if (word === 'inf' || word === 'nan') return this.#number(word === 'inf' ? Infinity : NaN, start, false);
    const isCalled = this.#tokens.isSymbol('(');
    const isGrouped = this.#tokens.isWord('by') || this.#tokens.isWord('without');
    const aggregation = AGGREGATION_OPS.find((op) => op === word);
    if (aggregation !== undefined && (isCalled || isGrouped)) return this.#aggregation(aggregation, start);
    if (isCalled) return this.#call(name, start);
    return parseSelector(this.#tokens, start, name);
  }

  #call(name: string, start: number): Call {
    const args = this.#args();
    const node: Call = { kind: 'call', position: this.#tokens.positionFrom(start), name, args };
    checkCall(node);
    return node;
  }

  #args(): Expr[] {
    this.#tokens.expectSymbol('(', 'aggregation');
    const args: Expr[] = [];
    if (this.#tokens.takeSymbolIf(')')) return args;
    do args.push(this.#binary(0));
    while (this.#tokens.takeSymbolIf(','));
    this.#tokens.expectSymbol(')', 'function call');
    return args;
  }

  #aggregation(op: AggregationOp, start: number): Aggregation {
    let modifier = this.#grouping();
    const args = this.#args();
    modifier ??= this.#grouping();
    const position = this.#tokens.positionFrom(start);
    const countWanted = OPS_WITH_PARAM.has(op) ? 2 : 1;
    if (args.length === 0) throw syntaxError(position, 'no arguments for aggregate expression provided');
    const [first, second] = args;
    const expr = countWanted === 2 ? second : first;
    if (args.length !== countWanted || expr === undefined)
      throw syntaxError(
        position,
        `wrong number of arguments for aggregate expression provided, expected ${countWanted}, got ${args.length}`,
      );
    const param = countWanted === 2 ? first : undefined;
    const { labels = [], isWithout = false } = modifier ?? {};
    const node: Aggregation = { kind: 'aggregation', position, op, expr, param, grouping: labels, isWithout };
    checkAggregation(node);
    return node;
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
      const { current } = this.#tokens;
      if (this.#tokens.isSymbol('[')) expr = this.#range(expr);
      else if (this.#tokens.isWord('offset')) expr = this.#offset(expr);
      else if (this.#tokens.isSymbol('@')) expr = this.#at(expr);
      else if (this.#tokens.isWord('anchored') || this.#tokens.isWord('smoothed'))
        throw unsupportedError(this.#tokens.positionOf(current), `the modifier "${current.text}"`);
      else return expr;
    }
  }

  #range(expr: Expr): MatrixSelector | Subquery {
    const bracket = this.#tokens.take();
    const rangeMs = parseRangeMs(this.#tokens, 'subquery or range selector');
    if (this.#tokens.takeSymbolIf(':')) {
      const stepMs = this.#tokens.isSymbol(']') ? undefined : parseRangeMs(this.#tokens, 'subquery selector');
      this.#tokens.expectSymbol(']', 'subquery selector');
      const position = this.#tokens.positionFrom(expr.position.start);
      const node: Subquery = {
        kind: 'subquery',
        position,
        expr,
        rangeMs,
        stepMs,
        offsetMs: 0,
        at: undefined,
      };
      checkSubquery(node);
      return node;
    }
    this.#tokens.expectSymbol(']', 'range selector');
    const bracketPosition = this.#tokens.positionOf(bracket);
    if (expr.kind !== 'vector')
      throw syntaxError(bracketPosition, 'ranges only allowed for vector selectors');
    if (expr.offsetMs !== 0) throw syntaxError(bracketPosition, 'no offset modifiers allowed before range');
    if (expr.at !== undefined) throw syntaxError(bracketPosition, 'no @ modifiers allowed before range');
    return {
      kind: 'matrix',
      position: this.#tokens.positionFrom(expr.position.start),
      selector: expr,
      rangeMs,
    };
  }

  #offset(expr: Expr): Expr {
    this.#tokens.take();
    const offsetMs = parseOffsetMs(this.#tokens);
    const shifted = shiftOf(expr);
    if (shifted === undefined)
      throw syntaxError(
        expr.position,
        'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
      );
    if (shifted.offsetMs !== 0) throw syntaxError(expr.position, 'offset may not be set multiple times');
    return this.#withShift(expr, { offsetMs });
  }

  #at(expr: Expr): Expr {
    this.#tokens.take();
    const at = parseAt(this.#tokens);
    const shifted = shiftOf(expr);
    if (shifted === undefined)
      throw syntaxError(
        expr.position,
        '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
      );
    if (shifted.at !== undefined)
      throw syntaxError(expr.position, '@ <timestamp> may not be set multiple times');
    return this.#withShift(expr, { at });
  }

  #withShift(expr: Expr, shift: { offsetMs: number } | { at: Subquery['at'] }): Expr {
    const position = this.#tokens.positionFrom(expr.position.start);
    if (expr.kind === 'matrix') return { ...expr, position, selector: { ...expr.selector, ...shift } };
    if (expr.kind === 'vector' || expr.kind === 'subquery') return { ...expr, position, ...shift };
    return expr;
  }
}

function shiftOf(expr: Expr): Pick<Subquery, 'offsetMs' | 'at'> | undefined {
  if (expr.kind === 'matrix') return expr.selector;
  return expr.kind === 'vector' || expr.kind === 'subquery' ? expr : undefined;
}

/** Chains such as `1+1+1…` nest to the left without recursion in the parser; walked with a stack of our own. */
function assertShallow(root: Expr): void {
  const pending: { expr: Expr; depth: number }[] = [{ expr: root, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > EXPR_DEPTH_MAX) throw tooDeep(next.expr.position);
    for (const child of childrenOf(next.expr)) pending.push({ expr: child, depth: next.depth + 1 });
  }
}

function tooDeep(position: Position): Error {
  return syntaxError(position, `expression is nested too deeply; want at most ${EXPR_DEPTH_MAX} levels`);
}
