/**
 * Fills placeholders of PromQL. Only within string literals: outside of them a label value could become part of the
 * expression. There it is escaped twice where a regular expression is matched, once for the expression and once for the literal, so
 * that it matches exactly itself and never ends the literal.
 */
import { quotePattern } from '@vedette/model';
import { parseExpr } from '@vedette/promql';
import { placeholdersIn, isKnownPlaceholder, valueOf } from './placeholders.ts';

export interface Filled {
  readonly text: string;
  /** Words of ours that nobody filled in, each once. */
  readonly open: readonly string[];
}

// What people still read; a word that is there a hundred times, and a long value, would be more.
export const FILLED_CHARS_MAX = 8192;

/** A comment, or a literal with the label and the operator before it. */
const PARTS = /#.*|(?:([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*)?("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)/g;

export function fillPromql(query: string, labels: Readonly<Record<string, string>>): Filled {
  const text = query.replaceAll(
    PARTS,
    (part: string, label: string | undefined, operator: string | undefined, literal: string | undefined) => {
      if (literal === undefined) return part;
      const filled = fillLiteral(literal, { label, operator, labels });
      return part.slice(0, part.length - literal.length) + filled;
    },
  );
  const isSafe = text === query || (text.length <= FILLED_CHARS_MAX && (isPromql(text) || !isPromql(query)));
  const safeText = isSafe ? text : query;
  return { text: safeText, open: openWordsOf(safeText, labels) };
}

/** Whether it parses. */
export function isPromql(text: string): boolean {
  try {
    parseExpr(text);
    return true;
  } catch {
    return false;
  }
}

interface LiteralPlace {
  readonly label: string | undefined;
  readonly operator: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

function fillLiteral(literal: string, { label, operator, labels }: LiteralPlace): string {
  const quote = literal.charAt(0);
  const body = literal.slice(1, -1);
  let filled = '';
  let from = 0;
  for (const { word, index } of placeholdersIn(body)) {
    const value = valueOf(word, labels, word === body ? label : undefined);
    const inserted = value === undefined ? undefined : escapedFor({ quote, operator }, value);
    if (inserted === undefined) continue;
    filled += body.slice(from, index) + inserted;
    from = index + word.length;
  }
  return quote + filled + body.slice(from) + quote;
}

/** `undefined` where the value cannot stand. */
function escapedFor(
  { quote, operator }: { readonly quote: string; readonly operator: string | undefined },
  value: string,
): string | undefined {
  // An argument of a function may be a pattern or a template of it.
  if (operator === undefined) return /^[\w:-]+$/.test(value) ? value : undefined;
  const pattern = operator.endsWith('~') ? quotePattern(value) : value;
  // Nothing can be escaped between backquotes.
  if (quote === '`') return pattern.includes('`') ? undefined : pattern;
  return pattern.replaceAll(/[\\"']/g, (char) => (char === quote || char === '\\' ? `\\${char}` : char));
}

function openWordsOf(text: string, labels: Readonly<Record<string, string>>): readonly string[] {
  const words = placeholdersIn(text).map(({ word }) => word);
  return [...new Set(words)].filter((word) => isKnownPlaceholder(word) && !isValueOf(word, labels));
}

/** A label may have the value "JOB" itself. */
function isValueOf(word: string, labels: Readonly<Record<string, string>>): boolean {
  return valueOf(word, labels) === word;
}
