/** Arguments that amtool takes, read as it reads them. */
import { InputError, parseDurationMs, type Matcher } from '@vedette/model';
import { createAlertMatcher } from '../../alert/matchers/matcher.ts';
import { parseMatcher } from '../../alert/matchers/parse.ts';
import { UsageError } from '../command.ts';

/** Matchers; a first one that is none is the value of `alertname`. */
export function matchersOf(texts: readonly string[]): readonly Matcher[] {
  return texts.map((text, i) => {
    try {
      return parseMatcher(text);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (i === 0) return createAlertMatcher('alertname', '=', text);
      throw new UsageError(`cannot read matcher "${text}": ${error.message}; want NAME=VALUE, !=, =~ or !~`);
    }
  });
}

/** Labels; a first one that is none is the value of `alertname`. */
export function labelRecordOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    matchersOf(texts).map(({ name, op, value }, i) => {
      if (op !== '=') throw new UsageError(`want a label as NAME=VALUE; got "${texts[i]}"`);
      return [name, value];
    }),
  );
}

/** RFC 3339. */
export function timeOf(option: string, text: string): number {
  const ms = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms))
    throw new UsageError(`${option} must be a time such as 2026-11-21T10:00:00Z; got "${text}"`);
  return ms;
}

export function durationOf(option: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0)
    throw new UsageError(`${option} must be a duration such as 30m or 2h; got "${text}"`);
  return ms;
}
