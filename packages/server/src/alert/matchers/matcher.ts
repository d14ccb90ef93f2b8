/**
 * Matchers as Alertmanager has them: those of the model, but that `.` matches no newline, and a canonical
 * order and text that group keys are made of. The text must not change: keys of the notification log hold it.
 */
import { compareUtf8, createMatcher, labelValueOf, type Labels, type Matcher } from '@vedette/model';
import { quote } from '../go-text.ts';

/**
 * Throws `InputError` (VED_QUERY_INVALID) when the regular expression cannot be parsed. Only values with a
 * newline are asked of the expression whose `.` stops there: all others take the fast paths of the model.
 */
export function createAlertMatcher(name: string, op: Matcher['op'], value: string): Matcher {
  const matcher = createMatcher(name, op, value);
  const isRegex = op === '=~' || op === '!~';
  if (!isRegex || matcher.literals !== undefined || !value.includes('.')) return matcher;
  const stopping = createMatcher(name, op, `(?-s:${value})`);
  const matches = (other: string): boolean => (other.includes('\n') ? stopping : matcher).matches(other);
  return { ...matcher, matches };
}

/** Whether every condition holds; an empty list accepts everything. */
export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.matches(labelValueOf(labels, matcher.name)));
}

const OP_ORDER: readonly Matcher['op'][] = ['=', '!=', '=~', '!~'];

/** Alertmanager's order: by name, then by value, then by operator. */
export function compareMatchers(a: Matcher, b: Matcher): number {
  return (
    compareUtf8(a.name, b.name) ||
    compareUtf8(a.value, b.value) ||
    OP_ORDER.indexOf(a.op) - OP_ORDER.indexOf(b.op)
  );
}

export function sameMatchers(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, op, value }, i) => name === b[i]?.name && op === b[i].op && value === b[i].value)
  );
}

/** What needs quotes in a name: the characters with a meaning in the UTF-8 grammar. */
export const RESERVED = /[\p{White_Space}{}!=~,\\"'`]/u;

/** `name="value"`; with Go's quoting on both sides where the name needs quotes. */
export function formatAlertMatcher({ name, op, value }: Pick<Matcher, 'name' | 'op' | 'value'>): string {
  if (RESERVED.test(name)) return `${quote(name)}${op}${quote(value)}`;
  return `${name}${op}"${value.replaceAll(/[\\\n"]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))}"`;
}

/** `{a="b",c!="d"}` in the order given. */
export function formatAlertMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(formatAlertMatcher).join(',')}}`;
}
