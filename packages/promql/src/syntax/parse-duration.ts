import type { DurationExpr, DurationOp, DurationOperand, NumberLiteral } from './ast.ts';
import { EXPR_DEPTH_MAX, tooDeep } from './depth.ts';
import { takeSeconds } from './parse-time.ts';
import { syntaxError } from './syntax-error.ts';
import type { TokenStream } from './token-stream.ts';

/**
 * Durations in brackets and behind `offset`, which may be expressions: `[5m + step()]`,
 * `offset -(2 * range())`. They have the operators of numbers, with the same precedences, and no types.
 *
 * Behind `offset` only one operand is taken, so that `a offset 1m + 2` is `(a offset 1m) + 2`; more
 * needs brackets. A sign there binds to its operand alone: `a offset -2 ^ 2` is `(a offset -2) ^ 2`.
 */

/** A duration as it stands in its node: known, or an expression to be resolved per query. */
export type ParsedDuration =
  | { readonly ms: number; readonly expr: undefined }
  | { readonly ms: undefined; readonly expr: DurationExpr };

/** Go's time.Duration holds about 292 years; Prometheus refuses more. */
export const DURATION_SECONDS_MAX = 2 ** 63 / 1e9;

const EXPECTED = 'number, duration, step(), or range()';

const PRECEDENCES: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '/': 2, '%': 2, '^': 3 };
/** A sign binds as tightly as a product, so its operand takes powers only. */
const PRECEDENCE_OF_SIGN = 2;

/** The range or step between brackets; a literal must be above zero. */
export function parseRange(tokens: TokenStream, context: string): ParsedDuration {
  const operand = new DurationParser(tokens, context).binary(0);
  if (operand.kind === 'number' && operand.value <= 0)
    throw syntaxError(operand.position, 'duration must be greater than 0');
  return parsedDuration(operand);
}

/** What follows `offset`. */
export function parseOffset(tokens: TokenStream): ParsedDuration {
  return parsedDuration(new DurationParser(tokens, 'offset').offset());
}

/** Whether a duration can begin with the current token. */
export function startsDuration(tokens: TokenStream): boolean {
  const { kind, text } = tokens.current;
  if (kind === 'symbol') return text === '(' || text === '+' || text === '-';
  return kind === 'number' || kind === 'duration' || kind === 'identifier';
}

function parsedDuration(operand: DurationOperand): ParsedDuration {
  if (operand.kind !== 'number') return { ms: undefined, expr: operand };
  return { ms: Math.round(operand.value * 1000), expr: undefined };
}

class DurationParser {
  readonly #tokens: TokenStream;
  readonly #context: string;
  #depth = 0;

  constructor(tokens: TokenStream, context: string) {
    this.#tokens = tokens;
    this.#context = context;
  }

  offset(): DurationOperand {
    const { start } = this.#tokens.current;
    const sign = this.#takeSign();
    const operand = this.#primary();
    return inRange(sign === undefined ? operand : this.#signed(sign, operand, start));
  }

  binary(precedenceMin: number): DurationOperand {
    this.#enter();
    const { start } = this.#tokens.current;
    const sign = this.#takeSign();
    let left = inRange(
      sign === undefined ? this.#primary() : this.#signed(sign, this.binary(PRECEDENCE_OF_SIGN), start),
    );
    for (let chainDepth = this.#depth; ; chainDepth++) {
      const { text } = this.#tokens.current;
      const precedence = this.#tokens.isSymbol(text) ? (PRECEDENCES[text] ?? 0) : 0;
      if (precedence <= precedenceMin) break;
      if (chainDepth > EXPR_DEPTH_MAX) throw tooDeep(left.position);
      left = this.#tail(left, text as DurationOp, precedence);
    }
    this.#depth--;
    return left;
  }

  #tail(left: DurationOperand, op: DurationOp, precedence: number): DurationOperand {
    const opPosition = this.#tokens.positionOf(this.#tokens.take());
    const right = this.binary(op === '^' ? precedence - 1 : precedence);
    if (right.kind === 'number' && right.value === 0 && (op === '/' || op === '%'))
      throw syntaxError(opPosition, `${op === '/' ? 'division' : 'modulo'} by zero`);
    const position = { ...left.position, end: right.position.end };
    return { kind: 'duration-binary', position, op, left, right };
  }

  #primary(): DurationOperand {
    const { kind, text, start } = this.#tokens.current;
    if (kind === 'number' || kind === 'duration') return this.#literal(start, kind === 'duration');
    if (kind === 'symbol' && text === '(') return this.#paren(start);
    const name = kind === 'identifier' ? text.toLowerCase() : '';
    if (name === 'step' || name === 'range') return this.#queryValue(name, start);
    if (name === 'min_of' || name === 'max_of') return this.#extreme(name, start);
    throw this.#unexpected();
  }

  #literal(start: number, isDuration: boolean): NumberLiteral {
    const value = takeSeconds(this.#tokens);
    const position = this.#tokens.positionFrom(start);
    return { kind: 'number', position, value, isDuration };
  }

  #paren(start: number): DurationOperand {
    this.#tokens.take();
    const expr = this.binary(0);
    this.#expect(')');
    return { kind: 'duration-paren', position: this.#tokens.positionFrom(start), expr };
  }

  #queryValue(name: 'step' | 'range', start: number): DurationOperand {
    this.#tokens.take();
    this.#expect('(');
    this.#expect(')');
    return { kind: 'duration-value', position: this.#tokens.positionFrom(start), name };
  }

  #extreme(name: 'min_of' | 'max_of', start: number): DurationOperand {
    this.#enter();
    this.#tokens.take();
    this.#expect('(');
    const left = this.binary(0);
    this.#expect(',');
    const right = this.binary(0);
    this.#expect(')');
    this.#depth--;
    return { kind: 'duration-extreme', position: this.#tokens.positionFrom(start), name, left, right };
  }

  #signed(sign: '+' | '-', operand: DurationOperand, start: number): DurationOperand {
    const position = this.#tokens.positionFrom(start);
    if (operand.kind === 'number')
      return { ...operand, position, value: sign === '-' ? -operand.value : operand.value };
    return sign === '-' ? { kind: 'duration-sign', position, expr: operand } : operand;
  }

  #takeSign(): '+' | '-' | undefined {
    if (this.#tokens.takeSymbolIf('-')) return '-';
    return this.#tokens.takeSymbolIf('+') ? '+' : undefined;
  }

  #expect(symbol: string): void {
    if (!this.#tokens.takeSymbolIf(symbol)) throw this.#unexpected();
  }

  #unexpected(): Error {
    return this.#tokens.unexpected(this.#context, EXPECTED);
  }

  #enter(): void {
    if (++this.#depth > EXPR_DEPTH_MAX) throw tooDeep(this.#tokens.positionOf(this.#tokens.current));
  }
}

function inRange(operand: DurationOperand): DurationOperand {
  if (operand.kind === 'number' && !(Math.abs(operand.value) < DURATION_SECONDS_MAX))
    throw syntaxError(operand.position, 'duration out of range');
  return operand;
}
