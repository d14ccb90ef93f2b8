/**
 * The eighteen tools with Prometheus' names, over this server's own API or, with `mcp.prometheus`, over that of another
 * Prometheus. A tool is a function in a file here and a line in `prometheus-tools.ts`.
 */
import type { PrometheusApi } from '../../../store/metrics/port.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpSurface } from '../mcp-endpoint.ts';
import type { ToolLink } from '../tool.ts';
import { withDeadline } from './deadline-api.ts';
import { createInProcessApi } from './in-process-api.ts';
import { createPrometheusTools, PROMETHEUS_INSTRUCTIONS } from './prometheus-tools.ts';

export function createPrometheusSurface(deps: McpDeps): McpSurface {
  const { clock, config, prometheusRoutes, mcpPrometheus } = deps;
  const other = mcpPrometheus === undefined ? undefined : lazy(deps, mcpPrometheus);
  const tools = createPrometheusTools({
    clock,
    answerBytesMax: config.answer_bytes_max,
    apiOf: other ?? (({ caller }) => createInProcessApi(prometheusRoutes, caller)),
    // Our pages show our own samples.
    linkOf: other === undefined ? graphLink : undefined,
  });
  return { title: 'Prometheus', instructions: PROMETHEUS_INSTRUCTIONS, tools };
}

function lazy({ clock, config }: McpDeps, open: () => Promise<PrometheusApi>): () => Promise<PrometheusApi> {
  let opening: Promise<PrometheusApi> | undefined;
  const timeoutMs = config.prometheus?.timeout ?? 0;
  const openOnce = async (): Promise<PrometheusApi> =>
    withDeadline(await open(), { clock, timeoutMs, remedy: 'raise mcp.prometheus.timeout' });
  return () => (opening ??= openOnce());
}

/** The address that Prometheus' own links have. */
export function graphLink(expr: string): ToolLink {
  return {
    label: 'Graph',
    path: `/graph?${new URLSearchParams({ 'g0.expr': expr, 'g0.tab': '0' }).toString()}`,
  };
}
