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
import { deviationOf, LASTING_SCORE, type Deviation } from '../../../respond/index.ts';
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

// Twenty points of it are three seconds apart: below, points are the same sample.
const WINDOW_MS_MIN = 60_000;

const input = z.strictObject({
  match: expressionArgument.describe('Selector, such as {job="api"}; of counters the rate is judged'),
  window: wordArgument.default('1h').describe(`Now, against ${WINDOWS_BEFORE} such windows before; 1m to 2d`),
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
      const startMs = call.nowMs - (WINDOWS_BEFORE + 1) * windowMs;
      const query = queryOf(deps.query, call);
      const result = await answerTo(() =>
        query.range({ expr, startMs, endMs: call.nowMs, stepMs }, call.signal),
      );
      const judged = await judgedOf(deps, result, call);
      return {
        summary: summaryOf(judged, windowMs),
        sections: sectionsOf(judged, limit),
        ...(judged.length === 0
          ? { hint: 'no series match; metrics_find tells which there are' }
          : {
              hint: 'a score tells strange from usual, not bad from good; look at the course with metrics_query',
            }),
        links: [exploreLink(expr, { fromMs: startMs, untilMs: call.nowMs })],
      };
    },
  };
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
  result: QueryResult,
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
    const column = columnOf(series, grid, isRate);
    const deviation = deviationOf(column.subarray(0, firstNow), column.subarray(firstNow));
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

/** Values on the grid, holes as NaN; of a counter its increase per second since the point before. */
function columnOf(
  { values, validity, histograms }: ResultSeries,
  grid: QueryResult['grid'],
  isRate: boolean,
): Float64Array {
  const column = new Float64Array(grid.count).fill(NaN);
  for (let i = 0; i < grid.count; i++)
    if (isValidAt(validity, i)) column[i] = histograms?.get(i)?.count ?? values[i] ?? NaN;
  if (!isRate) return column;
  const seconds = grid.stepMs / 1000;
  // From the end, so that each value before is still as it was read.
  for (let i = grid.count - 1; i > 0; i--) {
    const [before, after] = [column[i - 1] ?? NaN, column[i] ?? NaN];
    // A counter that fell began anew.
    column[i] = (after < before ? after : after - before) / seconds;
  }
  column[0] = NaN;
  return column;
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
