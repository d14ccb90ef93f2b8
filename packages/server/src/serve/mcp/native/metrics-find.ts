import {
  createMatcher,
  formatLabels,
  METRIC_NAME,
  type LabelRequest,
  type Matcher,
  type Page,
} from '@vedette/model';
import { z } from 'zod';
import { TimeSlicer } from '../../../lib/time-slicer.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { readRange } from '../times.ts';
import type { McpTool, ToolCall, ToolCell, ToolResult } from '../tool.ts';
import {
  expressionArgument,
  limitArgument,
  messageOf,
  readSelector,
  timeArgument,
  wordArgument,
} from './arguments.ts';
import { queryOf } from './caller-query.ts';
import { exploreLink } from './explore-link.ts';

const ROWS_DEFAULT = 100;

// About the budget of an answer at its greatest, with short rows.
const ROWS_MAX = 1000;

// A thousand pages: nobody reads further.
const PAGE_MAX = 1000;

// Looked through by a filter: at 100 bytes each 20 MB; beyond, a selector narrows better.
const SCAN_MAX = 200_000;

const DAY_MS = 86_400_000;

const input = z.strictObject({
  what: z
    .enum(['names', 'labels', 'values', 'series', 'metadata'])
    .describe(
      'names of metrics; labels: names of labels; values of one label; series; metadata: type and help',
    ),
  match: expressionArgument.optional().describe('Only of these series: {job="api"}. series needs it'),
  label: wordArgument.optional().describe('Whose values'),
  filter: wordArgument.optional().describe('Regular expression found anywhere, any case'),
  start: timeArgument('Series that exist since; default end-1d'),
  end: timeArgument('Default now'),
  limit: limitArgument(ROWS_DEFAULT, ROWS_MAX),
  page: z.int().min(1).max(PAGE_MAX).default(1).describe('From 1'),
});

type Arguments = z.output<typeof input>;

interface Found {
  readonly columns: readonly string[];
  readonly count: number;
  /** Made when it is looked at. */
  readonly rowAt: (i: number) => readonly ToolCell[];
  /** There were more than could be looked through. */
  readonly isPart: boolean;
}

export function metricsFindTool(deps: McpDeps): McpTool<typeof input> {
  return {
    name: 'metrics_find',
    title: 'Find metrics',
    description:
      'Which metrics, labels, values and series are stored, with type and help. Ask before writing PromQL with guessed names.',
    input,
    access: 'read',
    run: async (args, call) => {
      const accepts = filterOf(args.filter);
      const found = await findOf(deps, args, call);
      const { columns, isPart } = found;
      const offset = (args.page - 1) * args.limit;
      const matching = await matchingOf(deps, found, { accepts, signal: call.signal });
      const page = matching.slice(offset, offset + args.limit).map((i) => found.rowAt(i));
      return {
        summary: `${isPart ? 'more than ' : ''}${matching.length} ${args.what}${args.filter === undefined ? '' : ' match the filter'}; rows ${page.length === 0 ? 'none' : `${offset + 1} to ${offset + page.length}`}`,
        sections: [
          {
            kind: 'table',
            title: args.what,
            columns,
            rows: page,
            total: Math.max(page.length, matching.length - offset),
          },
        ],
        ...hintOf(args, matching.length, isPart),
        links: args.match === undefined ? [] : [exploreLink(args.match)],
      };
    },
  };
}

/** Which rows the filter accepts; in slices, since a pattern and as many names as there may be take a second. */
async function matchingOf(
  { clock }: McpDeps,
  { count, rowAt }: Found,
  { accepts, signal }: { readonly accepts: Filter | undefined; readonly signal: AbortSignal },
): Promise<readonly number[]> {
  const all = Array.from({ length: count }, (_, i) => i);
  if (accepts === undefined) return all;
  const slicer = new TimeSlicer(clock).forTask();
  const matching: number[] = [];
  for (const i of all) {
    if (slicer.shouldYield()) {
      await slicer.yield();
      signal.throwIfAborted();
    }
    const row = rowAt(i);
    if (accepts(String(row[0]), String(row.at(-1) ?? ''))) matching.push(i);
  }
  return matching;
}

function hintOf({ page, limit }: Arguments, total: number, isPart: boolean): Pick<ToolResult, 'hint'> {
  if (isPart)
    return { hint: `only the first ${SCAN_MAX} were looked through; narrow with match or a shorter range` };
  if (total > page * limit) return { hint: `page ${page + 1} has more; filter and match narrow` };
  return {};
}

type Filter = (name: string, help: string) => boolean;

/** The name, or what stands in the last column: the help. */
function filterOf(filter: string | undefined): Filter | undefined {
  if (filter === undefined) return undefined;
  let matcher: Matcher;
  try {
    // Alone first: what is wrong with it is told in the words that were asked with.
    createMatcher('filter', '=~', filter);
    matcher = createMatcher('filter', '=~', `(?is:.*(?:${filter}).*)`);
  } catch (error) {
    throw invalidParameter('filter', `must be a regular expression (RE2): ${messageOf(error)}`);
  }
  return (name, help) => matcher.matches(name) || matcher.matches(help);
}

async function findOf(deps: McpDeps, args: Arguments, call: ToolCall): Promise<Found> {
  const { what, match, label } = args;
  if (what !== 'values' && label !== undefined)
    throw invalidParameter('label', 'belongs to what=values alone');
  const query = queryOf(deps.query, call);
  const request: LabelRequest = {
    matcherSets: match === undefined ? [] : [readSelector(deps.parseSelector, 'match', match)],
    range: readRange(args, call.nowMs, DAY_MS),
    limit: SCAN_MAX,
  };
  const column = <T>(name: string, page: Page<T>, textOf: (one: T) => string): Found => ({
    columns: [name],
    count: page.items.length,
    rowAt: (i) => page.items.slice(i, i + 1).map(textOf),
    isPart: page.isTruncated,
  });
  const same = (text: string): string => text;
  switch (what) {
    case 'names':
      return await withHelp(deps, await query.labelValues(METRIC_NAME, request, call.signal), call);
    case 'labels':
      return column('label', await query.labelNames(request, call.signal), same);
    case 'values':
      if (label === undefined) throw invalidParameter('label', 'is missing: whose values?');
      return column('value', await query.labelValues(label, request, call.signal), same);
    case 'series': {
      if (match === undefined)
        throw invalidParameter('match', 'is missing: which series? such as {job="api"} or node_load1');
      return column('series', await query.series(request, call.signal), (labels) => formatLabels(labels));
    }
    case 'metadata': {
      const names =
        match === undefined ? undefined : await query.labelValues(METRIC_NAME, request, call.signal);
      return await withHelp(deps, names, call);
    }
  }
}

/** Families by name, all of them without `names`; series of a histogram or summary are those of their family. */
async function withHelp(
  deps: McpDeps,
  names: Page<string> | undefined,
  { signal }: ToolCall,
): Promise<Found> {
  const families = new Map((await deps.query.metadata(undefined, signal)).map((one) => [one.family, one]));
  const all = names?.items ?? [...families.keys()];
  const rowAt = (i: number): readonly ToolCell[] => {
    const name = all[i] ?? '';
    const known = families.get(name) ?? families.get(name.replace(/_(?:bucket|count|sum|total)$/, ''));
    return [name, known?.type ?? null, known?.unit || null, known?.help || null];
  };
  const isPart = names?.isTruncated ?? false;
  return { columns: ['name', 'type', 'unit', 'help'], count: all.length, rowAt, isPart };
}
