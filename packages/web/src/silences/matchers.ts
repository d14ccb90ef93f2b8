import type { MatcherOp } from '@vedette/model';

/**
 * Conditions on labels as people write them and links carry them: `{alertname="X", instance=~"web-.*"}`.
 *
 * Reading is lenient where nothing can be mistaken: braces may be left out, a line end is as good as a comma,
 * words need no quotes. Names without quotes may hold anything up to the operator, since the links of messages
 * write names as they are. In quotes stand the escapes of Go, which is what templates write (`printf "%q"`).
 * Whether a regular expression is one is the server's to say: RE2 is not JavaScript's.
 */
export interface MatcherDraft {
  readonly name: string;
  readonly op: MatcherOp;
  readonly value: string;
}

export const MATCHER_OPS = ['=', '!=', '=~', '!~'] as const satisfies readonly MatcherOp[];

/** What was not found where it had to be. */
export type MatcherFault = 'name' | 'operator' | 'value' | 'quote' | 'escape' | 'comma' | 'brace';

export type ReadMatchers =
  | { readonly kind: 'matchers'; readonly matchers: readonly MatcherDraft[] }
  /** `column` counts from 1. */
  | { readonly kind: 'fault'; readonly fault: MatcherFault; readonly column: number };

export function parseMatchers(text: string): ReadMatchers {
  const reader = new Reader(text);
  try {
    return { kind: 'matchers', matchers: reader.matchers() };
  } catch (error) {
    if (error instanceof ReadFault) return { kind: 'fault', fault: error.fault, column: error.column };
    throw error;
  }
}

/** `{alertname="X", instance=~"web-.*"}`; `parseMatchers` reads it back, and so does Alertmanager. */
export function formatMatchers(matchers: readonly MatcherDraft[]): string {
  return `{${matchers.map(formatMatcher).join(', ')}}`;
}

export function formatMatcher({ name, op, value }: MatcherDraft): string {
  return `${/^[^\s{}!=~,\\"'`]+$/.test(name) ? name : quoted(name)}${op}${quoted(value)}`;
}

/** What takes exactly the alerts with these labels, the name first. */
export function matchersOfLabels(labels: Readonly<Record<string, string>>): MatcherDraft[] {
  return Object.keys(labels)
    .sort((a, b) => Number(b === 'alertname') - Number(a === 'alertname') || (a < b ? -1 : 1))
    .map((name) => ({ name, op: '=', value: labels[name] ?? '' }));
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

class ReadFault extends Error {
  readonly fault: MatcherFault;
  readonly column: number;

  constructor(fault: MatcherFault, column: number) {
    super(fault);
    this.fault = fault;
    this.column = column;
  }
}

class Reader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  matchers(): MatcherDraft[] {
    this.#take(/\s*/y);
    const isOpened = this.#take(/\{/y) !== '';
    const matchers: MatcherDraft[] = [];
    this.#take(/\s*/y);
    while (!this.#isAt(/\}|$/y)) {
      matchers.push(this.#matcher());
      const separator = this.#take(/[^\S\n]*(?:,|\n)?\s*/y);
      if (!/[,\n]/.test(separator) && !this.#isAt(/\}|$/y)) this.#fail('comma');
    }
    if (this.#isAt(/\}/y) !== isOpened) this.#fail('brace');
    this.#take(/\}?\s*/y);
    if (!this.#isAt(/$/y)) this.#fail('brace');
    return matchers;
  }

  #matcher(): MatcherDraft {
    const name = this.#isAt(/"/y) ? this.#quoted() : this.#take(/[^={}!~,"\n]*/y).trim();
    if (name === '') this.#fail('name');
    this.#take(/[^\S\n]*/y);
    const found = this.#take(/=~|!~|!=|=/y);
    const op = MATCHER_OPS.find((known) => known === found);
    if (op === undefined) return this.#fail('operator');
    this.#take(/[^\S\n]*/y);
    if (this.#isAt(/"/y)) return { name, op, value: this.#quoted() };
    const value = this.#take(/[^\s,{}"]+/y);
    if (value === '') this.#fail('value');
    return { name, op, value };
  }

  /** A Go string literal. `\x` and octal escapes are bytes of UTF-8, so that all is collected as bytes. */
  #quoted(): string {
    const start = this.#position;
    const bytes: number[] = [];
    this.#take(/"/y);
    while (!this.#isAt(/"/y)) {
      bytes.push(...new TextEncoder().encode(this.#take(/[^"\\]*/y)));
      if (this.#isAt(/\\/y)) bytes.push(...this.#escape());
      else if (!this.#isAt(/"/y)) this.#fail('quote', start);
    }
    this.#take(/"/y);
    return new TextDecoder().decode(new Uint8Array(bytes));
  }

  #escape(): Iterable<number> {
    const start = this.#position;
    const text = this.#take(
      /\\(?:x[\da-fA-F]{2}|[0-3][0-7]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[abfnrtv\\"'])/y,
    );
    const body = text.slice(1);
    const simple = ESCAPES[body];
    if (simple !== undefined) return new TextEncoder().encode(simple);
    if (/^[0-3]/.test(body)) return [Number.parseInt(body, 8)];
    const code = Number.parseInt(body.slice(1), 16);
    if (body.startsWith('x')) return [code];
    if (!(code <= 0x10ffff)) return this.#fail('escape', start);
    return new TextEncoder().encode(String.fromCodePoint(code));
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const text = pattern.exec(this.#text)?.[0] ?? '';
    this.#position += text.length;
    return text;
  }

  #isAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.#position;
    return pattern.test(this.#text);
  }

  #fail(fault: MatcherFault, position = this.#position): never {
    throw new ReadFault(fault, position + 1);
  }
}
