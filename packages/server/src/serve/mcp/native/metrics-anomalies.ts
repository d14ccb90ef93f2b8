import {
  createMatcher,
  formatDurationMs,
  formatMatcher,
  isValidAt,
  labelValueOf,
  METRIC_NAME,
  type QueryResult,
  type ResultSeries,
} from '@vedette/model';
import { z } from 'zod';
import { deviationOf, fillRate, LASTING_SCORE, type Deviation } from '../../../respond/index.ts';
import { TimeSlicer } from '../../../lib/time-slicer.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { isoOf, readDuration } from '../times.ts';
import type { McpTool, ToolCall, ToolCell, ToolResult } from '../tool.ts';
import { expressionArgument, limitArgument, readSelector, wordArgument } from './arguments.ts';
import { answerTo, queryOf } from './caller-query.ts';
import { commonLabelsOf, commonSection } from './series-table.ts';
import { exploreLink } from './explore-link.ts';

const ROWS_DEFAULT = 20;

// About the budget of an answer at its greatest, with short rows.
const ROWS_MAX = 100;

// Five windows of before: quartiles of a hundred points, and an incident of one window among them moves neither.
const WINDOWS_BEFORE = 5;

const POINTS_PER_WINDOW = 20;

// What is compared with five such windows is a range of a week and a half.
const WINDOW_MS_MAX = 2 * 86_400_000;

// Twenty points of it are 15 s apart, as samples usually are: below, points are the same sample.
const WINDOW_MS_MIN = 5 * 60_000;

// Two samples of a target that is scraped once a minute. Between points that are closer together than samples a counter
// stands still or jumps, and its rate would be none or several times what it is.
const RATE_MS_MIN = 2 * 60_000;

const input = z.strictObject({
  match: expressionArgument.describe('Selector, such as {job="api"}; of counters the rate is judged'),
  window: wordArgument.default('1h').describe(`Now, against ${WINDOWS_BEFORE} such windows before; 5m to 2d`),
  limit: limitArgument(ROWS_DEFAULT, ROWS_MAX),
});

interface Judged extends Deviation {
  readonly series: ResultSeries;
  readonly isRate: boolean;
  readonly firstMs: number | undefined;
}

export function metricsAnomaliesTool(deps: McpDeps): McpTool<typeof input> {
  return {
    name: 'metrics_anomalies',
    title: 'Rank unusual series',
    description:
      'Series of a selector, ranked by how far they have left their own past (median, interquartile range): what behaves strangely, and since when.',
    input,
    access: 'read',
    run: async ({ match, window, limit }, call) => {
      const expr = selectorOf(deps, match);
      const windowMs = Math.max(WINDOW_MS_MIN, readDuration('window', window, WINDOW_MS_MAX));
      const stepMs = Math.ceil(windowMs / POINTS_PER_WINDOW);
      const ratePoints = Math.ceil(RATE_MS_MIN / stepMs);
      // As many points more at the beginning as the first rate looks back.
      const startMs = call.nowMs - (WINDOWS_BEFORE + 1) * windowMs - ratePoints * stepMs;
      const query = queryOf(deps.query, call);
      const result = await answerTo(() =>
        query.range({ expr, startMs, endMs: call.nowMs, stepMs }, call.signal),
      );
      const judged = await judgedOf(deps, { result, ratePoints }, call);
      return {
        summary: summaryOf(judged, windowMs),
        sections: sectionsOf(judged, limit),
        hint: hintOf(judged),
        links: [exploreLink(expr, { fromMs: startMs, untilMs: call.nowMs })],
      };
    },
  };
}

function hintOf(judged: readonly Judged[]): string {
  if (judged.length === 0) return 'no series match; metrics_find tells which there are';
  if (judged.every(({ before }) => Number.isNaN(before)))
    return `too little is stored of the ${WINDOWS_BEFORE} windows before; ask with a shorter window`;
  return 'a score tells strange from usual, not bad from good; look at the course with metrics_query';
}

