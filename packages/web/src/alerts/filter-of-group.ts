import { parseMatchers } from '../silences/matchers.ts';

/**
 * The alerts of a notification group as a filter of the page. A group's key ends with the labels that its alerts share,
 * `{}/{team="a"}:{alertname="Down"}`; a key of another shape, or a group of all alerts, filters nothing.
 */
export function filterOfGroup(groupKey: string): { readonly filter?: string } {
  const labels = /:(\{.+\})$/s.exec(groupKey)?.[1] ?? '{}';
  // A value may itself hold `:{`: the shortest end that reads as labels is meant.
  for (let from = labels.lastIndexOf(':{') + 1; ; from = labels.lastIndexOf(':{', from - 2) + 1) {
    const text = labels.slice(from);
    if (isFilter(text)) return { filter: text };
    if (from === 0) return {};
  }
}

function isFilter(text: string): boolean {
  const read = parseMatchers(text);
  return read.kind === 'matchers' && read.matchers.length > 0;
}
