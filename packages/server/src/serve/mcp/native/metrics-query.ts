import { formatDurationMs, type QueryResult } from '@vedette/model';
import { z } from 'zod';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { RANGE_POINTS_MAX, isoOf, readRange, readTime, readStep } from '../times.ts';
import type { McpTool, ToolCall, ToolResult, ToolSection } from '../tool.ts';
import { expressionArgument, limitArgument, timeArgument, wordArgument } from './arguments.ts';
import { answerTo, queryOf } from './caller-query.ts';
import { cardinalitySection, seriesSections } from './series-table.ts';
import { exploreLink } from './explore-link.ts';

const SERIES_DEFAULT = 50;

// About the budget of an answer at its greatest, with short labels.
const SERIES_MAX = 500;

const HOUR_MS = 3_600_000;

const input = z.strictObject({
  query: expressionArgument.describe('PromQL'),
  time: timeArgument('At this time; default now'),
  start: timeArgument('Makes it a range query'),
  end: timeArgument('End of the range; default now'),
  step: wordArgument
    .optional()
    .describe(`As 30s; chosen so that there are at most ${RANGE_POINTS_MAX} points`),
  limit: limitArgument(SERIES_DEFAULT, SERIES_MAX, 'Series'),
  format: z
    .enum(['table', 'json'])
    .default('table')
    .describe('table: min, avg, max, last and course; json: every point'),
});

type Arguments = z.output<typeof input>;

export function metricsQueryTool(deps: McpDeps): McpTool<typeof input> {
  return {
    name: 'metrics_query',
    title: 'Query metrics',
    description:
      'Evaluates PromQL: at one time without start, over a range with it. Aggregate (sum by, topk) instead of listing many series.',
    input,
    access: 'read',
    run: async (args, call) =>
      args.start === undefined ? await atOneTime(deps, args, call) : await overRange(deps, args, call),
  };
}

async function atOneTime(deps: McpDeps, args: Arguments, call: ToolCall): Promise<ToolResult> {
  for (const name of ['end', 'step'] as const)
    if (args[name] !== undefined) throw invalidParameter(name, 'belongs to a range: give start, too');
  const atMs = readTime('time', args.time, call.nowMs) ?? call.nowMs;
  const query = queryOf(deps.query, call);
  const result = await answerTo(() => query.instant({ expr: args.query, atMs }, call.signal));
  return {
    ...resultOf(result, args),
    summary: `${shapeOf(result)} at ${isoOf(atMs)}`,
    links: [exploreLink(args.query, { fromMs: atMs - HOUR_MS, untilMs: atMs }, 'table')],
  };
}

async function overRange(deps: McpDeps, args: Arguments, call: ToolCall): Promise<ToolResult> {
  if (args.time !== undefined)
    throw invalidParameter('time', 'belongs to one moment: leave it out with start');
  const { fromMs: startMs, untilMs: endMs } = readRange(args, call.nowMs, HOUR_MS);
  const { stepMs, tooShortMs } = readStep(args.step, endMs - startMs);
  const note =
    tooShortMs === undefined
      ? ''
      : `; a step of ${formatDurationMs(tooShortMs)} would give more than ${RANGE_POINTS_MAX} points: ask for a shorter range`;
  const query = queryOf(deps.query, call);
  const result = await answerTo(() => query.range({ expr: args.query, startMs, endMs, stepMs }, call.signal));
  return {
    ...resultOf(result, args),
    summary: `${shapeOf(result)} from ${isoOf(startMs)} to ${isoOf(endMs)}, step ${formatDurationMs(stepMs)} (${result.grid.count} points)${note}`,
    links: [exploreLink(args.query, { fromMs: startMs, untilMs: endMs })],
  };
}

function shapeOf(result: QueryResult): string {
  switch (result.kind) {
    case 'scalar':
      return 'a scalar';
    case 'string':
      return 'a string';
    case 'series':
    case 'samples': {
      const { length } = result.series;
      return length === 0 ? 'no series' : `${length} series`;
    }
  }
}

function resultOf(result: QueryResult, args: Arguments): Omit<ToolResult, 'summary'> {
  const remarks = remarksOf(result);
  const sections = [...seriesSections(result, args), ...remarks];
  const isEmpty = (result.kind === 'series' || result.kind === 'samples') && result.series.length === 0;
  return {
    sections,
    whenCut: () => cardinalitySection(result, args.query),
    ...(isEmpty
      ? {
          hint: 'nothing matches at this time; metrics_find tells which metrics, labels and values there are',
        }
      : {}),
  };
}

function remarksOf({ annotations: { warnings, infos } }: QueryResult): readonly ToolSection[] {
  const lines = [...warnings.map((one) => `warning: ${one}`), ...infos.map((one) => `info: ${one}`)];
  return lines.length === 0 ? [] : [{ kind: 'text', title: 'Remarks of the engine', text: lines.join('\n') }];
}
