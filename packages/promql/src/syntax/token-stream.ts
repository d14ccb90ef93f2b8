import { AGGREGATION_OPS, type Position } from './ast.ts';
import { quoteGo } from './go-quote.ts';
import { Lexer, type Token } from './lexer.ts';
import { syntaxError } from './syntax-error.ts';

const OPERATORS: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '=~',
  '!~',
  '</',
  '>/',
  'and',
  'or',
  'unless',
  'atan2',
]);
const KEYWORDS: ReadonlySet<string> = new Set([
  'offset',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'bool',
  'fill',
  'fill_left',
  'fill_right',
  'anchored',
  'smoothed',
]);

const AGGREGATIONS: ReadonlySet<string> = new Set(AGGREGATION_OPS);
/** Words of the language that Prometheus quotes like a symbol. */
const QUOTED_WORDS: ReadonlySet<string> = new Set(['start', 'end', 'step', 'range', 'min_of', 'max_of']);

/** Tokens with one token of look-ahead, and the errors about a token that should not stand here. */
export class TokenStream {
  readonly #lexer: Lexer;
  #current: Token;
  #previousEnd = 0;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
    this.#current = this.#lexer.next();
  }

  get current(): Token {
    return this.#current;
  }

  get isAtEnd(): boolean {
    return this.#current.kind === 'end';
  }

  take(): Token {
    const taken = this.#current;
    this.#previousEnd = taken.end;
    if (taken.kind !== 'end') this.#current = this.#lexer.next();
    return taken;
  }

  isSymbol(text: string): boolean {
    return this.#current.kind === 'symbol' && this.#current.text === text;
  }

  /** Whether the current token is this word, in any case of letters. */
  isWord(word: string): boolean {
    return this.#current.kind === 'identifier' && this.#current.text.toLowerCase() === word;
  }

  /** Whether the current token is this word with an opening bracket behind it. */
  isCalledWord(word: string): boolean {
    return this.isWord(word) && this.#lexer.isNext('(');
  }

  takeSymbolIf(text: string): boolean {
    if (!this.isSymbol(text)) return false;
    this.take();
    return true;
  }

  expectSymbol(text: string, context: string): Token {
    if (!this.isSymbol(text)) throw this.unexpected(context, quoteGo(text));
    return this.take();
  }

  /** The span from `start` to the end of the token taken last. */
  positionFrom(start: number): Position {
    return this.#lexer.positionOf(start, Math.max(start, this.#previousEnd));
  }

  positionOf(token: Token): Position {
    return this.#lexer.positionOf(token.start, token.end);
  }

  /** An error about the current token, in upstream's words. */
  unexpected(context = '', expected = ''): Error {
    const tail = `${context === '' ? '' : ` in ${context}`}${expected === '' ? '' : `, expected ${expected}`}`;
    return syntaxError(this.positionOf(this.#current), `unexpected ${describeToken(this.#current)}${tail}`);
  }
}

function describeToken({ kind, text }: Token): string {
  const word = text.toLowerCase();
  if (kind === 'end') return 'end of input';
  if (OPERATORS.has(word)) return `<op:${text}>`;
  if (kind === 'symbol') return quoteGo(text);
  if (kind === 'identifier' && KEYWORDS.has(word)) return `<${text}>`;
  if (kind === 'identifier' && AGGREGATIONS.has(word)) return `<aggr:${text}>`;
  if (kind === 'identifier' && QUOTED_WORDS.has(word)) return quoteGo(text);
  if (kind === 'identifier') return `identifier ${quoteGo(text)}`;
  return `${kind} ${text.length > 10 ? `${quoteGo(text.slice(0, 10))}...` : quoteGo(text)}`;
}
