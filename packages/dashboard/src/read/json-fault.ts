/** Where a text stops being JSON, and what could have stood there. */
export interface JsonFault {
  /** In UTF-16 units from 0; the length of the text when it ends too early. */
  readonly offset: number;
  readonly want: string;
}

/**
 * Finds the first fault of a text that `JSON.parse` refused. The engines' own messages differ and most of them name
 * no place. It walks the tokens with a stack of open brackets instead of calling itself, so that ten thousand
 * of them are no matter; `undefined` when it finds nothing.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = [];
  let state: State = 'value';
  let offset = skipSpace(text, 0);
  while (offset < text.length || state !== 'end') {
    const token = offset < text.length ? tokenAt(text, offset) : undefined;
    if (token === undefined) return { offset, want: WANTS[state] };
    if (token.fault !== undefined) return token.fault;
    const next = nextState(state, token.kind, open);
    if (next === undefined) return { offset, want: WANTS[state] };
    state = next;
    offset = skipSpace(text, token.end);
  }
  return undefined;
}

type State = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'comma-or-close' | 'end';

const WANTS: Readonly<Record<State, string>> = {
  value: 'a value',
  'value-or-close': 'a value or "]"',
  key: 'a key in double quotes',
  'key-or-close': 'a key in double quotes or "}"',
  colon: '":"',
  'comma-or-close': '"," or the closing bracket',
  end: 'the end of the file',
};

type TokenKind = '{' | '}' | '[' | ']' | ':' | ',' | 'string' | 'literal';

interface Token {
  readonly kind: TokenKind;
  readonly end: number;
  readonly fault?: JsonFault;
}

function skipSpace(text: string, offset: number): number {
  const space = /[ \t\r\n]*/y;
  space.lastIndex = offset;
  space.exec(text);
  return space.lastIndex;
}

function tokenAt(text: string, offset: number): Token | undefined {
  const character: string = text[offset] ?? '';
  switch (character) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ':':
    case ',':
      return { kind: character, end: offset + 1 };
    case '"':
      return stringAt(text, offset);
    default: {
      const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.])/y;
      literal.lastIndex = offset;
      return literal.test(text) ? { kind: 'literal', end: literal.lastIndex } : undefined;
    }
  }
}

function stringAt(text: string, offset: number): Token {
  for (let i = offset + 1; i < text.length; i++) {
    const character = text[i] ?? '';
    if (character === '"') return { kind: 'string', end: i + 1 };
    if (character < ' ') return faultyString(i, 'the closing quote: a text cannot span lines');
    if (character !== '\\') continue;
    const escape = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;
    escape.lastIndex = i + 1;
    if (!escape.test(text)) return faultyString(i, 'an escape that JSON knows, such as \\n or \\\\');
    i = escape.lastIndex - 1;
  }
  return faultyString(text.length, 'the closing quote');
}

function faultyString(offset: number, want: string): Token {
  return { kind: 'string', end: offset, fault: { offset, want } };
}

/** `undefined`: the token cannot stand here. Opens and closes brackets on the way. */
function nextState(state: State, kind: TokenKind, open: ('{' | '[')[]): State | undefined {
  switch (state) {
    case 'value':
    case 'value-or-close':
      if (kind === ']' && state === 'value-or-close') return close(open);
      if (kind === '{' || kind === '[') {
        open.push(kind);
        return kind === '{' ? 'key-or-close' : 'value-or-close';
      }
      return kind === 'string' || kind === 'literal' ? behindValue(open) : undefined;
    case 'key':
    case 'key-or-close':
      if (kind === '}' && state === 'key-or-close') return close(open);
      return kind === 'string' ? 'colon' : undefined;
    case 'colon':
      return kind === ':' ? 'value' : undefined;
    case 'comma-or-close': {
      const isObject = open.at(-1) === '{';
      if (kind === ',') return isObject ? 'key' : 'value';
      return kind === (isObject ? '}' : ']') ? close(open) : undefined;
    }
    case 'end':
      return undefined;
  }
}

function close(open: ('{' | '[')[]): State {
  open.pop();
  return behindValue(open);
}

function behindValue(open: readonly string[]): State {
  return open.length === 0 ? 'end' : 'comma-or-close';
}
