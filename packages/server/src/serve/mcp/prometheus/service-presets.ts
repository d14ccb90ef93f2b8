/** Presets over the requests of services: how long, how many fail, how many there are. */
import { bug } from '@vedette/model';
import { z } from 'zod';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import type { McpTool, ToolCall, ToolResult, ToolSection } from '../tool.ts';
import { Asker, type PrometheusToolDeps } from './ask.ts';
import {
  presetInputs,
  promqlSection,
  readPreset,
  tableSection,
  valueInput,
  windowText,
  type PresetColumn,
  type PresetTable,
} from './preset.ts';
import { matcherOf, selectorOf } from './promql-text.ts';
import {
  findServiceSources,
  unknownServiceHint,
  type ServicePurpose,
  type ServiceSource,
} from './service-families.ts';
import { readTime } from '../times.ts';

const serviceInput = z.strictObject({
  service: valueInput(
    'Service as a label service, service_name, app or job has it, or a pattern; default all',
  ),
  namespace: valueInput('Namespace, or a pattern; default all'),
  by: z.string().max(100).optional().describe('One more label to tell rows apart, such as http_route'),
  metric: z.string().max(200).optional().describe('Family of metrics when it is none of the usual'),
  ...presetInputs,
});

type ServiceArguments = z.output<typeof serviceInput>;

/** The expressions over one source: `select` is its series with further matchers, `keys` the labels of a row. */
interface Selected {
  readonly source: ServiceSource;
  readonly keys: string;
  readonly select: (suffix: string, ...matchers: string[]) => string;
  readonly window: string;
}

const latencyInput = serviceInput.extend({
  quantile: z.number().min(0).max(1).default(0.95).describe('Such as 0.95'),
});

export function serviceLatencyTool(deps: PrometheusToolDeps): McpTool<typeof latencyInput> {
  return {
    name: 'prom_service_latency',
    title: 'Latency of services',
    description:
      'Time that requests take per service, in seconds: a quantile, the median, the average; from whichever usual histogram there is.',
    input: latencyInput,
    access: 'read',
    run: async ({ quantile, ...args }, call) =>
      await serviceResult({ deps, call }, { purpose: 'latency', args, what: 'latency' }, (selected) =>
        latencyColumns(selected, quantile),
      ),
  };
}

function latencyColumns(
  { source, keys, select, window }: Selected,
  quantile: number,
): readonly PresetColumn[] {
  const scale = /milliseconds|_ms$/.test(source.family) ? ' / 1000' : '';
  const isNative = source.kind === 'native';
  const grouped = isNative
    ? `sum by (${keys}) (rate(${select('')}[${window}]))`
    : `sum by (le, ${keys}) (rate(${select('_bucket')}[${window}]))`;
  const sumOf = (part: 'sum' | 'count'): string =>
    isNative ? `histogram_${part}(${grouped})` : `sum by (${keys}) (rate(${select(`_${part}`)}[${window}]))`;
  const percent = String(Number((quantile * 100).toPrecision(6)));
  return [
    { name: `p${percent} s`, expr: `histogram_quantile(${quantile}, ${grouped})${scale}` },
    { name: 'p50 s', expr: `histogram_quantile(0.5, ${grouped})${scale}` },
    { name: 'avg s', expr: `${sumOf('sum')} / ${sumOf('count')}${scale}` },
    { name: 'requests/s', expr: sumOf('count') },
  ].filter(({ name }, i, all) => all.findIndex((one) => one.name === name) === i);
}

export function serviceErrorsTool(deps: PrometheusToolDeps): McpTool<typeof serviceInput> {
  return {
    name: 'prom_service_error_rate',
    title: 'Error rate of services',
    description: 'Requests per service that fail (status 5xx, gRPC errors): in percent and per second.',
    input: serviceInput,
    access: 'read',
    run: async (args, call) =>
      await serviceResult({ deps, call }, { purpose: 'errors', args, what: 'error rate' }, errorColumns),
  };
}

function errorColumns({ source, keys, select, window }: Selected): readonly PresetColumn[] {
  const { status, kind } = source;
  if (status === undefined) return bug('a source of errors must have a status');
  const rate = (...matchers: string[]): string => {
    const summed = `sum by (${keys}) (rate(${select('', ...matchers)}[${window}]))`;
    return kind === 'native' ? `histogram_count(${summed})` : summed;
  };
  const failed = rate(`${status.label}=~"${status.failure}"`);
  // A service without a failure has no series for it.
  const counted = `(${failed} or 0 * ${rate()})`;
  return [
    { name: 'errors %', expr: `100 * ${counted} / ${rate()}` },
    { name: 'errors/s', expr: counted },
    { name: 'requests/s', expr: rate() },
  ];
}

