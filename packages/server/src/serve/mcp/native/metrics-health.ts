import {
  createMatcher,
  formatDurationMs,
  formatLabels,
  isValidAt,
  labelsKeyOf,
  labelValueOf,
  METRIC_NAME,
  quotePattern,
  type Labels,
  type Matcher,
} from '@vedette/model';
import { z } from 'zod';
import type { PromQuery } from '../../../query/metrics/port.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { readDuration } from '../times.ts';
import type { McpTool, ToolCall, ToolCell, ToolResult } from '../tool.ts';
import { wordArgument } from './arguments.ts';
import { answerTo, queryOf } from './caller-query.ts';
import {
  nodeSignals,
  podSignals,
  SERVICE_LABELS,
  SERVICE_METRICS,
  serviceSignals,
  type Signal,
} from './health-signals.ts';
import { exploreLink } from './explore-link.ts';

const WINDOW_DEFAULT = '5m';

// Longer ones say less of now than a range query does.
const WINDOW_MS_MAX = 86_400_000;

const DAY_MS = 86_400_000;

// Looked at to see which metrics there are; more of them are of the same kinds.
const SERIES_MAX = 5000;

// A screen; whoever wants one of more gives its name.
const SUBJECTS_MAX = 25;

// Of that what was, up or down: less is noise.
const CHANGE_RATIO_MIN = 0.25;

const input = z.strictObject({
  kind: z.enum(['node', 'service', 'pod']).describe('node: machine'),
  name: wordArgument
    .optional()
    .describe(
      'node: instance or its host; service: its label service, app or job; pod: name or its prefix. Default all',
    ),
  namespace: wordArgument.optional().describe('Only in this namespace'),
  window: wordArgument.default(WINDOW_DEFAULT).describe('Means over the last, as 5m; at most 1d'),
});

type Arguments = z.output<typeof input>;

export function metricsHealthTool(deps: McpDeps): McpTool<typeof input> {
  return {
    name: 'metrics_health',
    title: 'Golden signals',
    description:
      'Traffic, errors, latency, saturation of machines, services or pods, against the same time a day before (or the window before). No PromQL needed.',
    input,
    access: 'read',
    run: async (args, call) => {
      const windowMs = readDuration('window', args.window, WINDOW_MS_MAX);
      const query = queryOf(deps.query, call);
      const signals = await signalsOf(query, { args, windowMs }, call);
      const measured = await measure(query, { signals, windowMs }, call);
      return resultOf(args, measured, windowMs);
    },
  };
}

/** An instance with or without its port; a pod, or all of its deployment. */
async function signalsOf(
  query: PromQuery,
  { args, windowMs }: { readonly args: Arguments; readonly windowMs: number },
  call: ToolCall,
): Promise<readonly Signal[]> {
  const { kind, name, namespace } = args;
  const window = formatDurationMs(windowMs);
  const inNamespace = namespace === undefined ? [] : [createMatcher('namespace', '=', namespace)];
  const named = name === undefined ? '' : quotePattern(name);
  switch (kind) {
    case 'node':
      return nodeSignals(
        [
          ...inNamespace,
          ...(name === undefined ? [] : [createMatcher('instance', '=~', `${named}(:[0-9]+)?`)]),
        ],
        window,
      );
    case 'pod':
      return podSignals(
        [...inNamespace, ...(name === undefined ? [] : [createMatcher('pod', '=~', `${named}(-.*)?`)])],
        window,
      );
    case 'service': {
      const metrics = createMatcher(METRIC_NAME, '=~', SERVICE_METRICS.join('|'));
      const keys = SERVICE_LABELS.map((key) =>
        name === undefined ? createMatcher(key, '!=', '') : createMatcher(key, '=', name),
      );
      const range = { fromMs: call.nowMs - Math.max(windowMs, DAY_MS / 24), untilMs: call.nowMs };
      const { items } = await query.series(
        { matcherSets: keys.map((key) => [metrics, key, ...inNamespace]), range, limit: SERIES_MAX },
        call.signal,
      );
      const key = keyOf(items, name);
      const conditions: readonly Matcher[] = [
        ...inNamespace,
        name === undefined ? createMatcher(key, '!=', '') : createMatcher(key, '=', name),
      ];
      return serviceSignals(items, { key, conditions }, window);
    }
  }
}

/** The label that names services on most series; of equal ones the most telling. */
function keyOf(series: readonly Labels[], name: string | undefined): string {
  const counts = SERVICE_LABELS.map((key) => {
    const isOne = (labels: Labels): boolean => {
      const value = labelValueOf(labels, key);
      return value !== '' && (name === undefined || value === name);
    };
    return { key, count: series.filter(isOne).length };
  });
  return counts.toSorted((a, b) => b.count - a.count)[0]?.key ?? 'job';
}

interface Measured {
  readonly signal: Signal;
  readonly labels: Labels;
  readonly now: number;
  readonly before: number | undefined;
}

interface Measure {
  readonly found: readonly Measured[];
  readonly baselineMs: number;
}

