/**
 * Answers of PromQL as rows: of one time the value, of a range what a person reads off a chart.
 *
 * Labels that all series share stand once, above the table: with them each row of a job's instances would be three times
 * as long. Of native histograms the number of observations is shown, and their mean.
 */
import {
  formatDurationMs,
  formatLabels,
  isValidAt,
  labelsToRecord,
  labelValueOf,
  NO_LABELS,
  withoutLabels,
  type Labels,
  type NativeHistogram,
  type QueryResult,
  type ResultSamples,
  type ResultSeries,
} from '@vedette/model';
import { formatValue } from '../../prometheus-api/go-text.ts';
import { LabelCensus } from '../label-census.ts';
import { shownNumber } from '../section-lines.ts';
import { isoOf } from '../times.ts';
import type { ToolCell, ToolSection } from '../tool.ts';

export interface SeriesTableOptions {
  readonly limit: number;
  readonly format: 'table' | 'json';
}

/** A course in so many numbers shows a rise, a step, a spike. */
const COURSE_POINTS = 10;

/** Of raw samples, the newest. */
const SAMPLES_SHOWN_MAX = 120;

export function seriesSections(result: QueryResult, options: SeriesTableOptions): readonly ToolSection[] {
  switch (result.kind) {
    case 'string':
      return [{ kind: 'text', title: 'Value', text: result.value }];
    case 'scalar': {
      const validity = new Uint8Array((result.grid.count + 7) >> 3).fill(0xff);
      return sectionsOf([{ labels: NO_LABELS, values: result.values, validity }], result, options);
    }
    case 'series':
      return sectionsOf(result.series, result, options);
    case 'samples':
      return samplesSections(result.series, options);
  }
}

function sectionsOf(
  series: readonly ResultSeries[],
  { grid }: QueryResult,
  { limit, format }: SeriesTableOptions,
): readonly ToolSection[] {
  if (series.length === 0) return [];
  const shown = series.slice(0, limit);
  const points = shown.map((one) => pointsOf(one, grid));
  if (format === 'json')
    return [
      {
        kind: 'json',
        title: 'Series',
        rowsName: 'series',
        rows: shown.map(({ labels }, i) => jsonOf(labels, points[i] ?? [])),
        total: series.length,
      },
    ];
  const common = commonLabelsOf(shown.map(({ labels }) => labels));
  const isInstant = grid.stepMs === 0;
  return [
    ...commonSection(common.labels),
    {
      kind: 'table',
      title: 'Series',
      columns: isInstant
        ? ['series', 'value']
        : ['series', 'last', 'min', 'avg', 'max', 'points', 'course, oldest first'],
      rows: points.map((list, i) => [
        common.rest[i] ?? '{}',
        ...(isInstant ? [valueText(list[0])] : statsOf(list)),
      ]),
      total: series.length,
    },
  ];
}

interface Point {
  readonly atMs: number;
  readonly value: number;
  readonly histogram: NativeHistogram | undefined;
}

function pointsOf({ values, validity, histograms }: ResultSeries, grid: QueryResult['grid']): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < grid.count; i++) {
    if (!isValidAt(validity, i)) continue;
    const histogram = histograms?.get(i);
    const value = histogram === undefined ? (values[i] ?? NaN) : histogram.count;
    points.push({ atMs: grid.startMs + i * grid.stepMs, value, histogram });
  }
  return points;
}

function valueText(point: Point | undefined): ToolCell {
  if (point === undefined) return null;
  const { value, histogram } = point;
  if (histogram === undefined) return shownNumber(value);
  const { count, sum } = histogram;
  return `native histogram: count ${shownNumber(count)}, sum ${shownNumber(sum)}, mean ${shownNumber(sum / count)}`;
}

/** NaN and infinities are values, but no part of a mean. */
function statsOf(points: readonly Point[]): readonly ToolCell[] {
  const finite = points.map(({ value }) => value).filter((value) => Number.isFinite(value));
  const last = points.at(-1);
  if (last === undefined) return [null, null, null, null, 0, null];
  const kind = last.histogram === undefined ? '' : ' (observations of a native histogram)';
  const lowest = finite.reduce((least, value) => Math.min(least, value), Infinity);
  const highest = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  const hasFinite = finite.length > 0;
  return [
    last.value,
    hasFinite ? lowest : null,
    hasFinite ? finite.reduce((sum, value) => sum + value / finite.length, 0) : null,
    hasFinite ? highest : null,
    points.length,
    courseOf(points).map(shownShort).join(' ') + kind,
  ];
}

/** Means of equal parts; of few points the points. */
function courseOf(points: readonly Point[]): readonly number[] {
  const count = Math.min(COURSE_POINTS, points.length);
  return Array.from({ length: count }, (_, i) => {
    const part = points.slice(
      Math.floor((i * points.length) / count),
      Math.floor(((i + 1) * points.length) / count),
    );
    return part.reduce((sum, { value }) => sum + value / part.length, 0);
  });
}

