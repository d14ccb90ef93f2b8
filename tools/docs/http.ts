import { createEndpoints } from '../../packages/server/src/ingest/index.ts';
import { otlpConfig } from '../../packages/server/src/ingest/otlp/config.ts';
import { serverSchema } from '../../packages/server/src/serve/config.ts';
import { createHttpServer } from '../../packages/server/src/serve/http-server.ts';
import type { Route, Surface } from '../../packages/server/src/serve/http/route.ts';
import { createTestDeps } from '../../packages/server/src/serve/test-server.ts';
import { code, printPage, printTable } from './markdown.ts';
import { ROUTE_MEANINGS } from './route-meanings.ts';

const INTRO = `Every path this server answers. Access is the lowest role that may call; each role includes those before it: viewer, operator, admin. On loopback and without \`server.token_file\` a direct caller is admin; otherwise it shows the token as \`Authorization: Bearer …\`, a browser once at \`/api/vedette/session\`. **sign-in** is what a browser needs before that, and holds nothing secret; **open** is for probes. **bouncer** is a key of \`guard.bouncers\`, shown as \`X-Api-Key\`, or the role viewer; **own-key** is an address that carries its own signed key.`;

const SURFACES: Readonly<Record<Surface, string>> = {
  'prometheus-api': 'Prometheus HTTP API',
  'alertmanager-api': 'Alertmanager API v2',
  'vedette-api': 'Own API',
  live: 'Live data',
  management: 'Management',
  web: 'Pages',
  intake: 'What other programs write to',
  guard: 'Guard, for applications, proxies and bouncers',
  mcp: 'Model Context Protocol',
};

/** The routes of a real server with every surface, that listens nowhere. */
export function loadRoutes(): readonly Route[] {
  const deps = createTestDeps();
  const endpoints = createEndpoints({
    ...deps,
    metrics: deps.registry,
    slicer: { shouldYield: () => false, yield: () => Promise.resolve() },
    writer: { append: () => Promise.reject(new Error('nothing is written')) },
    otlp: () => otlpConfig.parse(undefined),
    actions: () => Promise.reject(new Error('nothing is judged')),
  });
  const nothing = (): Promise<never> => Promise.reject(new Error('nothing is sent'));
  const push = { desk: nothing, sendTest: nothing, useRoles: () => undefined };
  return createHttpServer({ ...deps, endpoints, push, analysis: nothing }, serverSchema.parse({})).routes;
}

/** docs/http.md. */
export function printHttp(routes: readonly Route[], meanings = ROUTE_MEANINGS): string {
  const bySurface = Map.groupBy(routes, ({ surface }) => surface);
  const parts = [...bySurface].map(
    ([surface, ofSurface]) =>
      `## ${SURFACES[surface]}\n\n${printTable(
        ['path', 'methods', 'access', 'what'],
        ofSurface.map((route) => [
          code(route.path),
          route.methods.join(', '),
          route.access,
          meanings[keyOf(route)] ?? '',
        ]),
      )}`,
  );
  return printPage('HTTP', INTRO, parts);
}

/** Routes without a meaning, and meanings without a route. */
export function findUndocumentedRoutes(routes: readonly Route[], meanings = ROUTE_MEANINGS): string[] {
  const keys = new Set(routes.map(keyOf));
  return [
    ...[...keys]
      .filter((key) => meanings[key] === undefined)
      .map((key) => `${key}: has no line in ROUTE_MEANINGS`),
    ...Object.keys(meanings)
      .filter((key) => !keys.has(key))
      .map((key) => `${key}: is described, but no route`),
  ];
}

/** Several routes may share a path: what GET does there is another thing than what DELETE does. */
function keyOf({ methods, path }: Route): string {
  return `${methods[0] ?? ''} ${path}`;
}
