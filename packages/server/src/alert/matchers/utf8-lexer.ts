import { unquoteGoBytes } from '@vedette/gotemplate';
import { InputError } from '@vedette/model';
import { RESERVED } from './matcher.ts';

export type TokenKind = '{' | '}' | ',' | '=' | '!=' | '=~' | '!~' | 'quoted' | 'unquoted' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the input, quotes included. */
  readonly text: string;
  /** In code points, from 0; the end is exclusive. */
  readonly start: number;
  readonly end: number;
}

/** Tokens of the UTF-8 grammar of matchers, one ahead. Positions count code points, as Alertmanager's errors do. */
export class Lexer {
  readonly #chars: readonly string[];
  #at = 0;
  #next: Token | undefined;

  constructor(input: string) {
    this.#chars = Array.from(input);
  }

  /** Code points consumed so far, a peeked token included: what errors at the end of the input point at. */
  get position(): number {
    return this.#at;
  }

  peek(): Token {
    this.#next ??= this.#scan();
    return this.#next;
  }

  take(): Token {
    const token = this.peek();
    this.#next = undefined;
    return token;
  }

  #scan(): Token {
    while (/^\p{White_Space}$/u.test(this.#chars[this.#at] ?? '')) this.#at++;
    const start = this.#at;
    const char = this.#chars[start];
    if (char === undefined) return { kind: 'end', text: '', start, end: start };
    if (char === '{' || char === '}' || char === ',') return this.#token(char, 1);
    if (char === '=') return this.#chars[start + 1] === '~' ? this.#token('=~', 2) : this.#token('=', 1);
    if (char === '!') return this.#negation();
    if (char === '"') return this.#quoted();
    if (RESERVED.test(char)) throw invalid(`${start}:${start + 1}: ${char}: invalid input`);
    let end = start;
    while (end < this.#chars.length && !RESERVED.test(this.#chars[end] ?? '')) end++;
    return this.#token('unquoted', end - start);
  }

  #negation(): Token {
    const next = this.#chars[this.#at + 1];
    if (next === '=') return this.#token('!=', 2);
    if (next === '~') return this.#token('!~', 2);
    const where = `${this.#at}:${this.#at + 1}`;
    if (next === undefined) throw invalid(`${where}: unexpected end of input, expected one of '=~'`);
    throw invalid(`${where}: !: expected one of '=~'`);
  }

  #quoted(): Token {
    let end = this.#at + 1;
    while (end < this.#chars.length && this.#chars[end] !== '"') end += this.#chars[end] === '\\' ? 2 : 1;
    if (end < this.#chars.length) return this.#token('quoted', end + 1 - this.#at);
    const text = this.#chars.slice(this.#at).join('');
    throw invalid(`${this.#at}:${this.#chars.length}: ${text}: missing end "`);
  }

  #token(kind: TokenKind, length: number): Token {
    const start = this.#at;
    this.#at += length;
    return { kind, text: this.#chars.slice(start, this.#at).join(''), start, end: this.#at };
  }
}

/** What a name or value token stands for. */
export function tokenValue({ kind, text, start, end }: Token): string {
  const value = kind === 'quoted' ? unquoted(text) : text;
  if (value === undefined || !text.isWellFormed()) throw invalid(`${start}:${end}: ${text}: invalid input`);
  return value;
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `undefined` for what is no Go string in double quotes, or no UTF-8: another byte would match other labels. */
function unquoted(literal: string): string | undefined {
  const bytes = literal.includes('\n') ? undefined : unquoteGoBytes(literal);
  try {
    return bytes && DECODER.decode(bytes);
  } catch {
    return undefined;
  }
}

function invalid(message: string): InputError {
  return new InputError('VED_ALERTING_INVALID', message);
}
