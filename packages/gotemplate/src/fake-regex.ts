/** JavaScript's own expressions behind the port, for tests: their patterns are known and harmless. */
import type { TemplateRegex } from './regex.ts';

export function jsRegex(pattern: string): TemplateRegex {
  const regex = new RegExp(pattern.replaceAll('(?P<', '(?<'), 'gu');
  const names = [...pattern.matchAll(/\((?!\?)|\(\?P?<(\w+)>/g)].map((match) => match[1]);
  return {
    groupNumbers: new Map(names.flatMap((name, i) => (name === undefined ? [] : [[name, i + 1] as const]))),
    find: (text, fromIndex) => {
      regex.lastIndex = fromIndex;
      const match = regex.exec(text);
      return match === null
        ? undefined
        : { start: match.index, end: match.index + match[0].length, groups: [...match] };
    },
  };
}
