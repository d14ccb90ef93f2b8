import {
  InputError,
  labelsFromPairs,
  METRIC_NAME,
  NO_LABELS,
  parseDurationMs,
  type Labels,
} from '@vedette/model';
import { parseExpr } from '../syntax/parse.ts';
import { parseHistogramItem, type HistogramLiteral } from './histogram-literal.ts';
import { assertRepeat, DECIMAL, isScriptNumber, parseScriptNumber } from './script-number.ts';

/** One position of a series line: omitted, a staleness marker, a float, or a native histogram. */
export type ScriptValue =
  | { readonly kind: 'omitted' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'float'; readonly value: number }
  | ({ readonly kind: 'histogram' } & HistogramLiteral);

export interface SeriesLine {
  readonly labels: Labels;
  /** `metric@st` lines give start timestamps instead of samples. */
  readonly isStartTimestamps: boolean;
  readonly values: readonly ScriptValue[];
  /** Of a `@st` line: how far from each sample its counter began (ms, mostly negative); `undefined` where unknown. */
  readonly startOffsetsMs: readonly (number | undefined)[];
}

/** `metric{a="b"} 1 2+1x3 _ stale {{sum:1}}`, as in `load` and in expected results. */
export function parseSeriesLine(line: string): SeriesLine {
  const end = endOfMetric(line);
  const metric = line.slice(0, end);
  const isStartTimestamps = line.startsWith('@st', end);
  const rest = line.slice(isStartTimestamps ? end + 3 : end);
  const values = isStartTimestamps ? [] : itemsOf(rest).flatMap(parseItem);
  const startOffsetsMs = isStartTimestamps ? itemsOf(rest).flatMap(parseStartItem) : [];
  return { labels: labelsOfMetric(metric), isStartTimestamps, values, startOffsetsMs };
}

/** Behind the braces, or at the first blank when there are none before it. */
function endOfMetric(line: string): number {
  let quote = '';
  let inBraces = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? '';
    if (quote !== '') {
      if (character === '\\' && quote !== '`') i++;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'" || character === '`') quote = character;
    else if (character === '{') inBraces = true;
    else if (character === '}') return i + 1;
    else if (!inBraces && (/\s/.test(character) || character === '@')) return i;
  }
  return line.length;
}

function labelsOfMetric(metric: string): Labels {
  if (/^\{\s*\}$/.test(metric)) return NO_LABELS;
  const selector = parseExpr(metric);
  if (selector.kind !== 'vector') throw faultOf(`want a metric; got "${metric}"`);
  const pairs = selector.matchers.map(({ name, value }): [string, string] => [name, value]);
  if (selector.name !== undefined) pairs.push([METRIC_NAME, selector.name]);
  return labelsFromPairs(pairs);
}

/** Items are separated by blanks, except inside a histogram. */
function itemsOf(text: string): readonly string[] {
  return text.match(/(?:\{\{.*?\}\}|\S)+/g) ?? [];
}

/** `0x59` is sixty zeros, so decimals are tried first: hexadecimal digits count only where no `xN` can be meant. */
const SERIES_ITEM = new RegExp(`^([+-]?${DECIMAL})([+-]${DECIMAL})?(?:x([0-9]+))?$`);

function parseItem(item: string): readonly ScriptValue[] {
  const omitted = /^_(?:x([0-9]+))?$/.exec(item);
  if (omitted !== null) return repeat({ kind: 'omitted' }, Number(omitted[1] ?? 1));
  if (item === 'stale') return [{ kind: 'stale' }];
  if (item.startsWith('{{'))
    return parseHistogramItem(item).map((literal) => ({ kind: 'histogram', ...literal }));
  const match = SERIES_ITEM.exec(item);
  if (match === null && isScriptNumber(item)) return [{ kind: 'float', value: parseScriptNumber(item) }];
  if (match === null) throw faultOf(`want a sample, such as 1, 0+2x10, _ or stale; got "${item}"`);
  const [, first = '', delta, times] = match;
  assertRepeat(Number(times ?? 0));
  const values: ScriptValue[] = [];
  let value = parseScriptNumber(first);
  for (let i = 0; i <= Number(times ?? 0); i++) {
    values.push({ kind: 'float', value });
    if (delta !== undefined) value += parseScriptNumber(delta);
  }
  return values;
}

function faultOf(reason: string): InputError {
  return new InputError('VED_QUERY_INVALID', `cannot read series: ${reason}`);
}

const SIGNED_DURATION = '[+-]?(?:[0-9]+(?:ms|[smhdwy]))+';
const START_ITEM = new RegExp(
  `^(${SIGNED_DURATION})([+-]${SIGNED_DURATION.replace('[+-]?', '')})?(?:x([0-9]+))?$`,
);

/** `_`, `_x3`, `-30s`, `-1mx2`, `-30s-1mx2`. */
function parseStartItem(item: string): readonly (number | undefined)[] {
  const omitted = /^_(?:x([0-9]+))?$/.exec(item);
  if (omitted !== null) return Array.from({ length: Number(omitted[1] ?? 1) }, () => undefined);
  const match = START_ITEM.exec(item);
  if (match === null) throw faultOf(`want an offset of a start timestamp; got "${item}"`);
  const [, first = '', delta = '0s', times = '0'] = match;
  assertRepeat(Number(times));
  const stepMs = parseScriptTimeMs(delta.replace('+', ''));
  return Array.from(
    { length: Number(times) + 1 },
    (_none, i) => parseScriptTimeMs(first.replace('+', '')) + i * stepMs,
  );
}

function repeat(value: ScriptValue, count: number): readonly ScriptValue[] {
  assertRepeat(count);
  return Array.from({ length: count }, () => value);
}

/** A duration, or a number of seconds. */
export function parseScriptTimeMs(text: string): number {
  const negative = text.startsWith('-');
  const body = negative ? text.slice(1) : text;
  const durationMs = isScriptNumber(body) ? Number(body) * 1000 : parseDurationMs(body);
  if (durationMs === undefined) throw faultOf(`want a duration; got "${text}"`);
  return negative ? -durationMs : durationMs;
}
