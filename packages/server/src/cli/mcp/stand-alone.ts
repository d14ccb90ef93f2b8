/**
 * The eighteen tools of Prometheus over stdin and stdout, without a server of ours: this process asks the Prometheus
 * itself. Whoever starts it may see what it shows; there is no audit log but that of the Prometheus.
 */
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { createMetricsRegistry } from '@vedette/sdk';
import type { Clock, Files, Random } from '@vedette/model';
import { openMcpPrometheus } from '../../compose-mcp.ts';
import type { HttpClientConfig } from '../../lib/http-client-config.ts';
import { VEDETTE_VERSION } from '../../lib/version.ts';
import type { Caller } from '../../serve/auth/caller.ts';
import { mcpConfig } from '../../serve/mcp/config.ts';
import { withDeadline } from '../../serve/mcp/prometheus/deadline-api.ts';
import {
  createPrometheusTools,
  PROMETHEUS_INSTRUCTIONS,
} from '../../serve/mcp/prometheus/prometheus-tools.ts';
import { graphLink } from '../../serve/mcp/prometheus/prometheus-surface.ts';
import { toolInputOf } from '../../serve/mcp/tool-input.ts';
import type { McpTool } from '../../serve/mcp/tool.ts';
import {
  createMcpMetrics,
  createToolGate,
  runTool,
  type ToolRunnerDeps,
} from '../../serve/mcp/tool-runner.ts';
import type { Log } from '../../telemetry/log.ts';
import { countedTransport } from './counted-transport.ts';

export interface StandAloneDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
}

export interface StandAloneOptions {
  readonly url: string;
  readonly http: HttpClientConfig;
  /** Files that `http` names are relative to it. */
  readonly directory: string;
  readonly timeoutMs: number;
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

/** Whoever can start a process as this user can read what it may read. */
const LOCAL: Caller = { kind: 'local', name: 'local', role: 'admin' };

// A message is a question; 10 MiB is the library's own limit for them.
const MESSAGE_BYTES_MAX = 1024 * 1024;

// As long as a call of a tool may take when it was asked before stdin ended.
const END_GRACE_MS = 30_000;

/** Resolves when stdin has ended and what was asked is answered, or when `signal` aborts. */
export async function serveStandAlone(deps: StandAloneDeps, options: StandAloneOptions): Promise<void> {
  const { clock, log } = deps;
  const { url, http, directory, timeoutMs, input, output, signal } = options;
  const refusedRemedy = 'give credentials with --token-file or --http-config';
  const api = openMcpPrometheus(deps, { url, http, directory, refusedRemedy });
  const asked = withDeadline(api, { clock, timeoutMs, remedy: 'raise --timeout' });
  const { answer_bytes_max: answerBytesMax } = mcpConfig.parse(undefined);
  const tools = createPrometheusTools({ clock, apiOf: () => asked, linkOf: graphLink, answerBytesMax });
  const runner: ToolRunnerDeps = {
    ...deps,
    metrics: createMcpMetrics(createMetricsRegistry()),
    gate: createToolGate(clock),
    audit: () => Promise.resolve(),
    externalUrl: api.url,
    answerBytesMax,
  };
  const lines = new PassThrough();
  const stdio = new StdioServerTransport(lines, output, { maxBufferSize: MESSAGE_BYTES_MAX });
  const { transport, idle } = countedTransport(stdio);
  const handle = serveStdio(() => createServer(runner, tools), {
    transport,
    onerror: (error) => log.warn('a message could not be handled', { error }),
  });
  try {
    await inputEnd(input, lines, output, signal);
    do await clock.yield();
    while (lines.writableLength > 0 || lines.readableLength > 0);
    await answered(clock, idle(), signal);
  } finally {
    await handle.close();
    lines.destroy();
    api.close();
  }
}

/** What is under way may end, for a while. */
async function answered(clock: Clock, idle: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = clock.setTimer(END_GRACE_MS, resolve);
    const end = (): void => {
      timer.cancel();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    void idle.then(end);
  });
}

/** Resolves at the end of the input, when nobody reads the answers any more, or when the signal aborts. */
async function inputEnd(
  input: Readable,
  lines: PassThrough,
  output: Writable,
  signal: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve) => {
    input.pipe(lines, { end: false });
    input
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    output.once('error', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  input.unpipe(lines);
}

function createServer(runner: ToolRunnerDeps, tools: readonly McpTool[]): McpServer {
  const identity = { name: 'vedette-prometheus', title: 'Prometheus', version: VEDETTE_VERSION };
  const server = new McpServer(identity, {
    instructions: PROMETHEUS_INSTRUCTIONS,
    capabilities: { tools: { listChanged: false } },
  });
  for (const tool of tools) {
    const { name, title, description } = tool;
    const annotations = { readOnlyHint: true, openWorldHint: false };
    const config = { title, description, inputSchema: toolInputOf(tool), annotations };
    server.registerTool(name, config, async (args, { mcpReq }) => {
      const call = { caller: LOCAL, remoteAddress: 'stdio', signal: mcpReq.signal };
      return { ...(await runTool(runner, { tool, args: args as Record<string, unknown> }, call)) };
    });
  }
  return server;
}
