/**
 * The UTF-8 grammar of matchers (Alertmanager from 0.27): names and values are words without reserved
 * characters, or Go string literals; braces come in pairs or not at all; nothing is guessed.
 *
 *     list    = [ "{" ] [ matcher { "," matcher } [ "," ] ] [ "}" ]
 *     matcher = text ( "=" | "!=" | "=~" | "!~" ) text
 *
 * Error texts are Alertmanager's: `0:8: end of input: expected close brace`.
 */
import { InputError, type Matcher } from '@vedette/model';
import { createAlertMatcher } from './matcher.ts';
import { Lexer, tokenValue, type Token, type TokenKind } from './utf8-lexer.ts';

/** Throws `InputError` (VED_ALERTING_INVALID; VED_QUERY_INVALID for a regular expression). */
export function parseUtf8Matchers(input: string): Matcher[] {
  const lexer = new Lexer(input);
  const matchers: Matcher[] = [];
  if (lexer.peek().kind === 'end') return matchers;
  const isOpened = lexer.peek().kind === '{';
  if (isOpened) lexer.take();
  for (let next = lexer.peek(); next.kind !== 'end' && next.kind !== '}'; next = lexer.peek()) {
    matchers.push(parseOne(lexer));
    const after = lexer.peek();
    if (after.kind === 'end' || after.kind === '}') break;
    expect(lexer, [','], 'expected a comma or close brace');
    const following = lexer.peek().kind;
    if (following !== 'end')
      peekOneOf(lexer, ['}', ...TEXT], 'expected a matcher or close brace after comma');
  }
  closeBrace(lexer, isOpened);
  return matchers;
}

const TEXT = ['unquoted', 'quoted'] as const;
const OPERATORS = ['=', '!=', '=~', '!~'] as const;

function parseOne(lexer: Lexer): Matcher {
  const name = tokenValue(expect(lexer, TEXT, 'expected label name'));
  const op = expect(lexer, OPERATORS, "expected an operator such as '=', '!=', '=~' or '!~'").kind;
  const value = tokenValue(expect(lexer, TEXT, 'expected label value'));
  return createAlertMatcher(name, op, value);
}

function closeBrace(lexer: Lexer, isOpened: boolean): void {
  const isClosed = lexer.peek().kind === '}';
  if (isClosed) lexer.take();
  if (isOpened && !isClosed) throw invalid(`0:${lexer.position}: end of input: expected close brace`);
  if (!isOpened && isClosed) throw invalid(`0:${lexer.position}: }: expected opening brace`);
  const rest = lexer.peek();
  if (rest.kind !== 'end') throw invalid(`${rest.start}:${rest.end}: ${rest.text}: expected end of input`);
}

function expect<K extends TokenKind>(
  lexer: Lexer,
  kinds: readonly K[],
  want: string,
): Token & { readonly kind: K } {
  const token = peekOneOf(lexer, kinds, want);
  lexer.take();
  return token;
}

function peekOneOf<K extends TokenKind>(
  lexer: Lexer,
  kinds: readonly K[],
  want: string,
): Token & { readonly kind: K } {
  const token = lexer.peek();
  if (isOneOf(token, kinds)) return token;
  if (token.kind === 'end') throw invalid(`end of input: ${want}`);
  throw invalid(`${token.start}:${token.end}: unexpected ${token.text}: ${want}`);
}

function isOneOf<K extends TokenKind>(
  token: Token,
  kinds: readonly K[],
): token is Token & { readonly kind: K } {
  return (kinds as readonly TokenKind[]).includes(token.kind);
}

function invalid(message: string): InputError {
  return new InputError('VED_ALERTING_INVALID', message);
}
