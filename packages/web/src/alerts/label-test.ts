import type { MatcherDraft } from '../silences/matchers.ts';

export type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

/**
 * Whether labels meet all conditions, as the server judges those of firing alerts; pending ones it does not know.
 * Patterns are RE2's, as everywhere (a link must not be able to hang the page): their engine is loaded when there is one.
 * Rejects with the reason when a pattern is none.
 */
export async function labelTestOf(matchers: readonly MatcherDraft[]): Promise<LabelTest> {
  const tests = await Promise.all(matchers.map(oneTestOf));
  return (labels) => tests.every((test) => test(labels));
}

async function oneTestOf({ name, op, value }: MatcherDraft): Promise<LabelTest> {
  if (op === '=' || op === '!=') return (labels) => ((labels[name] ?? '') === value) === (op === '=');
  const { createMatcher } = await import('@vedette/model');
  const matcher = createMatcher(name, op, value);
  return (labels) => matcher.matches(labels[name] ?? '');
}
