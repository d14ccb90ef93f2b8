import type { Expr } from '../syntax/ast.ts';

/** Queries of some dashboards and their rules. With each pattern go at most 10,000 remembered answers, some 400 KB. */
export const TEXTS_MAX = 64;

/** Longer ones come from programs, each another one: a list of a thousand pods is 30 KB. */
export const TEXT_CHARACTERS_MAX = 4096;

/**
 * The expressions of the last texts. A dashboard sends the same ones every few seconds: parsing is most of a query for
 * one series, and the answers that a regular expression gave on label values are kept with it. What was used least
 * recently goes first; errors are not kept.
 */
export class ParsedTexts {
  readonly #parse: (text: string) => Expr;
  readonly #known = new Map<string, Expr>();

  constructor(parse: (text: string) => Expr) {
    this.#parse = parse;
  }

  /** Throws what parsing throws. The expression is shared: nobody changes it. */
  parse(text: string): Expr {
    const known = this.#known.get(text);
    if (known !== undefined) {
      this.#known.delete(text);
      this.#known.set(text, known);
      return known;
    }
    const parsed = this.#parse(text);
    if (text.length > TEXT_CHARACTERS_MAX) return parsed;
    this.#known.set(text, parsed);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= TEXTS_MAX) break;
      this.#known.delete(oldest);
    }
    return parsed;
  }
}
