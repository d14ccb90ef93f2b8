import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { CanceledError, InputError, UnavailableError, type Clock } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import type { AccessGuard, Refusal, Verdict } from '../auth/access-guard.ts';
import { sessionCookieOf } from '../auth/answers.ts';
import { scopeOf } from '../auth/route-scope.ts';
import type { BodyReader } from './body-reader.ts';
import { answerClientError } from './client-error.ts';
import { withoutPrefix } from './external-url.ts';
import type { HttpMetrics } from './http-metrics.ts';
import {
  BODY_BYTES_MAX,
  CONNECTIONS_CHECK_MS,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADERS_RECEIVE_MS_MAX,
  KEEP_ALIVE_MS,
  PATH_PARAM_BYTES_MAX,
  REQUEST_RECEIVE_MS_MAX,
} from './limits.ts';
import type { RouteRegistry } from './route-registry.ts';
import {
  errorAnswer,
  goOpenApiAnswer,
  headerOf,
  textAnswer,
  type HttpAnswer,
  type HttpMethod,
  type HttpRequest,
  type Route,
  type Surface,
} from './route.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { sendAnswer } from './send-answer.ts';

/**
 * Puts a route table on a fastify instance. For each request, in this order:
 *
 * 1. headers of every answer, counters;
 * 2. a path nobody owns: the fallback (the UI's pages), else 404; a method nobody owns: 405;
 * 3. access, before a byte of the body is read;
 * 4. the body, within the route's limit and what all bodies may hold;
 * 5. the handler; what it throws becomes an error body of the route's kind.
 */
export interface MountDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly guard: AccessGuard;
  readonly metrics: HttpMetrics;
  readonly bodies: BodyReader;
  /** Answers for paths without a route; `undefined` is a 404. Has the access `sign-in`. */
  readonly fallback?: ((request: HttpRequest) => Promise<HttpAnswer | undefined>) | undefined;
  /** Turns what a handler threw into an answer. */
  readonly errorAnswerOf: (error: unknown, route: Route) => HttpAnswer;
  /** Writes down who asked for a change and what came of it; absent: nobody does. Does not reject. */
  readonly audit?: (route: Route, request: HttpRequest, answer: HttpAnswer) => Promise<void>;
  /** Route prefix without a final slash; requests with and without it mean the same, since some proxies cut it off. */
  readonly prefix: string;
  /** Until then questions about data are answered with 503. */
  readonly isReady: () => boolean;
  /** Aborts when running requests must end. */
  readonly stopSignal: AbortSignal;
}

