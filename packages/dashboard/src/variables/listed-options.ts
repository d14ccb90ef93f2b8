import { parseInterval } from '../fill/step.ts';
import type { VariableOption } from './resolved.ts';

/** The options of a custom variable: `a, b`, `text : value`; `\,` is a comma within one. */
export function customOptions(query: string): VariableOption[] {
  return splitList(query).map((entry) => {
    const pair = /^((?:[^:]|\S:)*?)\s+:\s+(.*)$/s.exec(entry);
    if (pair === null) return { text: entry, value: entry };
    return { text: (pair[1] ?? '').trim(), value: (pair[2] ?? '').trim() };
  });
}

/** The options of an interval variable: durations, quoted when they hold a comma; `auto` is one of them. */
export function intervalOptions(query: string): VariableOption[] {
  return splitList(query).map((entry) => {
    const value = entry.replaceAll(/^["']|["']$/g, '');
    return value === 'auto' || value === AUTO ? { text: 'auto', value: AUTO } : { text: value, value };
  });
}

/** The choice of an interval variable that follows the range. */
export const AUTO = '$__auto';

/** How many points `auto` aims at, and what it never goes under; Grafana's own defaults. */
const AUTO_COUNT = 30;
const AUTO_LEAST_MS = 10_000;

/** The interval that `auto` stands for: the largest listed one that gives at least about 30 points, or the least. */
export function autoIntervalMs(range: { fromMs: number; toMs: number }, query: string): number {
  const wantedMs = Math.max(AUTO_LEAST_MS, (range.toMs - range.fromMs) / AUTO_COUNT);
  const listed = splitList(query)
    .map((entry) => parseInterval(entry))
    .filter((ms) => ms !== undefined)
    .toSorted((a, b) => a - b);
  return listed.findLast((ms) => ms <= wantedMs) ?? listed[0] ?? AUTO_LEAST_MS;
}

/** Entries between commas, trimmed, empty ones left out. */
function splitList(text: string): string[] {
  const entries: string[] = [];
  let entry = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && text[i + 1] === ',') {
      entry += ',';
      i++;
    } else if (text[i] === ',') {
      entries.push(entry.trim());
      entry = '';
    } else entry += text[i];
  }
  entries.push(entry.trim());
  return entries.filter((one) => one !== '');
}
