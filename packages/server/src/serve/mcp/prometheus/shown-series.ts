/** Results of queries as sections of an answer: what is the same in all series once, then a row each. */
import { formatLabels, labelsOf } from '@vedette/model';
import type { ToolCell, ToolSection } from '../tool.ts';
import type { FoundSeries, Labels, Point, QueryAnswer, RangeSteps } from './ask.ts';
import { RANGE_POINTS_MAX } from '../times.ts';

/** A series without what all of them have. */
export function seriesText(labels: Labels, common: Labels): string {
  const own = Object.entries(labels).filter(([name]) => common[name] === undefined);
  return formatLabels(labelsOf(Object.fromEntries(own)));
}

/** Notes of the engine and what all series have; absent when there is neither. */
export function notesSection({ census, notes }: QueryAnswer): readonly ToolSection[] {
  const { common } = census;
  const lines = notes.slice(0, NOTES_MAX).map((note) => `note of the engine: ${note}`);
  if (Object.keys(common).length > 0) lines.unshift(`all series have ${formatLabels(labelsOf(common))}`);
  return lines.length === 0 ? [] : [{ kind: 'text', text: lines.join('\n') }];
}

// Engines repeat themselves per series.
const NOTES_MAX = 5;

export function valuesSection({ series, total, census }: QueryAnswer): ToolSection {
  const { common } = census;
  return {
    kind: 'table',
    title: 'Values',
    columns: ['series', 'value'],
    rows: series.map(({ labels, points }) => [seriesText(labels, common), points.at(-1)?.[1] ?? null]),
    total,
  };
}

export function statisticsSection({ series, total, census }: QueryAnswer): ToolSection {
  const { common } = census;
  return {
    kind: 'table',
    title: 'Statistics',
    columns: ['series', 'points', 'min', 'max', 'avg', 'last'],
    rows: series.map((one) => [seriesText(one.labels, common), one.points.length, ...statisticsOf(one)]),
    total,
  };
}

function statisticsOf({ points, isHistogram }: FoundSeries): readonly ToolCell[] {
  const last = points.at(-1)?.[1] ?? null;
  if (isHistogram) return [null, null, null, last];
  const values = points.map(([, text]) => numberOf(text)).filter((value) => !Number.isNaN(value));
  if (values.length === 0) return [null, null, null, last];
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return [shortNumber(min), shortNumber(max), shortNumber(sum / values.length), last];
}

/** The points on their grid, from the first that any series has to the last; a hole is null. The head has the times. */
export function pointsSection({ series, census }: QueryAnswer, { startMs, stepMs }: RangeSteps): ToolSection {
  const indexOf = ([seconds]: Point): number => Math.round((seconds * 1000 - startMs) / stepMs);
  const ends = series
    .flatMap(({ points }) => [points.at(0), points.at(-1)])
    .filter((point) => point !== undefined);
  const first = Math.max(0, Math.min(...ends.map(indexOf)));
  const last = Math.min(RANGE_POINTS_MAX, Math.max(...ends.map(indexOf)));
  return {
    kind: 'json',
    title: 'Points',
    head: { start: new Date(startMs + first * stepMs).toISOString(), stepSeconds: stepMs / 1000 },
    rowsName: 'series',
    rows: series.map(({ labels, points }) => {
      const values = Array<number | string | null>(Math.max(0, last - first + 1)).fill(null);
      for (const point of points) {
        const i = indexOf(point) - first;
        if (i >= 0 && i < values.length) values[i] = jsonNumber(point[1]);
      }
      return { series: seriesText(labels, census.common), values };
    }),
  };
}

/** Prometheus' spellings of what is no JSON number. */
export function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

function jsonNumber(text: string): number | string {
  const value = numberOf(text);
  return Number.isFinite(value) ? Number(shortNumber(value)) : text;
}

/** Nine digits tell times in seconds apart, and are shorter than what divisions leave. */
function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : 'NaN';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(9)));
}