/** All that reach a path, so that those it does not have are told which it has. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
const DATA_SURFACES: ReadonlySet<Surface> = new Set([
  'prometheus-api',
  'alertmanager-api',
  'vedette-api',
  'intake',
  'guard',
  'mcp',
]);
const NO_PARAMS: Readonly<Record<string, string>> = {};

export function mountRoutes(deps: MountDeps, registry: RouteRegistry): FastifyInstance {
  const app = createApp(deps.prefix);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
    deps.bodies.read(request, payload),
  );
  countRequests(deps, app);
  for (const [path, methods] of registry.byPath) mountPath(deps, app, path, methods);
  app.setNotFoundHandler((request, reply) => answerUnknownPath(deps, request, reply));
  app.setErrorHandler((error, request, reply) => answerBadRequest(deps, error, request, reply));
  return app;
}

function createApp(prefix: string): FastifyInstance {
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    exposeHeadRoutes: false,
    rewriteUrl: ({ url }) => withoutPrefix(url ?? '/', prefix),
    forceCloseConnections: 'idle',
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_RECEIVE_MS_MAX,
    http: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_RECEIVE_MS_MAX,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      // Some clients offer h2c with every request (Java's does): an offer may be passed over.
      shouldUpgradeCallback: ({ headers }): boolean =>
        headers.upgrade?.toLowerCase() === 'websocket' && app.server.listenerCount('upgrade') > 0,
    },
    routerOptions: { maxParamLength: PATH_PARAM_BYTES_MAX, ignoreTrailingSlash: false },
    frameworkErrors: (error, request, reply) => {
      const status = error.statusCode ?? 400;
      reply.headers(SECURITY_HEADERS);
      void sendAnswer(
        request,
        reply,
        errorAnswer(status, 'bad_data', 'cannot read the address: it is too long or not well encoded'),
      );
    },
    clientErrorHandler: answerClientError,
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  return app;
}

function countRequests(deps: MountDeps, app: FastifyInstance): void {
  const startedMs = new WeakMap<FastifyRequest, number>();
  app.addHook('onRequest', (request, reply, done) => {
    startedMs.set(request, deps.clock.monotonicMs());
    deps.metrics.inFlight.inc(1);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) reply.header(name, value);
    let isOver = false;
    reply.raw.once('close', () => {
      if (isOver) return;
      isOver = true;
      deps.bodies.release(request);
      deps.metrics.inFlight.inc(-1);
      const route = request.routeOptions.url ?? 'none';
      deps.metrics.requests.inc(1, route, request.method, String(reply.statusCode));
      const seconds = (deps.clock.monotonicMs() - (startedMs.get(request) ?? 0)) / 1000;
      deps.metrics.duration.observe(seconds, route);
    });
    done();
  });
}

function mountPath(
  deps: MountDeps,
  app: FastifyInstance,
  path: string,
  methods: ReadonlyMap<HttpMethod, Route>,
): void {
  const verdicts = new WeakMap<FastifyRequest, Verdict>();
  app.route({
    method: METHODS,
    url: path,
    bodyLimit: Math.max(...[...methods.values()].map((route) => route.bodyBytesMax ?? BODY_BYTES_MAX)),
    onRequest: async (request, reply) => {
      const route = methods.get(request.method as HttpMethod);
      if (route === undefined)
        return await sendAnswer(request, reply, methodNotAllowed(request.method, methods));
      const verdict = deps.guard.judge(
        accessRequestOf(request),
        route.access,
        scopeOf(route, request.method),
      );
      if (verdict.kind === 'refused') {
        deps.metrics.refusals.inc(1, String(verdict.status));
        const answer = refusalAnswer(verdict, route.errors);
        await deps.audit?.(route, requestOf(deps, request, reply, refusedAs(verdict)), answer);
        return await sendAnswer(request, reply, answer);
      }
      verdicts.set(request, verdict);
      return undefined;
    },
    handler: async (request, reply) => {
      const route = methods.get(request.method as HttpMethod);
      const verdict = verdicts.get(request);
      if (route === undefined || verdict?.kind !== 'granted')
        return await sendAnswer(request, reply, textAnswer(403, 'Forbidden'));
      const asked = requestOf(deps, request, reply, verdict);
      const answer = await runHandler(deps, route, asked);
      await deps.audit?.(route, asked, answer);
      return await sendAnswer(request, reply, await withRotation(deps, asked, verdict, answer));
    },
  });
}

/** A session whose secret is old gets a new one with the answer, unless the answer is about the session itself. */
async function withRotation(
  { guard, log }: MountDeps,
  { headers }: HttpRequest,
  verdict: Verdict & { readonly kind: 'granted' },
  answer: HttpAnswer,
): Promise<HttpAnswer> {
  if (verdict.isRotationDue !== true || answer.cookies !== undefined) return answer;
  try {
    const value = await guard.rotate(verdict);
    return value === undefined ? answer : { ...answer, cookies: [sessionCookieOf(guard, headers, value)] };
  } catch (error) {
    log.warn('cannot give a session a new secret', { error });
    return answer;
  }
}

/** Who was refused, for those who write it down. */
function refusedAs({ caller }: Refusal): Verdict & { readonly kind: 'granted' } {
  return { kind: 'granted', role: undefined, caller };
}

async function runHandler(deps: MountDeps, route: Route, request: HttpRequest): Promise<HttpAnswer> {
  const needsData = DATA_SURFACES.has(route.surface);
  if (needsData && route.access !== 'sign-in' && !deps.isReady())
    return errorAnswer(
      503,
      'unavailable',
      'the server is starting: it reads its log of samples; try again in some seconds',
    );
  try {
    return await route.handle(request);
  } catch (error) {
    return deps.errorAnswerOf(error, route);
  }
}

function requestOf(
  deps: MountDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  verdict: Verdict & { readonly kind: 'granted' },
): HttpRequest {
  const cut = request.url.indexOf('?');
  const query = new URLSearchParams(cut < 0 ? '' : request.url.slice(cut + 1));
  const body = Buffer.isBuffer(request.body) ? request.body : new Uint8Array(0);
  return {
    method: request.method,
    path: cut < 0 ? request.url : request.url.slice(0, cut),
    params: (request.params as Record<string, string> | undefined) ?? NO_PARAMS,
    form: formOf(request, body, query),
    query,
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress ?? '',
    body,
    role: verdict.role,
    caller: verdict.caller,
    sessionId: verdict.sessionId,
    bouncer: verdict.bouncer,
    signal: signalOf(deps, reply),
  };
}

