/** `prom_query` and `prom_query_range`: PromQL as it is, answers as long as they may be and no longer. */
import { formatDurationMs } from '@vedette/model';
import { z } from 'zod';
import type { McpTool, ToolResult } from '../tool.ts';
import { Asker, isTooLarge, type PrometheusToolDeps, type QueryAnswer } from './ask.ts';
import { describeUnread, narrowHint } from './count-instead.ts';
import { notesSection, pointsSection, seriesText, statisticsSection, valuesSection } from './shown-series.ts';
import { isoOf, RANGE_POINTS_MAX, readRange, readStep, readTime, timeInput } from '../times.ts';

// An expression of this length is a rule file by mistake.
const EXPR_CHARS_MAX = 20_000;

const exprInput = z.string().min(1).max(EXPR_CHARS_MAX).describe('PromQL expression');

// More rows are no answer but data.
const SERIES_MAX = 1000;
const SERIES_DEFAULT = 50;

// What one looks at first when something is wrong now.
const RANGE_MS_DEFAULT = 3_600_000;

// The points of ten series are a third of the default budget.
const POINTS_SERIES_MAX = 10;

export function queryTool(deps: PrometheusToolDeps): McpTool<typeof instantInput> {
  return {
    name: 'prom_query',
    title: 'PromQL instant query',
    description:
      'Evaluates PromQL at one time. Returns a value per series; too many series become a summary.',
    input: instantInput,
    access: 'read',
    run: async ({ query, time, limit }, call) => {
      const atMs = readTime('time', time, call.nowMs) ?? call.nowMs;
      const asker = new Asker(deps, call);
      const question = { expr: query, at: atMs, keep: limit };
      const answer = await asker.query(question).catch((error: unknown) => unread(error, asker, question));
      if ('summary' in answer) return answer;
      const when = `at ${new Date(atMs).toISOString()}`;
      if (answer.kind === 'scalar' || answer.kind === 'string')
        return {
          summary: `${answer.kind} ${JSON.stringify(answer.series[0]?.points[0]?.[1] ?? '')} ${when}`,
          ...linksOf(deps, query),
        };
      return {
        summary: `${countOf(answer)} ${when}`,
        sections: [
          ...wideSection(answer, deps),
          ...notesSection(answer),
          // A range selector gives samples, of which a value alone says nothing.
          answer.kind === 'matrix' ? statisticsSection(answer) : valuesSection(answer),
        ],
        ...hintOf(answer, query, deps),
        ...linksOf(deps, query),
      };
    },
  };
}

const limitInput = z
  .int()
  .min(1)
  .max(SERIES_MAX)
  .default(SERIES_DEFAULT)
  .describe('Series shown; all are counted');

const instantInput = z.strictObject({
  query: exprInput,
  time: timeInput.optional().describe('now-1h, RFC 3339 or Unix seconds; default now'),
  limit: limitInput,
});

export function queryRangeTool(deps: PrometheusToolDeps): McpTool<typeof rangeInput> {
  return {
    name: 'prom_query_range',
    title: 'PromQL range query',
    description:
      'Evaluates PromQL over a time range: min, max, avg and last of each series, and the points of up to 10 series, at most 120 each.',
    input: rangeInput,
    access: 'read',
    run: async ({ query, limit, step, ...times }, call) => {
      const { fromMs: startMs, untilMs: endMs } = readRange(times, call.nowMs, RANGE_MS_DEFAULT);
      const { stepMs, tooShortMs } = readStep(step, endMs - startMs);
      const range = { startMs, endMs, stepMs };
      const asker = new Asker(deps, call);
      const question = { expr: query, at: range, keep: limit };
      const answer = await asker.query(question).catch((error: unknown) => unread(error, asker, question));
      if ('summary' in answer) return answer;
      const raised =
        tooShortMs === undefined
          ? ''
          : `; the step was raised so that there are at most ${RANGE_POINTS_MAX} points`;
      const hasPoints = answer.total <= POINTS_SERIES_MAX;
      return {
        summary: `${countOf(answer)} from ${isoOf(startMs)} to ${isoOf(endMs)}, step ${formatDurationMs(stepMs)}${raised}`,
        sections: [
          ...wideSection(answer, deps),
          ...notesSection(answer),
          statisticsSection(answer),
          ...(hasPoints && answer.total > 0 ? [pointsSection(answer, range)] : []),
        ],
        ...hintOf(answer, query, deps, hasPoints ? undefined : POINTS_HINT),
        ...linksOf(deps, query),
      };
    },
  };
}

const POINTS_HINT = 'ask for at most 10 series to see their points';

const rangeInput = z.strictObject({
  query: exprInput,
  start: timeInput.optional().describe('now-6h, RFC 3339 or Unix seconds; default an hour before end'),
  end: timeInput.optional().describe('As start; default now'),
  step: z.string().max(40).optional().describe('Such as 1m; default: at most 120 points'),
  limit: limitInput,
});

/** An answer too long to be read becomes its size and shape; other errors stay what they are. */
async function unread(
  error: unknown,
  asker: Asker,
  { expr, at }: { readonly expr: string; readonly at: number | { readonly endMs: number } },
): Promise<ToolResult> {
  if (!isTooLarge(error)) throw error;
  return await describeUnread(asker, { expr, atMs: typeof at === 'number' ? at : at.endMs, error });
}

function countOf({ kind, total }: QueryAnswer): string {
  if (total === 0) return 'no series: nothing matches, or it has no samples';
  return `${total} series${kind === 'matrix' ? '' : ' with a value each'}`;
}

/** Before the rows, when not all of them can be shown. */
function wideSection(answer: QueryAnswer, deps: PrometheusToolDeps) {
  return isWide(answer, deps)
    ? [{ kind: 'text' as const, title: 'Values per label', text: answer.census.describe() || 'one series' }]
    : [];
}

function isWide({ total, series, census }: QueryAnswer, { answerBytesMax }: PrometheusToolDeps): boolean {
  if (total > series.length) return true;
  const bytes = series.reduce((sum, { labels }) => sum + seriesText(labels, census.common).length + 20, 0);
  return bytes > answerBytesMax / 2;
}

function hintOf(
  answer: QueryAnswer,
  query: string,
  deps: PrometheusToolDeps,
  other?: string,
): { readonly hint?: string } {
  const parts = other === undefined ? [] : [other];
  if (isWide(answer, deps)) parts.unshift(narrowHint(query, answer.census.findGroupLabel()));
  return parts.length === 0 ? {} : { hint: parts.join('; ') };
}

function linksOf({ linkOf }: PrometheusToolDeps, expr: string): Pick<ToolResult, 'links'> {
  return linkOf === undefined ? {} : { links: [linkOf(expr)] };
}
