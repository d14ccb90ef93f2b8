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

/** Longest first, so that `<=` is not read as `<`. */
const SYMBOLS = '== != <= >= =~ </ >/ + - * / % ^ = < > ( ) { [ ] , : @'.split(' ');
const SYMBOLS_IN_BRACES = '=~ !~ != = { } ,'.split(' ');

const SPACE = /(?:[ \t\r\n]|#[^\n]*)*/y;
const IDENTIFIER = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const METRIC_IDENTIFIER = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
// Takes units such as `hs` along, so that the error is about the unit.
const DURATION = /[0-9]+[smhdwy]s?(?:[0-9]+[smhdw]s?)*/y;
const LETTERS = /[a-zA-Z_]+/y;
const DURATION_WORD = /^(?:step|range|min_of|max_of)$/i;
const DURATION_SYMBOLS = '()+-*/%^,]';
const NUMBER = /0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?/y;
const WORD_CHARACTER = /[a-zA-Z0-9_.]/;

/**
 * Cuts an expression into tokens, one on demand, so that the first error in reading order is the one
 * reported. Where it stands matters in two ways: inside braces a name has no colon, and inside
 * brackets there are only durations, their operators, and the colon between range and step.
 */
export class Lexer {
  readonly #text: string;
  #offset = 0;
  #inBraces = false;
  #inBrackets = false;
  /** Inside brackets: a number has come. Before it, what is no duration is refused in other words. */
  #hasNumber = false;
  #hasColon = false;
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
    const isNumber =
      /[0-9]/.test(character) || (character === '.' && /[0-9]/.test(this.#text[start + 1] ?? ''));
    if (isNumber && !this.#inBraces) return this.#number(start);
    if (this.#inBrackets) return this.#insideBrackets(start, character);
    if (character === '"' || character === "'" || character === '`') return this.#string(start, character);
    const word = this.#matchAt(this.#inBraces ? IDENTIFIER : METRIC_IDENTIFIER, start);
    if (word !== undefined) return this.#take('identifier', word);
    return this.#symbol(start, character);
  }

  /** Whether this character comes next, blanks aside. */
  isNext(character: string): boolean {
    SPACE.lastIndex = this.#offset;
    return this.#text[this.#offset + (SPACE.exec(this.#text)?.[0].length ?? 0)] === character;
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

  #insideBrackets(start: number, character: string): Token {
    const word = this.#matchAt(LETTERS, start);
    if (word !== undefined && DURATION_WORD.test(word)) return this.#take('identifier', word);
    if (character === ':') return this.#colon(start);
    if (!this.#hasNumber && !DURATION_SYMBOLS.includes(character))
      throw this.#error(
        start,
        `unexpected character in duration expression: ${quoteCharacter(this.#text, start)}`,
      );
    if (word !== undefined)
      throw this.#error(start, `unexpected character: ${quoteCharacter(this.#text, start)}, expected ':'`);
    if (character === '"' || character === "'" || character === '`') return this.#string(start, character);
    return this.#symbol(start, character);
  }

  #colon(start: number): Token {
    if (this.#hasColon)
      throw this.#error(
        start,
        this.#hasNumber ? "unexpected colon ':'" : 'unexpected repeated colon in duration expression',
      );
    this.#hasColon = true;
    return this.#take('symbol', ':');
  }

  #atEnd(start: number): Token {
    if (this.#inBraces) throw this.#error(start, 'unexpected end of input inside braces');
    if (this.#inBrackets && !this.#hasNumber)
      throw this.#error(start, 'unexpected end of input in duration expression');
    if (this.#parenDepth > 0) throw this.#error(start, 'unclosed left parenthesis');
    if (this.#inBrackets) throw this.#error(start, 'unclosed left bracket');
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
    this.#hasNumber = true;
    const duration = this.#matchAt(DURATION, start);
    if (duration !== undefined && !this.#isWordAt(start + duration.length))
      return this.#take('duration', duration);
    const number = this.#matchAt(NUMBER, start) ?? '';
    if (number !== '' && !this.#isWordAt(start + number.length)) return this.#take('number', number);
    // Prometheus shows what it had read: a duration with the character that spoils it, or a number without.
    const bad = duration === undefined ? number : this.#text.slice(start, start + duration.length + 1);
    throw this.#error(start, `bad number or duration syntax: ${quoteGo(bad)}`);
  }

  #symbol(start: number, character: string): Token {
    const where = this.#inBraces ? ' inside braces' : '';
    const symbols = this.#inBraces ? SYMBOLS_IN_BRACES : SYMBOLS;
    const symbol = symbols.find((candidate) => this.#text.startsWith(candidate, start));
    if (symbol === undefined && character === '!')
      throw this.#error(
        start,
        `unexpected character after '!'${where}: ${quoteCharacter(this.#text, start + 1)}`,
      );
    if (symbol === undefined)
      throw this.#error(start, `unexpected character${where}: ${quoteCharacter(this.#text, start)}`);
    if (symbol === '=~' && !this.#inBraces) throw this.#error(start, "unexpected character after '=': '~'");
    this.#track(start, character);
    return this.#take('symbol', symbol);
  }

  #track(start: number, character: string): void {
    if (character === '{') {
      if (this.#inBraces) throw this.#error(start, "unexpected left brace '{'");
      this.#inBraces = true;
    }
    if (character === '}') this.#inBraces = false;
    if (character === '[') {
      if (this.#inBrackets) throw this.#error(start, "unexpected left bracket '['");
      this.#inBrackets = true;
      this.#hasNumber = false;
      this.#hasColon = false;
    }
    if (character === ']') {
      if (!this.#inBrackets) throw this.#error(start, "unexpected right bracket ']'");
      this.#inBrackets = false;
    }
    if (character === '(') this.#parenDepth++;
    if (character === ')' && --this.#parenDepth < 0)
      throw this.#error(start + 1, "unexpected right parenthesis ')'");
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
  const character = String.fromCodePoint(code);
  if (character === '"') return `'"'`;
  return character === "'" ? String.raw`'\''` : `'${quoteGo(character).slice(1, -1)}'`;
}
