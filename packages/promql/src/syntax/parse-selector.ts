import { createMatcher, InputError, METRIC_NAME, type Matcher, type MatcherOp } from '@vedette/model';
import type { VectorSelector } from './ast.ts';
import { quoteGo, unquoteGo } from './go-quote.ts';
import { syntaxError } from './syntax-error.ts';
import type { TokenStream } from './token-stream.ts';

/** Selectors: `name{label="value"}`, `{"quoted name", "quoted label"=~"…"}`. */

const MATCHER_OPS: ReadonlySet<string> = new Set(['=', '!=', '=~', '!~']);

/** Parses from the `{` or, when a name was taken before, from what follows it. */
export function parseSelector(
  tokens: TokenStream,
  start: number,
  nameBefore: string | undefined,
): VectorSelector {
  const matchers: Matcher[] = [];
  let name = nameBefore;
  if (tokens.takeSymbolIf('{')) {
    while (!tokens.isSymbol('}')) {
      const quoted = parseMatcher(tokens, matchers);
      if (quoted !== undefined) name = takeName(tokens, start, name, quoted);
      if (!tokens.takeSymbolIf(',')) break;
    }
    if (!tokens.isSymbol('}')) throw tokens.unexpected('label matching', '"," or "}"');
    tokens.take();
  }
  const position = tokens.positionFrom(start);
  if (name !== undefined) {
    const again = matchers.find((matcher) => matcher.name === METRIC_NAME);
    if (again !== undefined) throw nameTwice(position, name, again.value);
    matchers.push(createMatcher(METRIC_NAME, '=', name));
  }
  if (matchers.every((matcher) => matcher.matches('')))
    throw syntaxError(position, 'vector selector must contain at least one non-empty matcher');
  return { kind: 'vector', position, name, matchers, offsetMs: 0, at: undefined };
}

/** One `label op "value"`, or a quoted metric name, which is returned. */
function parseMatcher(tokens: TokenStream, matchers: Matcher[]): string | undefined {
  const labelToken = tokens.current;
  if (labelToken.kind !== 'identifier' && labelToken.kind !== 'string')
    throw tokens.unexpected('label matching', 'identifier or "}"');
  const label = labelToken.kind === 'string' ? takeString(tokens) : tokens.take().text;
  const op = tokens.current;
  if (labelToken.kind === 'string' && (tokens.isSymbol(',') || tokens.isSymbol('}'))) return label;
  if (op.kind !== 'symbol' || !MATCHER_OPS.has(op.text))
    throw tokens.unexpected('label matching', 'label matching operator');
  tokens.take();
  if (tokens.current.kind !== 'string') throw tokens.unexpected('label matching', 'string');
  const valueToken = tokens.current;
  const value = takeString(tokens);
  try {
    matchers.push(createMatcher(label, op.text as MatcherOp, value));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw syntaxError(tokens.positionOf(valueToken), error.message);
  }
  return undefined;
}

function takeName(tokens: TokenStream, start: number, name: string | undefined, quoted: string): string {
  if (name !== undefined) throw nameTwice(tokens.positionFrom(start), name, quoted);
  return quoted;
}

function nameTwice(position: VectorSelector['position'], name: string, again: string): Error {
  return syntaxError(position, `metric name must not be set twice: ${quoteGo(name)} or ${quoteGo(again)}`);
}

/** Takes a string token and gives its value. */
export function takeString(tokens: TokenStream): string {
  const token = tokens.take();
  const value = unquoteGo(token.text);
  if (value === undefined) throw syntaxError(tokens.positionOf(token), 'invalid syntax in string literal');
  return value;
}
