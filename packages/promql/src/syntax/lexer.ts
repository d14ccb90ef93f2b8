import type { Position } from './ast.ts';
import { quoteGo } from './go-quote.ts';
import { syntaxError } from './syntax-error.ts';

export type TokenKind = 'end' | 'identifier' | 'number' | 'duration' | 'string' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** As written; a string with its quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Longest first, so that `<=` is not read as `<`. `</` and `>/` cut histograms and are refused by the parser. */
const SYMBOLS = '== != <= >= =~ !~ </ >/ + - * / % ^ = < > ( ) { } [ ] , : @'.split(' ');

const SPACE = /(?:[ \t\r\n]|#[^\n]*)*/y;
const IDENTIFIER = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const METRIC_IDENTIFIER = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const DURATION = /(?:[0-9]+(?:ms|[smhdwy]))+/y;
const NUMBER = /0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?/y;
const WORD = /[a-zA-Z0-9_.]*/y;
const WORD_CHARACTER = /[a-zA-Z0-9_.]/;

/**
 * Cuts an expression into tokens, one on demand, so that the first error in reading order is the one
 * reported. Where it stands matters in two ways: inside braces a name has no colon, and inside
 * brackets a colon separates range and step.
 */
export class Lexer {
  readonly #text: string;
  #offset = 0;
  #inBraces = false;
  #inBrackets = false;
  #parenDepth = 0;
  #lineStarts: readonly number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    SPACE.lastIndex = this.#offset;
    this.#offset += SPACE.exec(this.#text)?.[0].length ?? 0;
    const start = this.#offset;
    const character = this.#text[start];
    if (character === undefined) return this.#atEnd(start);
    if (character === '"' || character === "'" || character === '`') return this.#string(start, character);
    if (/[0-9]/.test(character) || (character === '.' && /[0-9]/.test(this.#text[start + 1] ?? '')))
      return this.#number(start);
    const word = this.#matchAt(this.#allowsColon() ? METRIC_IDENTIFIER : IDENTIFIER, start);
    if (word !== undefined) return this.#take('identifier', word);
    return this.#symbol(start, character);
  }

  /** Where the text from `start` to `end` stands. */
  positionOf(start: number, end: number): Position {
    const lineStarts = (this.#lineStarts ??= lineStartsOf(this.#text));
    let line = 0;
    let after = lineStarts.length;
    while (after - line > 1) {
      const middle = (line + after) >> 1;
      if ((lineStarts[middle] ?? 0) <= start) line = middle;
      else after = middle;
    }
    return { start, end, line: line + 1, column: start - (lineStarts[line] ?? 0) + 1 };
  }

  #allowsColon(): boolean {
    return !this.#inBraces && !this.#inBrackets;
  }

  #atEnd(start: number): Token {
    if (this.#inBraces) throw this.#error(start, 'unexpected end of input inside braces');
    if (this.#parenDepth > 0) throw this.#error(start, 'unclosed left parenthesis');
    if (this.#inBrackets) throw this.#error(start, 'unexpected end of input in brackets');
    return { kind: 'end', text: '', start, end: start };
  }

  #string(start: number, quote: string): Token {
    for (let i = start + 1; i < this.#text.length; i++) {
      const character = this.#text[i];
      if (character === quote) return this.#take('string', this.#text.slice(start, i + 1));
      if (quote === '`') continue;
      if (character === '\n') break;
      if (character === '\\') i++;
    }
    throw this.#error(start, `unterminated ${quote === '`' ? 'raw' : 'quoted'} string`);
  }

  #number(start: number): Token {
    const duration = this.#matchAt(DURATION, start);
    if (duration !== undefined && !this.#isWordAt(start + duration.length))
      return this.#take('duration', duration);
    const number = this.#matchAt(NUMBER, start) ?? '';
    if (number !== '' && !this.#isWordAt(start + number.length)) return this.#take('number', number);
    const bad = this.#matchAt(WORD, start) ?? '';
    throw this.#error(start, `bad number or duration syntax: ${quoteGo(bad)}`);
  }

  #symbol(start: number, character: string): Token {
    const symbol = SYMBOLS.find((candidate) => this.#text.startsWith(candidate, start));
    if (symbol === undefined) {
      const where = this.#inBraces ? ' inside braces' : '';
      throw this.#error(start, `unexpected character${where}: ${quoteCharacter(this.#text, start)}`);
    }
    if (symbol === '=' && !this.#inBraces)
      throw this.#error(start, `unexpected character after '=': ${quoteCharacter(this.#text, start + 1)}`);
    this.#track(start, character);
    return this.#take('symbol', symbol);
  }

  #track(start: number, character: string): void {
    if (character === '{') this.#inBraces = true;
    if (character === '}') {
      if (!this.#inBraces) throw this.#error(start, "unexpected right brace '}'");
      this.#inBraces = false;
    }
    if (character === '[') {
      if (this.#inBrackets) throw this.#error(start, "unexpected left bracket '['");
      this.#inBrackets = true;
    }
    if (character === ']') {
      if (!this.#inBrackets) throw this.#error(start, "unexpected right bracket ']'");
      this.#inBrackets = false;
    }
    if (character === '(') this.#parenDepth++;
    if (character === ')' && --this.#parenDepth < 0)
      throw this.#error(start, "unexpected right parenthesis ')'");
  }

  #matchAt(pattern: RegExp, start: number): string | undefined {
    pattern.lastIndex = start;
    return pattern.exec(this.#text)?.[0];
  }

  #isWordAt(offset: number): boolean {
    return WORD_CHARACTER.test(this.#text[offset] ?? '');
  }

  #take(kind: TokenKind, text: string): Token {
    const start = this.#offset;
    this.#offset += text.length;
    return { kind, text, start, end: this.#offset };
  }

  #error(start: number, reason: string): Error {
    return syntaxError(this.positionOf(start, start), reason);
  }
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

function quoteCharacter(text: string, start: number): string {
  const code = text.codePointAt(start);
  if (code === undefined) return "'\\x00'";
  return `'${quoteGo(String.fromCodePoint(code)).slice(1, -1)}'`;
}
