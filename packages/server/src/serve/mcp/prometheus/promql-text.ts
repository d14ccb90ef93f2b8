/**
 * Values of arguments as parts of an expression. Whatever enters PromQL passes through here: a value stands between
 * quotes with its own escaped, a pattern is a value whose stars alone mean something, names are checked. So an
 * argument can ask for other series than the tool is about, but it cannot add a selector, a function or a call.
 */
import { quotePattern } from '@vedette/model';

/** `"a\"b"`: JSON's escapes are a part of PromQL's. */
export function quotedText(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** `name="value"`; a value with stars is a pattern, in which a star stands for any characters. */
export function matcherOf(name: string, value: string): string {
  return value.includes('*')
    ? `${name}=~${quotedText(value.split('*').map(quotePattern).join('.*'))}`
    : `${name}=${quotedText(value)}`;
}

/** An instance by its host alone is found whatever its port is. */
export function instanceMatcher(value: string): string {
  const isWhole = value.includes('*') || /:\d+$/.test(value);
  return isWhole
    ? matcherOf('instance', value)
    : `instance=~${quotedText(`${quotePattern(value)}(:[0-9]+)?`)}`;
}

/** `{a,b}`, or nothing for no matchers. */
export function selectorOf(matchers: readonly (string | undefined)[]): string {
  const given = matchers.filter((matcher) => matcher !== undefined);
  return given.length === 0 ? '' : `{${given.join(',')}}`;
}

/** A name of a metric that stands in an expression as it is. */
export const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
