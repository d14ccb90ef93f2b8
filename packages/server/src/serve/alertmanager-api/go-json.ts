/**
 * JSON bodies as Go's decoder takes them: the first value counts, whatever follows it; and what is wrong with one is
 * told in the decoder's words, since people look them up and tests of clients compare them. What JavaScript can parse
 * is not looked at twice; only for the rest a scanner finds the place and the words.
 */
import { quote } from '../prometheus-api/go-text.ts';

/** `undefined` for a body without a value. Throws `SyntaxError` with the words of Go's `encoding/json`. */
export function parseGoJson(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The scanner goes by bytes, as Go does.
    const bytes = Buffer.from(body).toString('latin1');
    const end = new Scanner(bytes).scanValue();
    return end === undefined
      ? undefined
      : (JSON.parse(Buffer.from(body.subarray(0, end)).toString('utf8')) as unknown);
  }
}

/** Go refuses deeper nesting; our scanner keeps its own stack, so the limit is a matter of words alone. */
const GO_DEPTH_MAX = 10_000;

const SPACE = new Set([' ', '\t', '\r', '\n']);

/** What may come next. */
type Expected = 'value' | 'first-element' | 'first-key' | 'key' | 'colon' | 'after-pair' | 'after-element';

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the first value ends; `undefined` when there is none. Throws `SyntaxError`. */
  scanValue(): number | undefined {
    const open: ('{' | '[')[] = [];
    let expected: Expected = 'value';
    for (;;) {
      while (SPACE.has(this.#text[this.#at] ?? '')) this.#at++;
      const char = this.#text[this.#at];
      if (char === undefined && open.length === 0) return undefined;
      if (char === undefined) throw new SyntaxError('unexpected EOF');
      const next = this.#step(char, expected, open);
      if (next === undefined) return this.#at;
      expected = next;
    }
  }

  /** Takes one token; `undefined` when the value is whole. */
  #step(char: string, expected: Expected, open: ('{' | '[')[]): Expected | undefined {
    switch (expected) {
      case 'first-key':
        if (char === '}') return this.#close(open);
        return this.#key(char);
      case 'key':
        return this.#key(char);
      case 'colon':
        if (char !== ':') throw this.#fault('after object key');
        this.#at++;
        return 'value';
      case 'after-pair':
        return this.#separator(char, open, { end: '}', next: 'key', fault: 'after object key:value pair' });
      case 'after-element':
        return this.#separator(char, open, { end: ']', next: 'value', fault: 'after array element' });
      case 'first-element':
        if (char === ']') return this.#close(open);
        return this.#value(char, open);
      case 'value':
        return this.#value(char, open);
    }
  }

  #key(char: string): Expected {
    if (char !== '"') throw this.#fault('looking for beginning of object key string');
    this.#string();
    return 'colon';
  }

  #separator(
    char: string,
    open: ('{' | '[')[],
    { end, next, fault }: { readonly end: string; readonly next: Expected; readonly fault: string },
  ): Expected | undefined {
    if (char === end) return this.#close(open);
    if (char !== ',') throw this.#fault(fault);
    this.#at++;
    return next;
  }

  #close(open: ('{' | '[')[]): Expected | undefined {
    open.pop();
    this.#at++;
    return afterValue(open);
  }

  #value(char: string, open: ('{' | '[')[]): Expected | undefined {
    if (char === '{' || char === '[') {
      open.push(char);
      if (open.length > GO_DEPTH_MAX) throw new SyntaxError('exceeded max depth');
      this.#at++;
      return char === '{' ? 'first-key' : 'first-element';
    }
    if (char === '"') this.#string();
    else if (char === '-' || isDigit(char)) this.#number();
    else if (char === 't') this.#literal('true');
    else if (char === 'f') this.#literal('false');
    else if (char === 'n') this.#literal('null');
    else throw this.#fault('looking for beginning of value');
    return afterValue(open);
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const char = this.#charOrEnd();
      if (char < ' ') throw this.#fault('in string literal');
      this.#at++;
      if (char === '"') return;
      if (char !== '\\') continue;
      const escaped = this.#charOrEnd();
      if (!'bfnrt\\/"u'.includes(escaped)) throw this.#fault('in string escape code');
      this.#at++;
      if (escaped !== 'u') continue;
      for (let i = 0; i < 4; i++) {
        if (!/[0-9a-fA-F]/.test(this.#charOrEnd())) throw this.#fault('in \\u hexadecimal character escape');
        this.#at++;
      }
    }
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#charOrEnd() === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (!/[eE]/.test(this.#text[this.#at] ?? '')) return;
    this.#at++;
    if (/[+-]/.test(this.#charOrEnd())) this.#at++;
    this.#digits('in exponent of numeric literal');
  }

  #digits(fault: string): void {
    if (!isDigit(this.#charOrEnd())) throw this.#fault(fault);
    while (isDigit(this.#text[this.#at] ?? '')) this.#at++;
  }

  #literal(word: string): void {
    for (const char of word) {
      if (this.#charOrEnd() !== char) throw this.#fault(`in literal ${word} (expecting '${char}')`);
      this.#at++;
    }
  }

  #charOrEnd(): string {
    const char = this.#text[this.#at];
    if (char === undefined) throw new SyntaxError('unexpected EOF');
    return char;
  }

  #fault(context: string): SyntaxError {
    return new SyntaxError(`invalid character ${quotedChar(this.#text[this.#at] ?? '')} ${context}`);
  }
}

function afterValue(open: readonly ('{' | '[')[]): Expected | undefined {
  const inner = open.at(-1);
  if (inner === undefined) return undefined;
  return inner === '{' ? 'after-pair' : 'after-element';
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9' && char.length === 1;
}

function quotedChar(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  return `'${quote(char).slice(1, -1)}'`;
}
