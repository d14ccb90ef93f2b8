import { parseDurationMs } from '@vedette/model';
import type { AtModifier } from './ast.ts';
import { parseNumber } from './numbers.ts';
import { syntaxError, unsupportedError } from './syntax-error.ts';
import type { TokenStream } from './token-stream.ts';

/** Durations and times inside an expression. A number alone means seconds: `[300]` is `[5m]`. */

/** Go's time.Duration holds about 292 years; upstream refuses more. */
const DURATION_SECONDS_MAX = 2 ** 63 / 1e9;

/** The range or step between brackets, above zero. */
export function parseRangeMs(tokens: TokenStream, context: string): number {
  const token = tokens.current;
  if (token.kind !== 'number' && token.kind !== 'duration') {
    if (token.kind === 'end' || tokens.isSymbol(']') || tokens.isSymbol(':') || token.kind === 'string')
      throw tokens.unexpected(context, 'number, duration, step(), or range()');
    throw unsupportedError(tokens.positionOf(token), 'a duration expression');
  }
  const seconds = takeSeconds(tokens);
  if (!tokens.isSymbol(']') && !tokens.isSymbol(':')) refuseArithmetic(tokens, context);
  if (seconds <= 0) throw syntaxError(tokens.positionOf(token), 'duration must be greater than 0');
  return toDurationMs(tokens, seconds, token.start);
}

/** What follows `offset`: a signed number or duration. */
export function parseOffsetMs(tokens: TokenStream): number {
  const start = tokens.current.start;
  if (tokens.isSymbol('('))
    throw unsupportedError(tokens.positionOf(tokens.current), 'a duration expression');
  const sign = takeSign(tokens);
  const { kind, text } = tokens.current;
  if (kind === 'identifier' && ['step', 'range', 'min_of', 'max_of'].includes(text.toLowerCase()))
    throw unsupportedError(tokens.positionOf(tokens.current), 'a duration expression');
  if (kind !== 'number' && kind !== 'duration')
    throw tokens.unexpected('offset', 'number, duration, step(), or range()');
  return sign * toDurationMs(tokens, takeSeconds(tokens), start);
}

/** What follows `@`: a signed number of seconds, `start()` or `end()`. */
export function parseAt(tokens: TokenStream): AtModifier {
  const first = tokens.current;
  if (first.kind === 'identifier') {
    const word = first.text.toLowerCase();
    if (word === 'start' || word === 'end') {
      tokens.take();
      tokens.expectSymbol('(', '@ modifier');
      tokens.expectSymbol(')', '@ modifier');
      return { kind: word };
    }
    if (word !== 'inf' && word !== 'nan') throw tokens.unexpected('@ modifier', 'timestamp');
    throw syntaxError(tokens.positionOf(first), 'timestamp out of bounds for @ modifier: ' + first.text);
  }
  const sign = takeSign(tokens);
  if (tokens.current.kind !== 'number' && tokens.current.kind !== 'duration')
    throw tokens.unexpected('@ modifier', 'timestamp');
  const timestampMs = Math.round(sign * takeSeconds(tokens) * 1000);
  if (!Number.isSafeInteger(timestampMs))
    throw syntaxError(tokens.positionOf(first), `timestamp out of bounds for @ modifier: ${first.text}`);
  return { kind: 'time', timestampMs };
}

/** Seconds of the number or duration token that stands here. */
export function takeSeconds(tokens: TokenStream): number {
  const token = tokens.take();
  const seconds = token.kind === 'duration' ? durationSeconds(token.text) : parseNumber(token.text);
  if (seconds === undefined)
    throw syntaxError(
      tokens.positionOf(token),
      token.kind === 'duration'
        ? `not a valid duration string: "${token.text}"`
        : `bad number or duration syntax: "${token.text}"`,
    );
  return seconds;
}

function durationSeconds(text: string): number | undefined {
  const durationMs = parseDurationMs(text);
  return durationMs === undefined ? undefined : durationMs / 1000;
}

function toDurationMs(tokens: TokenStream, seconds: number, start: number): number {
  if (!(seconds < DURATION_SECONDS_MAX))
    throw syntaxError(tokens.positionFrom(start), 'duration out of range');
  return Math.round(seconds * 1000);
}

function takeSign(tokens: TokenStream): number {
  if (tokens.takeSymbolIf('-')) return -1;
  tokens.takeSymbolIf('+');
  return 1;
}

function refuseArithmetic(tokens: TokenStream, context: string): never {
  if (['+', '-', '*', '/', '%', '^'].some((op) => tokens.isSymbol(op)))
    throw unsupportedError(tokens.positionOf(tokens.current), 'a duration expression');
  throw tokens.unexpected(context, '":" or "]"');
}
