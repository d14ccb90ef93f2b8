/**
 * Matchers of routes, inhibition rules, silences and filters, under the three modes that Alertmanager has
 * while it moves from the classic to the UTF-8 grammar:
 *
 * - `fallback`, the default: both grammars read the text. Where only the classic one can, or both can and
 *   disagree, the classic reading counts and a notice says so; where neither can, its error is shown.
 * - `utf8-strict`: the UTF-8 grammar alone.
 * - `classic`: the classic grammar alone.
 */
import { InputError, type Matcher } from '@vedette/model';
import { parseClassicMatcher, parseClassicMatchers } from './classic.ts';
import { formatAlertMatcher, sameMatchers } from './matcher.ts';
import { parseUtf8Matchers } from './utf8.ts';

export type MatcherMode = 'fallback' | 'utf8-strict' | 'classic';

/** Why `fallback` took the classic reading. */
export type MatcherNotice =
  | { readonly kind: 'incompatible'; readonly reason: string; readonly suggestion: string }
  | { readonly kind: 'disagreement' };

export interface ParsedMatchers {
  readonly matchers: readonly Matcher[];
  readonly notice: MatcherNotice | undefined;
}

/** Any number of conditions. Throws `InputError` (VED_ALERTING_INVALID, VED_QUERY_INVALID) with Alertmanager's words. */
export function parseMatchers(text: string, mode: MatcherMode = 'fallback'): ParsedMatchers {
  return parseIn(
    mode,
    () => parseUtf8Matchers(text),
    () => parseClassicMatchers(text),
  );
}

/** Exactly one condition, without braces. Throws as `parseMatchers` does. */
export function parseMatcher(text: string, mode: MatcherMode = 'fallback'): Matcher {
  if (mode !== 'classic' && (text.startsWith('{') || text.endsWith('}')))
    throw new InputError('VED_ALERTING_INVALID', `unexpected open or close brace: ${text}`);
  const { matchers } = parseIn(
    mode,
    () => [parseUtf8Matcher(text)],
    () => [parseClassicMatcher(text)],
  );
  const [matcher] = matchers;
  if (matcher === undefined) throw new InputError('VED_ALERTING_INVALID', 'no matchers');
  return matcher;
}

/** One condition of the UTF-8 grammar, braces allowed. Throws as `parseMatchers` does. */
export function parseUtf8Matcher(text: string): Matcher {
  const matchers = parseUtf8Matchers(text);
  const [first] = matchers;
  if (first === undefined) throw new InputError('VED_ALERTING_INVALID', 'no matchers');
  if (matchers.length > 1)
    throw new InputError('VED_ALERTING_INVALID', `expected 1 matcher, found ${matchers.length}`);
  return first;
}

type Parse = () => readonly Matcher[];

function parseIn(mode: MatcherMode, utf8: Parse, classic: Parse): ParsedMatchers {
  switch (mode) {
    case 'utf8-strict':
      return { matchers: utf8(), notice: undefined };
    case 'classic':
      return { matchers: classic(), notice: undefined };
    case 'fallback':
      return parseBoth(attempt(utf8), attempt(classic));
  }
}

type Attempt = { readonly matchers: readonly Matcher[] } | { readonly error: InputError };

function parseBoth(utf8: Attempt, classic: Attempt): ParsedMatchers {
  if ('error' in utf8) {
    if ('error' in classic) throw classic.error;
    const suggestion = classic.matchers.map(formatAlertMatcher).join(',');
    return {
      matchers: classic.matchers,
      notice: { kind: 'incompatible', reason: utf8.error.message, suggestion },
    };
  }
  if ('error' in classic || sameMatchers(utf8.matchers, classic.matchers))
    return { matchers: utf8.matchers, notice: undefined };
  return { matchers: classic.matchers, notice: { kind: 'disagreement' } };
}

function attempt(parse: Parse): Attempt {
  try {
    return { matchers: parse() };
  } catch (error) {
    if (error instanceof InputError) return { error };
    throw error;
  }
}