function formOf(request: FastifyRequest, body: Uint8Array, query: URLSearchParams): URLSearchParams {
  const type = headerOf(request.headers, 'content-type') ?? '';
  if (body.length === 0 || !/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) return query;
  const form = new URLSearchParams(Buffer.from(body).toString('utf8'));
  for (const [name, value] of query) form.append(name, value);
  return form;
}

/** Not `AbortSignal.any`: the stop signal lives as long as the process and would collect listeners. */
function signalOf({ stopSignal }: MountDeps, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort(stopSignal.reason);
  stopSignal.addEventListener('abort', stop, { once: true });
  reply.raw.once('close', () => {
    stopSignal.removeEventListener('abort', stop);
    if (!reply.raw.writableFinished)
      controller.abort(new CanceledError('VED_QUERY_CANCELED', 'the client went away'));
  });
  return controller.signal;
}

function accessRequestOf(request: FastifyRequest): {
  method: string;
  headers: HttpRequest['headers'];
  remoteAddress: string;
} {
  return {
    method: request.method,
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress ?? '',
  };
}

function methodNotAllowed(method: string, methods: ReadonlyMap<HttpMethod, Route>): HttpAnswer {
  const known = [...methods.keys()].toSorted();
  const allow = known.join(', ');
  if ([...methods.values()].some(({ errors }) => errors === 'go-openapi'))
    return goOpenApiAnswer(405, `method ${method} is not allowed, but [${known.join(',')}] are`, { allow });
  return textAnswer(405, 'Method Not Allowed\n', { allow });
}

function refusalAnswer(refusal: Refusal, errors: Route['errors']): HttpAnswer {
  const words = { 401: 'unauthorized', 403: 'forbidden', 429: 'too_many_requests' } as const;
  const answer =
    errors === 'json'
      ? errorAnswer(refusal.status, words[refusal.status], refusal.message)
      : errors === 'text'
        ? textAnswer(refusal.status, `${refusal.message}\n`)
        : goOpenApiAnswer(refusal.status, refusal.message);
  const extra: Record<string, string> = {};
  // Bearer, not Basic: a browser would open its own password box in front of the UI's sign-in.
  if (refusal.status === 401) extra['www-authenticate'] = 'Bearer realm="vedette"';
  if (refusal.retryAfterSeconds !== undefined) extra['retry-after'] = String(refusal.retryAfterSeconds);
  return { ...answer, headers: { ...answer.headers, ...extra } };
}

async function answerUnknownPath(
  deps: MountDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const verdict = deps.guard.judge(accessRequestOf(request), 'sign-in');
  if (verdict.kind === 'refused') return await sendAnswer(request, reply, refusalAnswer(verdict, 'text'));
  const path = request.url.split('?', 1)[0] ?? '';
  if (path.startsWith('/api/v2/'))
    return await sendAnswer(request, reply, goOpenApiAnswer(404, `path ${path} was not found`));
  if (path.startsWith('/api/'))
    return await sendAnswer(
      request,
      reply,
      errorAnswer(404, 'not_found', `cannot find ${JSON.stringify(path)}: there is no such path`),
    );
  const answer = await deps.fallback?.(requestOf(deps, request, reply, verdict));
  return await sendAnswer(request, reply, answer ?? textAnswer(404, '404 page not found\n'));
}

/** A body that was refused, or what fastify itself refuses: bad encodings. A fault of ours is logged. */
async function answerBadRequest(
  deps: MountDeps,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (error instanceof UnavailableError) {
    const busy = errorAnswer(503, 'unavailable', error.message);
    const headers = { ...busy.headers, 'retry-after': RETRY_AFTER_SECONDS };
    return await sendAnswer(request, reply, { ...busy, headers });
  }
  const status = statusOf(error);
  if (status >= 500) deps.log.error('cannot answer a request', { error, path: request.routeOptions.url });
  const message =
    error instanceof Error && status < 500 ? error.message : 'the server made a mistake; its log tells more';
  return await sendAnswer(
    request,
    reply,
    errorAnswer(status, status >= 500 ? 'internal' : 'bad_data', message),
  );
}

/** Bodies are read within seconds where senders are not slow on purpose. */
const RETRY_AFTER_SECONDS = '5';

function statusOf(error: unknown): number {
  if (error instanceof InputError) return error.code === 'VED_BODY_TOO_LARGE' ? 413 : 400;
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' ? error.statusCode : 500;
}