function summaryOf(judged: readonly Judged[], windowMs: number): string {
  const strangeCount = judged.filter(({ score, isGone }) => score >= LASTING_SCORE && !isGone).length;
  const goneCount = judged.filter(({ isGone }) => isGone).length;
  const unknownCount = judged.filter(({ before }) => Number.isNaN(before)).length;
  return [
    `${strangeCount} of ${judged.length} series deviate by ${LASTING_SCORE} interquartile ranges or more in the last ${formatDurationMs(windowMs)}`,
    ...(goneCount === 0 ? [] : [`${goneCount} have stopped`]),
    ...(unknownCount === 0 ? [] : [`${unknownCount} have no past to be judged by`]),
  ].join(', ');
}

/** Without buckets: of a histogram count and sum tell enough. */
function selectorOf({ parseSelector }: McpDeps, match: string): string {
  const matchers = readSelector(parseSelector, 'match', match);
  const noBuckets = createMatcher(METRIC_NAME, '!~', '.+_bucket');
  return `{${[...matchers, noBuckets].map(formatMatcher).join(',')}}`;
}

async function judgedOf(
  { clock }: McpDeps,
  { result, ratePoints }: { readonly result: QueryResult; readonly ratePoints: number },
  { signal }: ToolCall,
): Promise<readonly Judged[]> {
  if (result.kind !== 'series') return [];
  const { grid } = result;
  const slicer = new TimeSlicer(clock).forTask();
  const firstNow = grid.count - POINTS_PER_WINDOW;
  const judged: Judged[] = [];
  for (const series of result.series) {
    if (slicer.shouldYield()) {
      await slicer.yield();
      signal.throwIfAborted();
    }
    const isRate =
      /_(?:total|count|sum)$/.test(labelValueOf(series.labels, METRIC_NAME)) || isHistogram(series);
    const column = isRate ? rateOf(columnOf(series, grid), grid, ratePoints) : columnOf(series, grid);
    const deviation = deviationOf(column.subarray(ratePoints, firstNow), column.subarray(firstNow));
    const { isGone, score } = deviation;
    const firstIndex = isGone
      ? column.findLastIndex((value) => !Number.isNaN(value)) + 1
      : deviation.firstIndex + firstNow;
    const hasFirst = isGone || deviation.firstIndex >= 0;
    judged.push({
      ...deviation,
      series,
      isRate,
      // What stopped is as strange as what has just left its past for good.
      score: isGone ? Math.max(score, LASTING_SCORE) : score,
      firstMs: hasFirst ? grid.startMs + firstIndex * grid.stepMs : undefined,
    });
  }
  return judged.toSorted((a, b) => b.score - a.score);
}

function isHistogram({ histograms }: ResultSeries): boolean {
  return histograms !== undefined && histograms.size > 0;
}

/** Values on the grid, holes as NaN; of a histogram how many were counted. */
function columnOf({ values, validity, histograms }: ResultSeries, grid: QueryResult['grid']): Float64Array {
  const column = new Float64Array(grid.count).fill(NaN);
  for (let i = 0; i < grid.count; i++)
    if (isValidAt(validity, i)) column[i] = histograms?.get(i)?.count ?? values[i] ?? NaN;
  return column;
}

function rateOf(column: Float64Array, { stepMs }: QueryResult['grid'], points: number): Float64Array {
  const rates = new Float64Array(column.length);
  fillRate(column, { rates, totals: new Float64Array(column.length), stepMs, points });
  return rates;
}

function sectionsOf(judged: readonly Judged[], limit: number): NonNullable<ToolResult['sections']> {
  const shown = judged.slice(0, limit);
  if (shown.length === 0) return [];
  const common = commonLabelsOf(shown.map(({ series }) => series.labels));
  return [
    ...commonSection(common.labels),
    {
      kind: 'table',
      title: 'Series, the strangest first',
      columns: ['series', 'score', 'direction', 'now', 'before', 'measure', 'since'],
      rows: shown.map((one, i) => [
        common.rest[i] ?? '{}',
        one.score,
        one.isGone ? 'stopped' : one.score === 0 ? null : one.direction,
        knownOf(one.isGone ? NaN : one.now),
        knownOf(one.before),
        one.isRate ? 'rate per s' : 'value',
        one.firstMs === undefined ? null : isoOf(one.firstMs),
      ]),
      total: judged.length,
    },
  ];
}

function knownOf(value: number): ToolCell {
  return Number.isNaN(value) ? null : value;
}
