/** The lexer with look-ahead, and the parser's ways to fail: both halves of the parser stand on it. */
import { Lexer, type Token, type TokenKind } from './lex.ts';
import { placeOf } from './place.ts';
import { quoteGo, unquoteGo } from './quote.ts';
import { TemplateError } from './template-error.ts';

export class TokenStream {
  readonly #name: string;
  readonly #text: string;
  readonly #lexer: Lexer;
  /** Tokens read ahead; the last one comes next. */
  readonly #pushed: Token[] = [];
  #latest: Token = { kind: 'eof', text: '', index: 0, line: 1 };
  /** Line of the `{{` of the action being parsed; 0 outside. */
  actionLine = 0;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
    this.#lexer = new Lexer(text);
  }

  next(): Token {
    const pushed = this.#pushed.pop();
    if (pushed !== undefined) return pushed;
    this.#latest = this.#lexer.next();
    return this.#latest;
  }

  push(token: Token): void {
    this.#pushed.push(token);
  }

  peek(): Token {
    const token = this.next();
    this.push(token);
    return token;
  }

  nextNonSpace(): Token {
    let token = this.next();
    while (token.kind === 'space') token = this.next();
    return token;
  }

  peekNonSpace(): Token {
    const token = this.nextNonSpace();
    this.push(token);
    return token;
  }

  expect(kind: TokenKind, context: string): Token {
    const token = this.nextNonSpace();
    return token.kind === kind ? token : this.unexpected(token, context);
  }

  unquote(token: Token): string {
    return unquoteGo(token.text) ?? this.fail('invalid syntax');
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') return this.fail(`unexpected ${tokenText(token)} in ${context}`);
    if (this.actionLine === 0 || this.actionLine === token.line) return this.fail(token.text);
    const where = ` in action started at ${this.#name}:${this.actionLine}`;
    return this.fail(token.text + (token.text.endsWith(' action') ? where.replace(' in action', '') : where));
  }

  /** Fails at the token that was read last, ahead or not: that is the line Go prints. */
  fail(message: string): never {
    return this.#throw('parse', message);
  }

  failLimit(message: string): never {
    return this.#throw('limit', message);
  }

  #throw(reason: 'parse' | 'limit', message: string): never {
    const { column } = placeOf(this.#text, this.#latest.index);
    const line = this.#latest.line;
    const place = { templateName: this.#name, line, column };
    throw new TemplateError(reason, `template: ${this.#name}:${line}: ${message}`, place);
  }
}

function tokenText(token: Token): string {
  if (token.kind === 'eof') return 'EOF';
  if (token.kind === 'keyword' || token.kind === 'dot' || token.kind === 'nil') return `<${token.text}>`;
  const letters = Array.from(token.text);
  return letters.length > 10 ? `${quoteGo(letters.slice(0, 10).join(''))}...` : quoteGo(token.text);
}
