import { createMatcher, InputError, METRIC_NAME, type Matcher, type MatcherOp } from '@vedette/model';
import type { VectorSelector } from './ast.ts';
import { escapeFaultOf, unquoteGo } from './go-quote.ts';
import { syntaxError } from './syntax-error.ts';
import type { TokenStream } from './token-stream.ts';

/** Selectors: `name{label="value"}`, `{"quoted name", "quoted label"=~"…"}`. */

const MATCHER_OPS: ReadonlySet<string> = new Set(['=', '!=', '=~', '!~']);

/** Parses from the `{` or, when a name was taken before, from what follows it. */
export function parseSelector(tokens: TokenStream, start: number, name: string | undefined): VectorSelector {
  const matchers: Matcher[] = [];
  if (tokens.takeSymbolIf('{')) {
    while (!tokens.isSymbol('}')) {
      matchers.push(parseMatcher(tokens));
      if (!tokens.takeSymbolIf(',')) break;
    }
    if (!tokens.isSymbol('}')) throw tokens.unexpected('label matching', '"," or "}"');
    tokens.take();
  }
  if (name !== undefined) matchers.push(createMatcher(METRIC_NAME, '=', name));
  const position = tokens.positionFrom(start);
  const shift = { offsetMs: 0, offsetExpr: undefined, at: undefined };
  return { kind: 'vector', position, name, matchers, extension: undefined, ...shift };
}

/** One `label op "value"`, or a quoted metric name. */
function parseMatcher(tokens: TokenStream): Matcher {
  const labelToken = tokens.current;
  if (labelToken.kind !== 'identifier' && labelToken.kind !== 'string')
    throw tokens.unexpected('label matching', 'identifier or "}"');
  const label = labelToken.kind === 'string' ? takeString(tokens) : tokens.take().text;
  const op = tokens.current;
  if (labelToken.kind === 'string' && (tokens.isSymbol(',') || tokens.isSymbol('}')))
    return createMatcher(METRIC_NAME, '=', label);
  if (op.kind !== 'symbol' || !MATCHER_OPS.has(op.text))
    throw tokens.unexpected('label matching', 'label matching operator');
  tokens.take();
  if (tokens.current.kind !== 'string') throw tokens.unexpected('label matching', 'string');
  const valueToken = tokens.current;
  const value = takeString(tokens);
  try {
    return createMatcher(label, op.text as MatcherOp, value);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw syntaxError(tokens.positionOf(valueToken), error.message);
  }
}

/** Takes a string token and gives its value. */
export function takeString(tokens: TokenStream): string {
  const token = tokens.take();
  const value = unquoteGo(token.text);
  if (value === undefined) throw syntaxError(tokens.positionOf(token), escapeFaultOf(token.text));
  return value;
}
