import { quotePattern } from '@vedette/model';
import { replaceReferences, type Reference } from './reference.ts';
import { referenceText } from './fill-text.ts';
import type { Scope, ScopeVariable } from './scope.ts';

/**
 * A PromQL expression with variables and macros put in.
 *
 * Grafana escapes by the kind of the variable alone; here the place decides too, because a label value
 * may hold anything and must neither end the string it stands in nor turn into syntax:
 * 1. In a string after `=` or `!=`, one value stands as it is; elsewhere in a string the values of a
 *    variable with several choices are regular expressions, `(a|b)` when there are several.
 * 2. In quoted strings, backslashes and the quote are escaped; in backticks nothing can be.
 * 3. Outside of strings, several values become a list, `a, b`, as `by (…)` takes it.
 * What All stands for by the author's own words, and `${x:raw}`, are put in as they stand.
 *
 * Rejected: parsing first. Before the variables are in, most expressions do not parse.
 */
export function fillQuery(expr: string, scope: Scope): string {
  const place = new PromqlPlace();
  return replaceReferences(
    expr,
    (literal) => place.pass(literal),
    (reference) => {
      const text = queryText(reference, scope, place) ?? reference.source;
      place.sawReference();
      return text;
    },
  );
}

function queryText(reference: Reference, scope: Scope, place: PromqlPlace): string | undefined {
  const variable = scope.variables.get(reference.name);
  if (variable === undefined || reference.name.startsWith('__')) {
    const text = referenceText(reference, scope);
    return text === undefined ? undefined : place.escape(text);
  }
  if (reference.format === 'raw' || variable.isVerbatim) return variable.values.join(',');
  if (reference.format !== undefined || reference.path.length > 0) {
    const text = referenceText(reference, scope);
    return text === undefined ? undefined : place.escape(text);
  }
  return place.isString ? place.escape(stringText(variable, place)) : variable.values.join(', ');
}

function stringText({ values, isList }: ScopeVariable, place: PromqlPlace): string {
  if (values.length === 1 && (!isList || place.isEquality)) return values[0] ?? '';
  const escaped = values.map(quotePattern);
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
}

/** Follows an expression from its start: in which string or comment the next character stands. */
class PromqlPlace {
  #quote = '';
  #isEquality = false;
  /** The last two characters outside of strings, blanks left out: the operator before a string. */
  #tail = '';
  #isEscaped = false;

  get isString(): boolean {
    return this.#quote !== '' && this.#quote !== '#';
  }

  /** The string is compared as it is, not as a regular expression. */
  get isEquality(): boolean {
    return this.#isEquality;
  }

  pass(literal: string): void {
    for (const character of literal) {
      if (this.#quote === '') this.#outside(character);
      else this.#inside(character);
    }
  }

  /** A reference outside of strings is like a name: no operator stands directly before what follows. */
  sawReference(): void {
    this.#isEscaped = false;
    if (this.#quote === '') this.#tail = '';
  }

  /** The text as it must be written here. */
  escape(text: string): string {
    if (this.#quote === '#') return text.replaceAll(/[\r\n]+/g, ' ');
    if (this.#quote === '`') return text.replaceAll('`', '');
    if (this.#quote === '') return text;
    return text
      .replaceAll('\\', '\\\\')
      .replaceAll(this.#quote, `\\${this.#quote}`)
      .replaceAll('\n', '\\n')
      .replaceAll('\r', '\\r');
  }

  #outside(character: string): void {
    if (character === '"' || character === "'" || character === '`' || character === '#') {
      this.#quote = character;
      this.#isEquality = this.#tail.endsWith('=');
    } else if (character.trim() !== '') this.#tail = (this.#tail + character).slice(-2);
  }

  #inside(character: string): void {
    if (this.#quote === '#') {
      if (character === '\n') this.#quote = '';
    } else if (this.#isEscaped) this.#isEscaped = false;
    else if (character === '\\' && this.#quote !== '`') this.#isEscaped = true;
    else if (character === this.#quote) {
      this.#quote = '';
      this.#tail = '';
    }
  }
}