/** Three digits show a course. */
function shownShort(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : shownNumber(value);
}

/** Values as Prometheus writes them: JSON has no NaN. */
function jsonOf(labels: Labels, points: readonly Point[]): unknown {
  const histograms = points.filter(({ histogram }) => histogram !== undefined);
  return {
    metric: labelsToRecord(labels),
    values: points
      .filter(({ histogram }) => histogram === undefined)
      .map(({ atMs, value }) => [atMs / 1000, formatValue(value)]),
    ...(histograms.length === 0
      ? {}
      : {
          histograms: histograms.map(({ atMs, histogram }) => [
            atMs / 1000,
            { count: formatValue(histogram?.count ?? NaN), sum: formatValue(histogram?.sum ?? NaN) },
          ]),
        }),
  };
}

function samplesSections(
  series: readonly ResultSamples[],
  { limit, format }: SeriesTableOptions,
): readonly ToolSection[] {
  if (series.length === 0) return [];
  const shown = series.slice(0, limit).map(({ labels, timestampsMs, values, histograms }) => ({
    labels,
    count: timestampsMs.length,
    points: Array.from(timestampsMs)
      .map((atMs, i): Point => {
        const histogram = histograms?.get(i);
        return { atMs, value: histogram === undefined ? (values[i] ?? NaN) : histogram.count, histogram };
      })
      .slice(-SAMPLES_SHOWN_MAX),
  }));
  if (format === 'json')
    return [
      {
        kind: 'json',
        title: `Raw samples, the newest ${SAMPLES_SHOWN_MAX}`,
        rowsName: 'series',
        rows: shown.map(({ labels, points }) => jsonOf(labels, points)),
        total: series.length,
      },
    ];
  const common = commonLabelsOf(shown.map(({ labels }) => labels));
  return [
    ...commonSection(common.labels),
    {
      kind: 'table',
      title: 'Raw samples',
      columns: ['series', 'samples', 'last', 'last at', 'course, oldest first'],
      rows: shown.map(({ count, points }, i) => [
        common.rest[i] ?? '{}',
        count,
        valueText(points.at(-1)),
        points.length === 0 ? null : isoOf(points.at(-1)?.atMs ?? 0),
        courseOf(points).map(shownShort).join(' '),
      ]),
      total: series.length,
    },
  ];
}

/** What all have, and what each has besides; all of it when there is one. */
export function commonLabelsOf(all: readonly Labels[]): {
  readonly labels: Labels;
  readonly rest: readonly string[];
} {
  const [first, ...others] = all;
  if (first === undefined || others.length === 0)
    return { labels: NO_LABELS, rest: all.map((labels) => formatLabels(labels)) };
  const different = new Set<string>();
  for (let i = 0; i < first.length; i += 2) {
    const name = first[i] ?? '';
    if (others.some((labels) => labelValueOf(labels, name) !== first[i + 1])) different.add(name);
  }
  const labels = withoutLabels(first, different);
  const names = new Set(labels.filter((_, i) => i % 2 === 0));
  return { labels, rest: all.map((one) => formatLabels(withoutLabels(one, names))) };
}

export function commonSection(labels: Labels): readonly ToolSection[] {
  if (labels.length === 0) return [];
  return [{ kind: 'text', title: 'Labels of all rows', text: formatLabels(labels) }];
}

// Some 5 ms; more of them tell the same.
const COUNTED_SERIES_MAX = 2000;

/** What stands for rows that are not shown: by which labels there are so many, and how to ask for fewer. */
export function cardinalitySection(result: QueryResult, expr: string): readonly ToolSection[] {
  if (result.kind !== 'series' && result.kind !== 'samples') return [];
  const { series, grid } = result;
  const census = new LabelCensus();
  for (const { labels } of series.slice(0, COUNTED_SERIES_MAX)) census.add(labelsToRecord(labels));
  const by = census.findGroupLabel();
  const short = expr.length <= EXPR_CHARS_MAX ? expr : '…';
  const span = grid.stepMs === 0 ? '' : ` over ${formatDurationMs((grid.count - 1) * grid.stepMs)}`;
  const questions = [`topk(10, ${short})`, ...(by === undefined ? [] : [`sum by (${by}) (${short})`])];
  return [
    {
      kind: 'table',
      title: `Values of labels, of ${series.length > COUNTED_SERIES_MAX ? `the first ${COUNTED_SERIES_MAX}` : 'all'} series`,
      columns: ['label', 'values'],
      rows: census.counts(),
    },
    {
      kind: 'text',
      title: 'Fewer at a time',
      text: [`${series.length} series${span}`, ...questions].join('\n'),
    },
  ];
}

// A longer one is known to whoever wrote it.
const EXPR_CHARS_MAX = 200;
