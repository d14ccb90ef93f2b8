/**
 * Where a text refers to something: `$name`, `${name}`, `${name.path:format}`, `[[name:format]]`.
 *
 * The quantifiers are bounded, so that a text full of unclosed braces costs a constant per character:
 * the whole of `fill` is linear in its text. What is longer than the bounds is no reference.
 */
export interface Reference {
  /** As it stands, for what stays unknown. */
  readonly source: string;
  readonly name: string;
  /** Keys after the name: `${__data.fields["a b"].text}` has fields, a b, text. */
  readonly path: readonly string[];
  /** `csv`, `date:YYYY-MM`…; absent: that of the place. */
  readonly format?: string;
}

/** Longest name, and longest path and format; far above any in use, and the constant of the linear time. */
const REFERENCE =
  /\$(\w{1,128})|\[\[(\w{1,128})(?::([\w:]{1,64}))?\]\]|\$\{(\w{1,128})([.[][^:}]{1,256})?(?::([^}]{1,128}))?\}/g;

/** Gives the literal pieces and the references of a text, in order, to the two functions, and joins their answers. */
export function replaceReferences(
  text: string,
  onLiteral: (literal: string) => void,
  onReference: (reference: Reference) => string,
): string {
  let result = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const literal = text.slice(end, match.index);
    onLiteral(literal);
    result += literal + onReference(referenceOf(match));
    end = match.index + match[0].length;
  }
  const rest = text.slice(end);
  onLiteral(rest);
  return result + rest;
}

/** The names a text refers to, each once, in order. */
export function referencedNames(text: string): string[] {
  const names = new Set<string>();
  for (const match of text.matchAll(REFERENCE)) names.add(referenceOf(match).name);
  return [...names];
}

function referenceOf(match: RegExpExecArray): Reference {
  const [source, plain, bracket, bracketFormat, brace, path, braceFormat] = match;
  const format = bracketFormat ?? braceFormat;
  return {
    source,
    name: plain ?? bracket ?? brace ?? '',
    path: path === undefined ? [] : keysOf(path),
    ...(format !== undefined && { format }),
  };
}

const KEY = /\.([^.[\]]+)|\[\s*(?:"([^"]*)"|'([^']*)'|(\w+))\s*\]/g;

function keysOf(path: string): string[] {
  return [...path.matchAll(KEY)].map((match) => match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
}
