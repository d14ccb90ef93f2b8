import { InputError } from '@vedette/model';
import { parseExpr } from '@vedette/promql/parser';

/**
 * Tells whether an expression with variables in it can be a query. What a variable will hold is not known here, and
 * the place where it stands does not tell either (`topk($n, …)` wants a number, `$metric{…}` a name), so stand-ins
 * are tried:
 *
 * 1. In a text `x`, in a range `5m`, for macros what they are: spans or numbers.
 * 2. Elsewhere what the file has chosen for the variable, then a name, a number, a span, in all combinations up to
 *    `ATTEMPTS_MAX`.
 * 3. The message is that of the attempt that was read furthest, its place the one in the expression as written.
 *
 * What is no known variable stays as it is, as in Grafana, which makes it a fault.
 */
export function findExpressionFault(
  expr: string,
  variables: ReadonlyMap<string, string>,
): string | undefined {
  if (expr.length > EXPR_CHARACTERS_MAX)
    return `is longer than ${EXPR_CHARACTERS_MAX} characters (EXPR_CHARACTERS_MAX)`;
  const pieces = piecesOf(expr, variables);
  const free = [...new Set(pieces.flatMap(({ kind, name }) => (kind === 'free' ? [name] : [])))];
  let furthest: { offset: number; reason: string } | undefined;
  for (const chosen of attemptsOf(free, variables)) {
    const fault = faultOf(pieces, chosen);
    if (fault === undefined) return undefined;
    if (furthest === undefined || fault.offset > furthest.offset) furthest = fault;
  }
  return furthest === undefined ? undefined : `${placeOf(expr, furthest.offset)}: ${furthest.reason}`;
}

// What a person writes is below 5,000 characters; a file of many long ones is to be judged within a second.
const EXPR_CHARACTERS_MAX = 20_000;

// Three variables with three stand-ins each; four in the same expression outside of texts are not seen in the wild.
const ATTEMPTS_MAX = 28;

const STAND_INS = ['x', '1', '5m'] as const;
const SPANS: ReadonlySet<string> = new Set(['__interval', '__rate_interval', '__range']);
const NUMBERS: ReadonlySet<string> = new Set([
  '__interval_ms',
  '__rate_interval_ms',
  '__range_s',
  '__range_ms',
  '__from',
  '__to',
]);

/** A stretch of the expression: as it stands, with a fixed stand-in, or with one that is tried. */
interface Piece {
  readonly kind: 'text' | 'fixed' | 'free';
  /** Offset in the expression as written. */
  readonly start: number;
  /** What is put there; of a free one nothing. */
  readonly text: string;
  /** Of the variable; of a text nothing. */
  readonly name: string;
}

const REFERENCE = /\$\{(\w+)(?:\.[^:}]*)?(?::[^}]*)?\}|\$(\w+)|\[\[(\w+)(?::\w+)?\]\]/y;

function piecesOf(expr: string, variables: ReadonlyMap<string, string>): Piece[] {
  const pieces: Piece[] = [];
  const place = new Place();
  let textStart = 0;
  for (let i = 0; i < expr.length;) {
    REFERENCE.lastIndex = i;
    const character = expr[i] ?? '';
    const match = character === '$' || character === '[' ? REFERENCE.exec(expr) : null;
    const name = match?.[1] ?? match?.[2] ?? match?.[3] ?? '';
    if (match === null || !(variables.has(name) || name.startsWith('__'))) {
      i += place.step(expr, i);
      continue;
    }
    if (i > textStart)
      pieces.push({ kind: 'text', start: textStart, text: expr.slice(textStart, i), name: '' });
    const end = i + match[0].length;
    const fixed = fixedOf(name, place, /\w/.test(expr[end] ?? ''));
    pieces.push({ kind: fixed === undefined ? 'free' : 'fixed', start: i, text: fixed ?? '', name });
    i = end;
    textStart = end;
  }
  pieces.push({ kind: 'text', start: textStart, text: expr.slice(textStart), name: '' });
  return pieces;
}

/** `[$x]` wants a span, `[${x}m]` the number before its unit. */
function fixedOf(name: string, place: Place, hasUnit: boolean): string | undefined {
  if (NUMBERS.has(name)) return '60000';
  if (SPANS.has(name)) return '5m';
  if (place.isInText) return 'x';
  if (place.isInRange) return hasUnit ? '5' : '5m';
  return name.startsWith('__') ? 'x' : undefined;
}

/** Where in an expression one stands while walking through it: within a text, a comment, a range. */
class Place {
  #quote = '';
  #openBrackets = 0;

  get isInText(): boolean {
    return this.#quote !== '';
  }

  get isInRange(): boolean {
    return this.#openBrackets > 0;
  }

  /** Takes note of the character at `i`; how far it goes on from there. */
  step(expr: string, i: number): number {
    const character = expr[i] ?? '';
    if (this.#quote !== '') {
      if (character === '\\' && this.#quote !== '`') return 2;
      if (character === this.#quote) this.#quote = '';
      return 1;
    }
    if (character === '#') {
      const end = expr.indexOf('\n', i);
      return (end < 0 ? expr.length : end) - i;
    }
    if (character === '"' || character === "'" || character === '`') this.#quote = character;
    else if (character === '[') this.#openBrackets += 1;
    else if (character === ']') this.#openBrackets = Math.max(0, this.#openBrackets - 1);
    return 1;
  }
}

/** First what the file has chosen, then each combination. */
function* attemptsOf(
  names: readonly string[],
  variables: ReadonlyMap<string, string>,
): Generator<ReadonlyMap<string, string>> {
  yield new Map(names.map((name) => [name, variables.get(name) ?? 'x']));
  const combinationCount = Math.min(STAND_INS.length ** names.length, ATTEMPTS_MAX - 1);
  if (names.length === 0) return;
  for (let n = 0; n < combinationCount; n++)
    yield new Map(names.map((name, i) => [name, STAND_INS[Math.floor(n / 3 ** i) % 3] ?? 'x']));
}

function faultOf(
  pieces: readonly Piece[],
  chosen: ReadonlyMap<string, string>,
): { offset: number; reason: string } | undefined {
  const texts = pieces.map(({ kind, name, text }) => (kind === 'free' ? (chosen.get(name) ?? 'x') : text));
  const filled = texts.join('');
  try {
    parseExpr(filled);
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const match = /^(\d+):(\d+): (?:parse error: )?(.*)$/s.exec(error.message);
    const offset = match === null ? 0 : offsetOf(filled, Number(match[1]), Number(match[2]));
    return { offset: originalOffset({ pieces, texts, offset }), reason: match?.[3] ?? error.message };
  }
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let i = 1; i < line; i++) start = text.indexOf('\n', start) + 1;
  return start + column - 1;
}

/** A fault within a stand-in is at the beginning of the variable. */
function originalOffset(filled: {
  readonly pieces: readonly Piece[];
  readonly texts: readonly string[];
  readonly offset: number;
}): number {
  let start = 0;
  for (const [i, piece] of filled.pieces.entries()) {
    const { length } = filled.texts[i] ?? '';
    if (filled.offset < start + length || i === filled.pieces.length - 1)
      return piece.kind === 'text' ? piece.start + filled.offset - start : piece.start;
    start += length;
  }
  return 0;
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `${before.split('\n').length}:${offset - before.lastIndexOf('\n')}`;
}
