import { RE2JS } from 're2js';
import { InputError } from './error.ts';

export type MatcherOp = '=' | '!=' | '=~' | '!~';

/**
 * One condition on a label, as in `{job="api", code=~"5.."}`. An absent label has the empty value.
 * Regular expressions are RE2 (linear time: JavaScript's own can be made to hang), match the whole
 * value, and their `.` matches a newline, as in Prometheus 3.
 */
export interface Matcher {
  readonly name: string;
  readonly op: MatcherOp;
  readonly value: string;
  matches(value: string): boolean;
  /**
   * The complete set of values that the pattern (of `=`, `=~`, and of the positive form of `!=`, `!~`)
   * accepts, when that is a known finite set; `undefined` otherwise. Lets an index look them up.
   */
  readonly literals: readonly string[] | undefined;
  /** Every accepted value of the pattern starts with this; empty when nothing is known. */
  readonly prefix: string;
}

/** Throws `InputError` (VED_QUERY_INVALID) when the regular expression cannot be parsed. */
export function createMatcher(name: string, op: MatcherOp, value: string): Matcher {
  if (op === '=' || op === '!=') {
    const wanted = op === '=';
    return {
      name,
      op,
      value,
      matches: (other) => (other === value) === wanted,
      literals: [value],
      prefix: value,
    };
  }
  const pattern = compilePattern(value);
  const wanted = op === '=~';
  return {
    name,
    op,
    value,
    matches: (other) => pattern.accepts(other) === wanted,
    literals: pattern.literals,
    prefix: pattern.prefix,
  };
}

/** `name="value"` as in a selector. */
export function formatMatcher(matcher: Pick<Matcher, 'name' | 'op' | 'value'>): string {
  const name = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(matcher.name) ? matcher.name : JSON.stringify(matcher.name);
  return `${name}${matcher.op}${JSON.stringify(matcher.value)}`;
}

/**
 * A pattern that matches just this text, in RE2 as in JavaScript; what Go's `regexp.QuoteMeta` writes.
 * `quotePattern('a.b')` is `a\\.b`.
 */
export function quotePattern(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}

interface Pattern {
  readonly accepts: (value: string) => boolean;
  readonly literals: readonly string[] | undefined;
  readonly prefix: string;
}

/** Characters that mean something in RE2 syntax; text without them is literal. */
const SPECIAL = /[\\^$.|?*+()[\]{}]/;

/** Cached answers per pattern: label values repeat, and RE2 in JavaScript takes about 230 ns a match. */
const ANSWERS_MAX = 10_000;

function compilePattern(pattern: string): Pattern {
  // A list of values is always valid; compiling the thousands that a dashboard's variable can hold takes seconds.
  const literals = literalsOf(pattern);
  if (literals !== undefined) {
    const set = new Set(literals);
    return {
      accepts: (value) => set.has(value),
      literals,
      prefix: literals.length === 1 ? (literals[0] ?? '') : '',
    };
  }
  // Parsed even when a fast path below applies, so that every pattern is checked by the same judge.
  const compiled = parseRe2(pattern);
  if (pattern === '.*') return { accepts: () => true, literals, prefix: '' };
  if (pattern === '.+') return { accepts: (value) => value !== '', literals, prefix: '' };
  const prefix = prefixOf(pattern);
  if (pattern === `${prefix}.*`) return { accepts: (value) => value.startsWith(prefix), literals, prefix };
  const answers = new Map<string, boolean>();
  const accepts = (value: string): boolean => {
    if (prefix !== '' && !value.startsWith(prefix)) return false;
    const known = answers.get(value);
    if (known !== undefined) return known;
    const answer = compiled.matcher(value).matches();
    if (answers.size >= ANSWERS_MAX) answers.clear();
    answers.set(value, answer);
    return answer;
  };
  return { accepts, literals, prefix };
}

/**
 * Compiling holds the event loop and takes more than linear time: 32 KiB are about 100 ms, 250 KiB 6 s and
 * hundreds of megabytes. Lists of values (`a|b|c`, escapes included) are not compiled and have no limit of their own.
 */
export const PATTERN_CHARACTERS_MAX = 32 * 1024;

/** So much of a pattern is shown in an error. */
const PATTERN_CHARACTERS_SHOWN = 200;

/** Compiles a pattern that matches whole texts. Throws `InputError` (VED_QUERY_INVALID), without repeating a long one. */
export function parseRe2(pattern: string): RE2JS {
  if (pattern.length > PATTERN_CHARACTERS_MAX)
    throw new InputError(
      'VED_QUERY_INVALID',
      `cannot parse regular expression "${shown(pattern)}": got ${pattern.length} characters, want at most ${PATTERN_CHARACTERS_MAX}; shorten it, or write plain values joined by |`,
    );
  try {
    // By itself first: `a)?(` closes our group and opens another, and would mean something else.
    if (pattern.includes(')')) RE2JS.compile(pattern);
    return RE2JS.compile(`^(?s:${pattern})$`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      'VED_QUERY_INVALID',
      `cannot parse regular expression "${shown(pattern)}": ${shown(reason)}`,
      { cause: error },
    );
  }
}

function shown(text: string): string {
  return text.length <= PATTERN_CHARACTERS_SHOWN ? text : `${text.slice(0, PATTERN_CHARACTERS_SHOWN)}…`;
}

/** Parts of a pattern: an escaped punctuation mark (itself), plain text, or one character that may mean something. */
const PART = /\\([!-/:-@[-`{-~])|[^\\|]+|[\\|]/g;

/** `a|b|c`, optionally in one pair of brackets, with nothing special inside that is not escaped. */
function literalsOf(pattern: string): readonly string[] | undefined {
  const inner = /^\((?:\?:)?([^()]*)\)$/.exec(pattern)?.[1] ?? pattern;
  const literals: string[] = [];
  let literal = '';
  for (const [part, escaped] of inner.matchAll(PART)) {
    if (part === '|') {
      literals.push(literal);
      literal = '';
    } else if (escaped !== undefined) literal += escaped;
    else if (SPECIAL.test(part)) return undefined;
    else literal += part;
  }
  literals.push(literal);
  return literals;
}

function prefixOf(pattern: string): string {
  const end = pattern.search(SPECIAL);
  if (end < 0) return pattern;
  const special = pattern[end];
  if (pattern.includes('|')) return '';
  // A quantifier belongs to the character before it (which may be a surrogate pair).
  const isQuantifier = special === '?' || special === '*' || special === '{' || special === '+';
  return isQuantifier ? pattern.slice(0, end).replace(/.$/su, '') : pattern.slice(0, end);
}
