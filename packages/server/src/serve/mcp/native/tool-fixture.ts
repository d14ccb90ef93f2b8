/** For tests: the tools over a real engine with samples in memory, and over stages that are invented. */
import { MemoryMetrics, type MetricMetadata } from '@vedette/model';
import { parseMetricSelector } from '@vedette/promql/parser';
import { createMetricsRegistry } from '@vedette/sdk';
import { TimeSlicer } from '../../../lib/time-slicer.ts';
import { queryConfigSchema } from '../../../query/metrics/index.ts';
import { createEmbeddedPromQuery } from '../../../query/metrics/embedded.ts';
import type { QueryOptions } from '../../../query/metrics/port.ts';
import type { Caller } from '../../auth/caller.ts';
import { createTestClock, createTestDeps } from '../../test-server.ts';
import { mcpConfig } from '../config.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { createMcpMetrics, createToolGate, runTool } from '../tool-runner.ts';
import { createNativeSurface } from './native-surface.ts';

export const VIEWER: Caller = { kind: 'token', name: 'bot', role: 'viewer' };

export interface ToolScene {
  readonly metrics: MemoryMetrics;
  readonly nowMs: number;
  readonly deps: McpDeps;
  /** Of the queries that were evaluated. */
  readonly options: readonly (QueryOptions | undefined)[];
  /** The text of an answer; `error: ` before that of a refusal. */
  readonly ask: (name: string, args?: Record<string, unknown>, caller?: Caller) => Promise<string>;
}

export function createToolScene(
  overrides: Partial<McpDeps> = {},
  metadata: readonly MetricMetadata[] = [],
): ToolScene {
  const clock = createTestClock();
  const registry = createMetricsRegistry();
  const metrics = new MemoryMetrics(metadata);
  const options: (QueryOptions | undefined)[] = [];
  const engine = createEmbeddedPromQuery(
    { clock, registry, reader: metrics, slicer: new TimeSlicer(clock) },
    queryConfigSchema.parse({}),
  );
  const deps: McpDeps = {
    ...createTestDeps({ clock, registry }),
    query: {
      ...engine,
      instant: (request, signal) => (options.push(request.options), engine.instant(request, signal)),
      range: (request, signal) => (options.push(request.options), engine.range(request, signal)),
    },
    parseSelector: parseMetricSelector,
    prometheusRoutes: [],
    audit: () => Promise.resolve(),
    config: mcpConfig.parse({}),
    ...overrides,
  };
  const runner = {
    ...deps,
    metrics: createMcpMetrics(registry),
    gate: createToolGate(clock),
    answerBytesMax: deps.config.answer_bytes_max,
  };
  const { tools } = createNativeSurface(deps);
  return {
    metrics,
    nowMs: clock.nowMs(),
    deps,
    options,
    ask: async (name, args = {}, caller = VIEWER) => {
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`no tool is called ${name}`);
      const call = { caller, remoteAddress: '', signal: new AbortController().signal };
      const { content, isError } = await runTool(runner, { tool, args }, call);
      return (isError === true ? 'error: ' : '') + (content[0]?.text ?? '');
    },
  };
}
