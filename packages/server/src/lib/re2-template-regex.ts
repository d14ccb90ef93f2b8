import { RE2JS } from 're2js';

/** What templates see of an expression; the shape of gotemplate's `TemplateRegex`. */
interface Re2TemplateRegex {
  readonly groupNumbers: ReadonlyMap<string, number>;
  find(
    text: string,
    fromIndex: number,
  ):
    | { readonly start: number; readonly end: number; readonly groups: readonly (string | undefined)[] }
    | undefined;
}

/** Compiles RE2 syntax for templates of rules and notifications. Throws an error that says what is wrong with it. */
export function compileTemplateRegex(pattern: string): Re2TemplateRegex {
  const regex = RE2JS.compile(pattern);
  return {
    groupNumbers: new Map(Object.entries(regex.namedGroups())),
    find: (text, fromIndex) => {
      const matcher = regex.matcher(text);
      if (!matcher.find(fromIndex)) return undefined;
      const groups = Array.from(
        { length: matcher.groupCount() + 1 },
        (_, i) => matcher.group(i) ?? undefined,
      );
      return { start: matcher.start(), end: matcher.end(), groups };
    },
  };
}
