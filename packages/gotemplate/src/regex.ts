/**
 * Regular expressions of templates. They are operators' input over foreign text, so JavaScript's RegExp will
 * not do (it can take exponential time); this package brings no engine of its own, it takes one through the
 * environment. The replacement language is Go's and is carried out here.
 */

import { REGEX_CHARACTERS_PER_STEP } from './limits.ts';
import { type Meter, TextSink } from './meter.ts';
import { CallError } from './template-error.ts';

/** A compiled RE2 expression, in linear time of the text. */
export interface TemplateRegex {
  /** Group numbers by group name, for `${name}` in replacements. */
  readonly groupNumbers: ReadonlyMap<string, number>;
  /** The leftmost match that begins at `fromIndex` or after it; what stands before still counts for `^` and `\b`. */
  find(text: string, fromIndex: number): RegexMatch | undefined;
}

/** Indexes are in UTF-16 units, the end is exclusive. */
export interface RegexMatch {
  readonly start: number;
  readonly end: number;
  /** Texts of the groups by number, the whole match as 0; `undefined` where a group took no part. */
  readonly groups: readonly (string | undefined)[];
}

/** Where templates get their regular expressions from. */
export interface RegexSource {
  /** Compiles RE2 syntax; throws an error whose message says what is wrong with the pattern. */
  compileRegex(pattern: string): TemplateRegex;
}

/** Compiles, and accounts for the pattern and the text that it will be run over. Throws `CallError`. */
export function compileMetered(
  source: RegexSource,
  pattern: string,
  text: string,
  meter: Meter,
): TemplateRegex {
  meter.addSteps(pattern.length + Math.ceil(text.length / REGEX_CHARACTERS_PER_STEP));
  try {
    return source.compileRegex(pattern);
  } catch (error) {
    throw new CallError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Go's `ReplaceAllString`: `$1`, `${1}`, `$name`, `${name}`, `$$`. A group that does not exist is empty. */
export function replaceAll(regex: TemplateRegex, text: string, replacement: string, meter: Meter): string {
  const template = parseReplacement(replacement, regex.groupNumbers);
  const result = new TextSink(meter);
  let copiedUntil = 0;
  let previousEnd = -1;
  for (let from = 0; from <= text.length;) {
    const match = regex.find(text, from);
    if (match === undefined) break;
    meter.addSteps(1);
    result.write(text.slice(copiedUntil, match.start));
    // An empty match right after another one is none.
    if (match.end > previousEnd || match.start === 0) writeReplacement(result, template, match);
    copiedUntil = match.end;
    previousEnd = match.end;
    from = match.end > match.start ? match.end : nextLetter(text, match.end);
  }
  result.write(text.slice(copiedUntil));
  return result.text;
}

function nextLetter(text: string, index: number): number {
  return index + ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);
}

/** Literal texts, and numbers of groups; -1 is a group that does not exist. */
type Replacement = readonly (string | number)[];

function writeReplacement(sink: TextSink, template: Replacement, match: RegexMatch): void {
  for (const part of template) sink.write(typeof part === 'string' ? part : (match.groups[part] ?? ''));
}

// `$1x` means the group named "1x", as in Go: the longest name wins.
const REFERENCE = /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;

function parseReplacement(replacement: string, groupNumbers: ReadonlyMap<string, number>): Replacement {
  const parts: (string | number)[] = [];
  let index = 0;
  for (const match of replacement.matchAll(REFERENCE)) {
    const name = match[1] ?? match[2];
    parts.push(replacement.slice(index, match.index));
    if (name === undefined) parts.push('$');
    else parts.push(/^\d{1,8}$/.test(name) ? Number(name) : (groupNumbers.get(name) ?? -1));
    index = match.index + match[0].length;
  }
  parts.push(replacement.slice(index));
  return parts;
}
