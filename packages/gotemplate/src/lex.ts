/**
 * Cuts template text into tokens, on demand.
 *
 * 1. Outside of actions everything up to the next `{{` is one text token; a trim marker (`{{- `, ` -}}`)
 *    takes the white space beside it away here, so that the parser never sees it.
 * 2. Inside an action spaces are tokens, because `f .x` and `f.x` differ.
 * 3. A fault is an `error` token whose text is Go's message; the parser decides how to report it.
 *
 * Positions are indexes into the text. Delimiters are fixed: neither Prometheus nor Alertmanager change them.
 */
import { quoteGo } from './quote.ts';

export type TokenKind =
  | 'error'
  | 'eof'
  | 'text'
  | 'leftDelimiter'
  | 'rightDelimiter'
  | 'space'
  | 'string'
  | 'rawString'
  | 'charConstant'
  | 'number'
  | 'complex'
  | 'bool'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'dot'
  | 'nil'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'leftParen'
  | 'rightParen'
  | 'char'
  | 'keyword';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly index: number;
  readonly line: number;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

const ALPHANUMERIC = /[\p{L}\p{Nd}_]/u;
const WORD = /[\p{L}\p{Nd}_]*/uy;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y;
const SPACES = /[ \t\r\n]*/y;

export class Lexer {
  readonly #input: string;
  #index = 0;
  #line = 1;
  /** Where `#line` was counted up to. */
  #lineIndex = 0;
  #isInAction = false;
  #parenDepth = 0;
  #isOver = false;

  constructor(input: string) {
    this.#input = input;
  }

  /** After `error` or `eof` the answer stays `eof`. */
  next(): Token {
    if (this.#isOver) return this.#token('eof', this.#input.length, '');
    const token = this.#isInAction ? this.#insideAction() : this.#text();
    this.#isOver = token.kind === 'error' || token.kind === 'eof';
    return token;
  }

  #text(): Token {
    const start = this.#index;
    const open = this.#input.indexOf('{{', start);
    if (open < 0) {
      this.#index = this.#input.length;
      return start === this.#index
        ? this.#token('eof', start, '')
        : this.#token('text', start, this.#input.slice(start));
    }
    const body = this.#input.slice(start, open);
    const text = this.#isTrimMarkerAt(open + 2) ? withoutSpacesAtEnd(body) : body;
    this.#index = open;
    return text === '' ? this.#leftDelimiter() : this.#token('text', start, text);
  }

  #leftDelimiter(): Token {
    const start = this.#index;
    const inner = start + (this.#isTrimMarkerAt(start + 2) ? 4 : 2);
    if (this.#input.startsWith('/*', inner)) return this.#comment(inner);
    this.#index = inner;
    this.#isInAction = true;
    this.#parenDepth = 0;
    return this.#token('leftDelimiter', start, '{{');
  }

  /** A comment leaves no token: the one after it is returned. */
  #comment(start: number): Token {
    const close = this.#input.indexOf('*/', start + 2);
    if (close < 0) return this.#error(start, 'unclosed comment');
    const after = close + 2;
    const isTrimming = this.#isRightTrimAt(after);
    if (!isTrimming && !this.#input.startsWith('}}', after)) {
      return this.#error(start, 'comment ends before closing delimiter');
    }
    this.#index = after + (isTrimming ? 4 : 2);
    if (isTrimming) this.#skipSpaces();
    return this.#text();
  }

  #insideAction(): Token {
    const start = this.#index;
    const isTrimming = this.#isRightTrimAt(start);
    if (isTrimming || this.#input.startsWith('}}', start)) return this.#rightDelimiter(isTrimming);
    const char = this.#input[start];
    switch (char) {
      case undefined:
        return this.#error(start, 'unclosed action');
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        return this.#space();
      case '=':
        return this.#take('assign', 1);
      case ':':
        return this.#input[start + 1] === '=' ? this.#take('declare', 2) : this.#error(start, 'expected :=');
      case '|':
        return this.#take('pipe', 1);
      case '"':
        return this.#quoted('string', '"', 'unterminated quoted string');
      case "'":
        return this.#quoted('charConstant', "'", 'unterminated character constant');
      case '`':
        return this.#rawString();
      case '$':
        return this.#fieldOrVariable('variable');
      case '(':
        this.#parenDepth++;
        return this.#take('leftParen', 1);
      case ')':
        // One too many is for the parser to refuse.
        this.#parenDepth--;
        return this.#take('rightParen', 1);
      default:
        return this.#word(char);
    }
  }

