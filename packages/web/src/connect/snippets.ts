import type { WayId } from './ways.ts';

/** What stands in the lines besides themselves. */
export interface Place {
  /** Of this server as the reader reaches it, without a slash at the end. */
  readonly url: string;
  /** Whether programs must show a token. */
  readonly isTokenNeeded: boolean;
}

export interface Snippet {
  /** A file, or the shell where there is none. */
  readonly file: string;
  readonly text: string;
}

/** Kept in a file or the environment, never in the lines: they are copied into chats. */
const TOKEN = '$VEDETTE_TOKEN';

/** The frameworks of the SDK, each with its own lines. */
export const FRAMEWORKS = ['express', 'fastify', 'hono', 'koa'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** The lines of one way in. */
export function snippetsOf(way: WayId, place: Place, framework: Framework): readonly Snippet[] {
  switch (way) {
    case 'node':
      return [
        { file: 'shell', text: 'npm install @vedette/sdk' },
        { file: 'app.ts', text: METRICS_LINES[framework] },
        { file: 'vedette.yml', text: scrapeLines('app', '127.0.0.1:3000') },
      ];
    case 'otlp':
      return [
        {
          file: 'shell',
          text: otlpVariables(place)
            .map((line) => `export ${line}`)
            .join('\n'),
        },
      ];
    case 'scrape':
      return [{ file: 'vedette.yml', text: scrapeLines('api', '127.0.0.1:3000') }];
    case 'remote-write':
      return [{ file: 'prometheus.yml', text: remoteWriteLines(place) }];
    case 'node-exporter':
      return [
        { file: 'shell', text: 'node_exporter --web.listen-address=:9100' },
        { file: 'vedette.yml', text: scrapeLines('node-exporter', '192.0.2.10:9100') },
      ];
    case 'compose':
      return [{ file: 'compose.yml', text: composeLines(place) }];
    case 'guard':
      return [{ file: 'app.ts', text: guardLines(place, framework) }];
    case 'alertmanager':
      return [{ file: 'alertmanager.yml', text: alertmanagerLines(place) }];
    case 'grafana':
      return [{ file: 'provisioning/datasources/vedette.yml', text: grafanaLines(place) }];
    case 'assistants':
      return assistantSnippets(place);
    case 'tools':
      return [{ file: 'shell', text: toolLines(place) }];
  }
}

const METRICS_LINES: Readonly<Record<Framework, string>> = {
  express: `import express from 'express';
import { createHttpMetrics, createMetricsRegistry } from '@vedette/sdk';
import { expressMetrics, metricsHandler } from '@vedette/sdk/express';

const registry = createMetricsRegistry();
const app = express();
app.use(expressMetrics(createHttpMetrics(registry)));
app.get('/metrics', metricsHandler(registry));
app.listen(3000);`,
  fastify: `import { fastify } from 'fastify';
import { createHttpMetrics, createMetricsRegistry } from '@vedette/sdk';
import { fastifyMetrics, metricsHandler } from '@vedette/sdk/fastify';

const registry = createMetricsRegistry();
const app = fastify();
await app.register(fastifyMetrics(createHttpMetrics(registry)));
app.get('/metrics', metricsHandler(registry));
await app.listen({ port: 3000 });`,
  hono: `import { Hono } from 'hono';
import { createHttpMetrics, createMetricsRegistry } from '@vedette/sdk';
import { honoMetrics, metricsHandler } from '@vedette/sdk/hono';

const registry = createMetricsRegistry();
export const app = new Hono();
app.use(honoMetrics(createHttpMetrics(registry)));
app.get('/metrics', metricsHandler(registry));`,
  koa: `import Koa from 'koa';
import { createHttpMetrics, createMetricsRegistry } from '@vedette/sdk';
import { koaMetrics, metricsHandler } from '@vedette/sdk/koa';

const registry = createMetricsRegistry();
const app = new Koa();
app.use(koaMetrics(createHttpMetrics(registry)));
const page = metricsHandler(registry);
app.use((context, next) => (context.path === '/metrics' ? page(context, next) : next()));
app.listen(3000);`,
};

/** How each framework is handed the guard. */
const GUARD_USES: Readonly<Record<Framework, string>> = {
  express: `app.use(guardMiddleware(guard, { subject: (request) => request.get('x-user') }));`,
  fastify: `await app.register(guardMiddleware(guard, { subject: ({ headers }) => headers['x-user']?.toString() }));`,
  hono: `app.use(guardMiddleware(guard, { subject: (context) => context.req.header('x-user') }));`,
  koa: `app.use(guardMiddleware(guard, { subject: (context) => context.get('x-user') }));`,
};

function guardLines({ url, isTokenNeeded }: Place, framework: Framework): string {
  const token = isTokenNeeded ? `, token: process.env['VEDETTE_TOKEN']` : '';
  return `import { createGuard } from '@vedette/sdk';
import { guardMiddleware } from '@vedette/sdk/${framework}';

const guard = createGuard({
  server: { url: '${url}'${token} },
  ids: { mode: 'plain' },
  onError: (error) => console.error(error.message),
});
${GUARD_USES[framework]}`;
}

function scrapeLines(job: string, target: string): string {
  return `scrape_configs:
  - job_name: ${job}
    static_configs:
      - targets: ["${target}"]`;
}

function otlpVariables({ url, isTokenNeeded }: Place): readonly string[] {
  return [
    `OTEL_EXPORTER_OTLP_ENDPOINT=${url}`,
    'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    ...(isTokenNeeded ? [`OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20${TOKEN}"`] : []),
  ];
}

function remoteWriteLines({ url, isTokenNeeded }: Place): string {
  const token = isTokenNeeded
    ? `
    authorization:
      credentials_file: /etc/prometheus/vedette.token`
    : '';
  return `remote_write:
  - url: ${url}/api/v1/write${token}`;
}

function composeLines(place: Place): string {
  const lines = otlpVariables(place).map((line) => `      ${line.replace('=', ': ').replaceAll('"', '')}`);
  return `services:
  shop:
    environment:
      OTEL_SERVICE_NAME: shop
${lines.join('\n')}`;
}

function alertmanagerLines({ url, isTokenNeeded }: Place): string {
  const token = isTokenNeeded
    ? `
        http_config:
          authorization:
            credentials_file: /etc/alertmanager/vedette.token`
    : '';
  return `route:
  receiver: vedette
receivers:
  - name: vedette
    webhook_configs:
      - url: ${url}/webhooks/alertmanager/site-a${token}`;
}

function grafanaLines({ url, isTokenNeeded }: Place): string {
  const token = isTokenNeeded
    ? `
    jsonData:
      httpMethod: POST
      httpHeaderName1: Authorization
    secureJsonData:
      httpHeaderValue1: Bearer ${TOKEN}`
    : `
    jsonData:
      httpMethod: POST`;
  return `apiVersion: 1
datasources:
  - name: Vedette
    type: prometheus
    access: proxy
    url: ${url}${token}`;
}

/** For those that ask over HTTP, as Claude Code and Cursor, and for those that start a process, as Claude Desktop. */
function assistantSnippets({ url, isTokenNeeded }: Place): readonly Snippet[] {
  const headers = { headers: { Authorization: 'Bearer ${VEDETTE_TOKEN}' } };
  const token = isTokenNeeded ? ['--token-file', '/home/ada/.vedette-token'] : [];
  return [
    {
      file: '.mcp.json',
      text: mcpLines({ type: 'http', url: `${url}/mcp`, ...(isTokenNeeded ? headers : {}) }),
    },
    {
      file: 'claude_desktop_config.json',
      text: mcpLines({ command: 'npx', args: ['vedette', 'mcp', '--server', url, ...token] }),
    },
  ];
}

function mcpLines(vedette: object): string {
  return JSON.stringify({ mcpServers: { vedette } }, null, 2);
}

function toolLines({ url, isTokenNeeded }: Place): string {
  if (!isTokenNeeded)
    return `promtool query instant ${url} 'up'
amtool --alertmanager.url=${url} alert query`;
  // promtool takes the token as a password in the address, amtool in a file.
  const withToken = url.replace('://', `://vedette:${TOKEN}@`);
  return `promtool query instant "${withToken}" 'up'
printf 'authorization: { credentials: "%s" }\\n' "${TOKEN}" > vedette-http.yml
amtool --http.config.file=vedette-http.yml --alertmanager.url=${url} alert query`;
}

/** Whether programs on other machines, and in containers, reach this address: a loopback one they do not. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}