export function serviceRateTool(deps: PrometheusToolDeps): McpTool<typeof serviceInput> {
  return {
    name: 'prom_service_request_rate',
    title: 'Request rate of services',
    description: 'Requests per second and service, now and an hour before.',
    input: serviceInput,
    access: 'read',
    run: async (args, call) =>
      await serviceResult({ deps, call }, { purpose: 'rate', args, what: 'request rate' }, rateColumns),
  };
}

function rateColumns({ source, keys, select, window }: Selected): readonly PresetColumn[] {
  const rate = (offset: string): string => {
    const summed = `sum by (${keys}) (rate(${select('')}[${window}]${offset}))`;
    return source.kind === 'native' ? `histogram_count(${summed})` : summed;
  };
  return [
    { name: 'requests/s', expr: rate('') },
    { name: 'an hour before', expr: rate(' offset 1h') },
  ];
}

interface ServiceAsked {
  readonly purpose: ServicePurpose;
  readonly args: ServiceArguments;
  readonly what: string;
}

async function serviceResult(
  { deps, call }: { readonly deps: PrometheusToolDeps; readonly call: ToolCall },
  { purpose, args, what }: ServiceAsked,
  columnsOf: (selected: Selected) => readonly PresetColumn[],
): Promise<ToolResult> {
  const { service, namespace, metric, limit } = args;
  const atMs = readTime('time', args.time, call.nowMs) ?? call.nowMs;
  const window = windowText(args.window);
  const by = args.by === undefined ? undefined : labelOf(args.by);
  const asker = new Asker(deps, call);
  const found = await findServiceSources(asker, { purpose, service, namespace, metric, atMs });
  const when = `at ${new Date(atMs).toISOString()} over ${window}`;
  if (found.sources.length === 0)
    return {
      summary: `${what} ${when}: no request metrics${service === undefined ? '' : ` of ${JSON.stringify(service)}`}`,
      sections: [
        ...knownSection(found.known),
        { kind: 'text', title: 'PromQL', text: `looked for: ${found.expr}`, isOurs: true },
      ],
      hint: unknownServiceHint(found, service),
    };
  const tables = found.sources.map((source) => tableOf(source, { args, by, window }, columnsOf));
  const results = await Promise.all(tables.map((table) => readPreset(asker, table, atMs)));
  const sections: ToolSection[] = tables.flatMap((table, i) => {
    const rows = results[i] ?? { rows: [], isCut: false };
    return rows.rows.length === 0 && tables.length > 1 ? [] : [tableSection(table, rows, limit)];
  });
  const expr = tables[0]?.columns[0]?.expr;
  return {
    summary: `${what} ${when}: ${results.reduce((sum, { rows }) => sum + rows.length, 0)} rows, from ${found.sources.map(({ family }) => family).join(', ')}`,
    sections: [...sections, promqlSection(tables)],
    ...(results.some(({ isCut, rows }) => isCut || rows.length > limit) ? { hint: NARROW } : {}),
    ...(deps.linkOf === undefined || expr === undefined ? {} : { links: [deps.linkOf(expr)] }),
  };
}

const NARROW = 'the greatest are shown; narrow with service, namespace';

function knownSection(known: readonly string[]): readonly ToolSection[] {
  if (known.length === 0) return [];
  const shown = known.slice(0, KNOWN_MAX);
  return [
    {
      kind: 'table',
      title: 'Services that tell of requests',
      columns: ['service'],
      rows: shown.map((name) => [name]),
      total: known.length,
    },
  ];
}

// Enough to find one's own.
const KNOWN_MAX = 50;

function tableOf(
  source: ServiceSource,
  {
    args: { service, namespace },
    by,
    window,
  }: { readonly args: ServiceArguments; readonly by: string | undefined; readonly window: string },
  columnsOf: (selected: Selected) => readonly PresetColumn[],
): PresetTable {
  const { family, serviceLabel, hasNamespace } = source;
  const keys = [...(hasNamespace ? ['namespace'] : []), serviceLabel, ...(by === undefined ? [] : [by])];
  const own = [
    service === undefined ? `${serviceLabel}!=""` : matcherOf(serviceLabel, service),
    namespace === undefined ? undefined : matcherOf('namespace', namespace),
    // Of traces only what a service was asked for; what it asks of others is the others'.
    family.startsWith('traces_') ? 'span_kind="SPAN_KIND_SERVER"' : undefined,
  ];
  const select = (suffix: string, ...matchers: string[]): string =>
    `${family}${suffix}${selectorOf([...own, ...matchers])}`;
  return {
    title: family,
    keys: [...new Set(keys)],
    columns: columnsOf({ source, keys: [...new Set(keys)].join(', '), select, window }),
  };
}

function labelOf(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && name !== 'le') return name;
  throw invalidParameter('by', `must be the name of a label; got ${JSON.stringify(name)}`);
}