  #word(char: string): Token {
    const start = this.#index;
    const follower = this.#input[start + 1] ?? '';
    // Go takes the end of the input after a dot for a digit, and then complains about the number.
    if (char === '.' && follower !== '' && !isDigit(follower)) return this.#fieldOrVariable('field');
    if (char === '.' || char === '+' || char === '-' || isDigit(char)) return this.#number();
    const letter = this.#letterAt(start);
    if (ALPHANUMERIC.test(letter)) return this.#identifier();
    if (letter >= ' ' && letter <= '~') return this.#take('char', 1);
    return this.#error(start, `unrecognized character in action: ${describe(letter)}`);
  }

  #rightDelimiter(isTrimming: boolean): Token {
    const start = this.#index;
    if (this.#parenDepth > 0) return this.#error(start, 'unclosed left paren');
    this.#index += isTrimming ? 4 : 2;
    if (isTrimming) this.#skipSpaces();
    this.#isInAction = false;
    return this.#token('rightDelimiter', isTrimming ? start + 2 : start, '}}');
  }

  /** The last space before `-}}` belongs to the delimiter. */
  #space(): Token {
    const start = this.#index;
    this.#skipSpaces();
    if (this.#isRightTrimAt(this.#index - 1)) this.#index--;
    return this.#token('space', start, this.#input.slice(start, this.#index));
  }

  #quoted(kind: TokenKind, quote: string, unterminated: string): Token {
    const start = this.#index;
    for (let i = start + 1; i < this.#input.length; i++) {
      const char = this.#input[i];
      if (char === quote) return this.#take(kind, i + 1 - start);
      if (char === '\\') i++;
      if (this.#input[i] === '\n') break;
    }
    return this.#error(start, unterminated);
  }

  #rawString(): Token {
    const close = this.#input.indexOf('`', this.#index + 1);
    if (close < 0) return this.#error(this.#index, 'unterminated raw quoted string');
    return this.#take('rawString', close + 1 - this.#index);
  }

  #fieldOrVariable(kind: 'field' | 'variable'): Token {
    const start = this.#index;
    const end = this.#wordEnd(start + 1);
    if (end === start + 1 && this.#isTerminatorAt(end)) return this.#take(kind === 'field' ? 'dot' : kind, 1);
    if (!this.#isTerminatorAt(end)) return this.#badCharacter(end);
    return this.#take(kind, end - start);
  }

  #identifier(): Token {
    const start = this.#index;
    const end = this.#wordEnd(start);
    if (!this.#isTerminatorAt(end)) return this.#badCharacter(end);
    const word = this.#input.slice(start, end);
    if (KEYWORDS.has(word)) return this.#take('keyword', word.length);
    if (word === 'nil') return this.#take('nil', word.length);
    return this.#take(word === 'true' || word === 'false' ? 'bool' : 'identifier', word.length);
  }

  #number(): Token {
    const start = this.#index;
    let end = this.#numberEnd(start);
    let kind: TokenKind = 'number';
    const sign = this.#input[end];
    if (!this.#isAlphanumericAt(end) && (sign === '+' || sign === '-')) {
      kind = 'complex';
      end = this.#numberEnd(end);
      if (this.#input[end - 1] !== 'i') return this.#badNumber(start, end);
    }
    if (this.#isAlphanumericAt(end)) return this.#badNumber(start, end + this.#letterAt(end).length);
    return this.#take(kind, end - start);
  }

  #badNumber(start: number, end: number): Token {
    return this.#error(start, `bad number syntax: ${quoteGo(this.#input.slice(start, end))}`);
  }

  #badCharacter(index: number): Token {
    return this.#error(this.#index, `bad character ${describe(this.#letterAt(index))}`);
  }

  #numberEnd(start: number): number {
    NUMBER.lastIndex = start;
    return start + (NUMBER.exec(this.#input)?.[0].length ?? 0);
  }

  #wordEnd(start: number): number {
    WORD.lastIndex = start;
    return start + (WORD.exec(this.#input)?.[0].length ?? 0);
  }

  #isTerminatorAt(index: number): boolean {
    const char = this.#input[index];
    return char === undefined || ' \t\r\n.,|:)('.includes(char) || this.#input.startsWith('}}', index);
  }

  #isAlphanumericAt(index: number): boolean {
    return ALPHANUMERIC.test(this.#letterAt(index));
  }

  #letterAt(index: number): string {
    const codePoint = this.#input.codePointAt(index);
    return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
  }

  /** `- ` after `{{`. */
  #isTrimMarkerAt(index: number): boolean {
    return this.#input[index] === '-' && isSpace(this.#input[index + 1]);
  }

  /** ` -}}`. */
  #isRightTrimAt(index: number): boolean {
    return isSpace(this.#input[index]) && this.#input.startsWith('-}}', index + 1);
  }

  #skipSpaces(): void {
    SPACES.lastIndex = this.#index;
    this.#index += SPACES.exec(this.#input)?.[0].length ?? 0;
  }

  #take(kind: TokenKind, length: number): Token {
    const start = this.#index;
    this.#index += length;
    return this.#token(kind, start, this.#input.slice(start, this.#index));
  }

  #error(index: number, message: string): Token {
    return this.#token('error', index, message);
  }

  /** A token's line is that of its first character. */
  #token(kind: TokenKind, index: number, text: string): Token {
    for (; this.#lineIndex < index; this.#lineIndex++) {
      if (this.#input.charCodeAt(this.#lineIndex) === 10) this.#line++;
    }
    return { kind, text, index, line: this.#line };
  }
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n';
}

/** By hand: a regular expression would begin anew at each space inside of the text. */
function withoutSpacesAtEnd(text: string): string {
  let end = text.length;
  while (isSpace(text[end - 1])) end--;
  return text.slice(0, end);
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

/** Go's `%#U`: `U+0029 ')'`. */
function describe(letter: string): string {
  const hex = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(letter) ? `U+${hex} '${letter}'` : `U+${hex}`;
}