/** A day before where anything is known of then, else the window before. */
async function measure(
  query: PromQuery,
  { signals, windowMs }: { readonly signals: readonly Signal[]; readonly windowMs: number },
  call: ToolCall,
): Promise<Measure> {
  const now = await valuesAt(query, signals, call.nowMs, call);
  const dayBefore = await valuesAt(query, signals, call.nowMs - DAY_MS, call);
  const hasDay = dayBefore.some(({ size }) => size > 0);
  const baselineMs = hasDay ? DAY_MS : windowMs;
  const before = hasDay ? dayBefore : await valuesAt(query, signals, call.nowMs - windowMs, call);
  const found = signals.flatMap((signal, i) =>
    [...(now[i] ?? [])].map(([key, { labels, value }]) => ({
      signal,
      labels,
      now: value,
      before: before[i]?.get(key)?.value,
    })),
  );
  return { found, baselineMs };
}

type Values = ReadonlyMap<string, { readonly labels: Labels; readonly value: number }>;

async function valuesAt(
  query: PromQuery,
  signals: readonly Signal[],
  atMs: number,
  { signal: abort }: ToolCall,
): Promise<readonly Values[]> {
  const all: Values[] = [];
  // One after the other: the first answer of an assistant must not take all the turns there are.
  for (const { expr } of signals) {
    const result = await answerTo(() => query.instant({ expr, atMs }, abort));
    const values = new Map<string, { readonly labels: Labels; readonly value: number }>();
    if (result.kind === 'series')
      for (const { labels, values: column, validity } of result.series)
        if (isValidAt(validity, 0)) values.set(labelsKeyOf(labels), { labels, value: column[0] ?? NaN });
    all.push(values);
  }
  return all;
}

function resultOf({ kind, name }: Arguments, { found, baselineMs }: Measure, windowMs: number): ToolResult {
  const subjects = Map.groupBy(found, ({ labels }) => labelsKeyOf(labels));
  const changed = found.filter((one) => extentOf(one) >= CHANGE_RATIO_MIN);
  // Those with the most changes first.
  const order = [...subjects.values()].toSorted((a, b) => strangenessOf(b) - strangenessOf(a));
  const [worst] = changed.toSorted((a, b) => extentOf(b) - extentOf(a));
  const link = worst ?? found[0];
  const against =
    baselineMs === DAY_MS && windowMs !== DAY_MS ? 'the same time a day before' : 'the window before';
  const isCompared = found.some((one) => changeOf(one) !== undefined);
  const compared = isCompared
    ? `${changed.length} differ from ${against} by ${CHANGE_RATIO_MIN * 100} % or more`
    : 'nothing is known of before to compare with';
  return {
    summary: `${subjects.size} ${kind}s, ${found.length} signals over ${formatDurationMs(windowMs)}${found.length === 0 ? '' : `; ${compared}`}`,
    sections: [
      {
        kind: 'table',
        title: 'Signals',
        columns: [kind, 'signal', 'unit', 'now', 'before', 'change'],
        rows: order.slice(0, SUBJECTS_MAX).flatMap((list) => list.map(rowOf)),
        total: found.length,
      },
    ],
    ...hintOf(kind, name, found.length),
    links: link === undefined ? [] : [exploreLink(link.signal.expr)],
  };
}

function hintOf(kind: Arguments['kind'], name: string | undefined, count: number): Pick<ToolResult, 'hint'> {
  if (count > 0) return name === undefined ? { hint: 'name narrows to one' } : {};
  const [wanted, label] = {
    node: ['node_exporter (node_cpu_seconds_total, …)', 'instance'],
    pod: ['cAdvisor and kube-state-metrics (container_cpu_usage_seconds_total, …)', 'pod'],
    service: ['request metrics with a label service, service_name, app or job', 'job'],
  }[kind];
  return {
    hint:
      name === undefined
        ? `nothing has metrics of ${wanted}; metrics_find with what=names lists those there are`
        : `nothing of this name has metrics of ${wanted}; metrics_find with what=values and label=${label} lists the names there are`,
  };
}

function rowOf(one: Measured): readonly ToolCell[] {
  const { signal, labels, now, before } = one;
  const change = changeOf(one);
  return [
    labels.length === 0 ? '{}' : labels.length === 2 ? (labels[1] ?? '') : formatLabels(labels),
    signal.name,
    signal.unit,
    now,
    before ?? null,
    change === undefined ? null : changeText(change),
  ];
}

/** Of what was, infinite from nothing; `undefined` where one of the two is not known. */
function changeOf({ now, before }: Measured): number | undefined {
  if (before === undefined || !Number.isFinite(now) || !Number.isFinite(before)) return undefined;
  return now === before ? 0 : (now - before) / Math.abs(before);
}

function changeText(change: number): string {
  if (!Number.isFinite(change)) return 'from 0';
  return `${change >= 0 ? '+' : ''}${Math.round(change * 100)} %`;
}

// Six times as much, or errors where there were none: one signal alone does not outweigh several.
const EXTENT_MAX = 5;

function extentOf(one: Measured): number {
  return Math.min(EXTENT_MAX, Math.abs(changeOf(one) ?? 0));
}

function strangenessOf(list: readonly Measured[]): number {
  return list.reduce((sum, one) => sum + extentOf(one), 0);
}
