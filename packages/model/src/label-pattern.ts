import { parseRe2 } from './matcher.ts';

/** A regular expression that rewrites label values: `label_replace`, relabelling. */
export interface LabelPattern {
  /**
   * When the whole `value` matches: `template` with `$1`, `${1}`, `$name` and `${name}` replaced by
   * what the groups took (nothing for a group that does not exist), `$$` by `$`. Otherwise `undefined`.
   */
  expand(value: string, template: string): string | undefined;
}

/** Same dialect as matchers. Throws `InputError` (VED_QUERY_INVALID) when the expression cannot be parsed. */
export function createLabelPattern(pattern: string): LabelPattern {
  const compiled = parseRe2(pattern);
  const named = compiled.namedGroups();
  return {
    expand: (value, template) => {
      const matcher = compiled.matcher(value);
      if (!matcher.matches()) return undefined;
      return template.replace(REFERENCE, (_reference, braced?: string, plain?: string) => {
        const name = braced ?? plain;
        if (name === undefined) return '$';
        const index = /^\d+$/.test(name) ? Number(name) : named[name];
        if (index === undefined || index > matcher.groupCount()) return '';
        return matcher.group(index) ?? '';
      });
    },
  };
}

/** `$$`, `${name}`, or `$name` with the longest name there is, as in Go. */
const REFERENCE = /\$(?:\$|\{(\w+)\}|(\w+))/g;
