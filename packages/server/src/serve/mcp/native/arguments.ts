/** Arguments that several tools take: their schemas, and how they are read. What is wrong is said with an example of what is right. */
import { formatDurationMs, labelsFromPairs, type Labels, type Matcher } from '@vedette/model';
import { z } from 'zod';
import { parseMatchers } from '../../../alert/index.ts';
import { ApiError, invalidParameter } from '../../prometheus-api/api-error.ts';
import type { SelectorParser } from '../../prometheus-api/parameters.ts';
import { timeInput } from '../times.ts';

// The longest expressions in rule packs have 2,000 characters.
const EXPRESSION_CHARS_MAX = 10_000;

// A name, a date, a duration.
const WORD_CHARS_MAX = 300;

export const expressionArgument = z.string().min(1).max(EXPRESSION_CHARS_MAX);
export const wordArgument = z.string().min(1).max(WORD_CHARS_MAX);

/** `now-1h`, RFC 3339, seconds. */
export function timeArgument(what: string) {
  return timeInput.optional().describe(`${what}: now-1h, RFC 3339 or Unix seconds`);
}

export function limitArgument(byDefault: number, max: number, what = 'Rows') {
  return z.int().min(1).max(max).default(byDefault).describe(`${what} at most`);
}

/** Conditions on labels of alerts or rules. */
export function matchArgument(what: string) {
  return z.string().max(EXPRESSION_CHARS_MAX).optional().describe(`${what} such as {job="api",env=~"p.*"}`);
}

/** Conditions in braces or without; none when the argument was left out. */
export function readMatch(name: string, text: string | undefined): readonly Matcher[] {
  if (text === undefined || text.trim() === '') return [];
  try {
    return parseMatchers(text).matchers;
  } catch (error) {
    throw invalidParameter(
      name,
      `want conditions such as {job="api",env=~"p.*"}: ${messageOf(error)}; got ${JSON.stringify(text.slice(0, 200))}`,
    );
  }
}

/** Labels of one alert, or those that a group of alerts shares. */
export function readLabels(name: string, text: string | undefined): Labels {
  const matchers = readMatch(name, text);
  if (matchers.length > 0 && matchers.every(({ op, value }) => op === '=' && value !== ''))
    return labelsFromPairs(matchers.map((one) => [one.name, one.value]));
  throw invalidParameter(name, 'want labels with values alone, such as {alertname="X",job="api"}');
}

/** A selector of series that does not match all of them. */
export function readSelector(parse: SelectorParser, name: string, text: string): readonly Matcher[] {
  let matchers: readonly Matcher[];
  try {
    matchers = parse(text);
  } catch (error) {
    throw invalidParameter(name, messageOf(error));
  }
  if (matchers.some((matcher) => !matcher.matches(''))) return matchers;
  throw invalidParameter(
    name,
    'matches every series; name a metric or a label, such as {job="api"} or node_load1',
  );
}

export function notFound(message: string): ApiError {
  return new ApiError('not_found', message);
}

/** `3h12m`: how long ago, as people say it. */
export function agoOf(timestampMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - timestampMs) / 1000));
  // Beyond an hour nobody asks for the seconds.
  return formatDurationMs((seconds < 3600 ? seconds : seconds - (seconds % 60)) * 1000);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
