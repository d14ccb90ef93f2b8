import { parseDurationMs } from '@vedette/model';
import type { AtModifier, Position } from './ast.ts';
import { quoteGo } from './go-quote.ts';
import { parseNumber } from './numbers.ts';
import { syntaxError } from './syntax-error.ts';
import type { Token } from './lexer.ts';
import type { TokenStream } from './token-stream.ts';

/** Numbers and times. A duration counts as its seconds: `5m` is 300. */

/** What follows `@`, behind the operand at `operand`: a signed number of seconds, `start()` or `end()`. */
export function parseAt(tokens: TokenStream, operand: Position): AtModifier {
  const word = tokens.current.kind === 'identifier' ? tokens.current.text.toLowerCase() : '';
  if (word === 'start' || word === 'end') {
    tokens.take();
    for (const symbol of ['(', ')'])
      if (!tokens.takeSymbolIf(symbol)) throw tokens.unexpected('@', 'timestamp');
    return { kind: word };
  }
  const timestampMs = Math.round(takeSignedNumber(tokens, '@', 'timestamp') * 1000);
  if (Number.isSafeInteger(timestampMs)) return { kind: 'time', timestampMs };
  throw syntaxError(operand, `timestamp out of bounds for @ modifier: ${formatFixed(timestampMs / 1000)}`);
}

/** A number or duration with a sign or without, `inf` and `nan` among them. */
export function takeSignedNumber(tokens: TokenStream, context = '', expected = ''): number {
  let sign = 1;
  if (tokens.takeSymbolIf('-')) sign = -1;
  else tokens.takeSymbolIf('+');
  const { kind } = tokens.current;
  if (kind === 'number' || kind === 'duration') return sign * takeSeconds(tokens);
  for (const [word, value] of [
    ['inf', Infinity],
    ['nan', NaN],
  ] as const)
    if (tokens.isWord(word)) {
      tokens.take();
      return sign * value;
    }
  throw tokens.unexpected(context, expected);
}

/** Seconds of the number or duration token that stands here. */
export function takeSeconds(tokens: TokenStream): number {
  const token = tokens.take();
  if (token.kind === 'duration') {
    const valueMs = parseDurationMs(token.text);
    if (valueMs === undefined) throw syntaxError(tokens.positionOf(token), durationFaultOf(token));
    return valueMs / 1000;
  }
  const value = parseNumber(token.text);
  if (typeof value === 'number') return value;
  throw syntaxError(
    tokens.positionOf(token),
    value === 'bad syntax'
      ? `bad number or duration syntax: ${quoteGo(token.text)}`
      : `error parsing number: strconv.ParseFloat: parsing ${quoteGo(token.text)}: ${value}`,
  );
}

function durationFaultOf({ text }: Token): string {
  const unit = /[shdwy]s/.exec(text)?.[0];
  if (unit !== undefined) return `unknown unit ${quoteGo(unit)} in duration ${quoteGo(text)}`;
  return `not a valid duration string: ${quoteGo(text)}`;
}

/** Go's `%f`. */
function formatFixed(value: number): string {
  if (value === Infinity) return '+Inf';
  return Number.isFinite(value) ? value.toFixed(6) : String(value).replace('Infinity', 'Inf');
}
