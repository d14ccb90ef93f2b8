/**
 * The Model Context Protocol at two addresses: `/mcp` with a small set of tools of our own, `/mcp/prometheus` with the
 * eighteen that speak Prometheus' names. Tools, schemas and the protocol's library (some 30 MB) are loaded by the first
 * request.
 */
import type { ReadOnlyTool } from '../../respond/index.ts';
import type { HttpRequest, Route } from '../http/route.ts';
import type { McpDeps } from './mcp-deps.ts';
import type { McpEndpoint } from './mcp-endpoint.ts';
import { createMcpMetrics, createToolGate } from './tool-runner.ts';

export interface McpHouse {
  readonly routes: readonly Route[];
  /** The reading tools of `/mcp`, for our own language model. */
  readOnlyTools(): Promise<readonly ReadOnlyTool[]>;
  /** Ends what runs; nothing to do when nobody asked. */
  close(): Promise<void>;
}

// Arguments are an expression and some names; 1 MiB is that of every query form.
const BODY_BYTES_MAX = 1024 * 1024;

export function createMcpHouse(deps: McpDeps): McpHouse {
  const runner = {
    ...deps,
    log: deps.log.child('mcp'),
    metrics: createMcpMetrics(deps.registry),
    gate: createToolGate(deps.clock),
    answerBytesMax: deps.config.answer_bytes_max,
  };
  const opened: Promise<McpEndpoint>[] = [];
  const lazy = (open: () => Promise<McpEndpoint>): (() => Promise<McpEndpoint>) => {
    let opening: Promise<McpEndpoint> | undefined;
    return () => {
      if (opening === undefined) opened.push((opening = open()));
      return opening;
    };
  };
  const native = lazy(async () => {
    const { McpEndpoint } = await import('./mcp-endpoint.ts');
    const { createNativeSurface } = await import('./native/native-surface.ts');
    return new McpEndpoint(runner, createNativeSurface(deps));
  });
  const prometheus = lazy(async () => {
    const { McpEndpoint } = await import('./mcp-endpoint.ts');
    const { createPrometheusSurface } = await import('./prometheus/prometheus-surface.ts');
    return new McpEndpoint(runner, createPrometheusSurface(deps));
  });
  return {
    routes: [mcpRoute('/mcp', native), mcpRoute('/mcp/prometheus', prometheus)],
    readOnlyTools: async () => {
      const { createReadOnlyTools } = await import('./read-only-tools.ts');
      const { createNativeSurface } = await import('./native/native-surface.ts');
      return createReadOnlyTools(runner, createNativeSurface(deps).tools);
    },
    close: async () => {
      // Who asked was told of one that could not be opened.
      for (const result of await Promise.allSettled(opened))
        if (result.status === 'fulfilled') await result.value.close();
    },
  };
}

/** The route of an endpoint that is made on first use. */
export function mcpRoute(path: string, endpoint: () => Promise<McpEndpoint>): Route {
  return {
    surface: 'mcp',
    methods: ['GET', 'POST', 'DELETE'],
    path,
    // Reading tools are for viewers; each writing one asks for more.
    access: 'viewer',
    bodyBytesMax: BODY_BYTES_MAX,
    errors: 'json',
    handle: async (request: HttpRequest) => await (await endpoint()).handle(request),
  };
}
