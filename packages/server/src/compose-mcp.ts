/** The other Prometheus that the eighteen tools ask, of the server's configuration or of `vedette mcp --prometheus`. */
import type { Files } from '@vedette/model';
import type { HttpClientConfig } from './lib/http-client-config.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import { TOOL_SOURCE_BYTES_MAX } from './serve/mcp/prometheus/in-process-api.ts';
import { createPrometheusApi, type OpenPrometheusApi } from './store/metrics/prometheus/prometheus-api.ts';

export interface McpPrometheusOptions {
  readonly url: string;
  readonly http: HttpClientConfig;
  /** Files that `http` names are relative to it. */
  readonly directory: string;
  /** What to do when it refuses us. */
  readonly refusedRemedy: string;
}

export function openMcpPrometheus(
  deps: { readonly files: Files },
  options: McpPrometheusOptions,
): OpenPrometheusApi {
  return createPrometheusApi(deps, {
    ...options,
    userAgent: `Vedette/${VEDETTE_VERSION}`,
    name: 'Prometheus',
    answerBytesMax: TOOL_SOURCE_BYTES_MAX,
  });
}
