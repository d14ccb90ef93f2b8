/**
 * `@vedette/sdk/hono`: metrics and guard for Hono, on `@hono/node-server` and wherever there is only `fetch`.
 *
 * ```ts
 * const registry = createMetricsRegistry();
 * app.use(honoMetrics(createHttpMetrics(registry)));
 * app.use(guardMiddleware(guard, { subject: (context) => context.get('user')?.id, registry }));
 * app.get('/metrics', metricsHandler(registry));
 * ```
 *
 * On Node the request is followed by Node's own channels, and only named here. Elsewhere it is measured around the
 * handlers: it ends when the `Response` is made, and sizes are those of `Content-Length`, where there is one. The
 * guard's tracking is the same on both: when the handler has made its response.
 */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Context, Handler, MiddlewareHandler } from 'hono';
import type { Guard, VerdictGround } from '../guard/guard.ts';
import { GuardGate, type GuardOptions, type HttpSide } from '../http/guard-gate.ts';
import type { HttpMetrics } from '../http/http-metrics.ts';
import { metricsAcceptOf, openMetricsPage, type MetricsSource } from '../metrics/metrics-page.ts';

/** Names the routes of this application in `metrics`, and measures what does not come from Node's server. First of all. */
export function honoMetrics(metrics: HttpMetrics): MiddlewareHandler {
  return async (context, next) => {
    const incoming = incomingOf(context);
    if (incoming !== undefined && metrics.nameRoute(incoming, routeOf(context) ?? 'unknown')) {
      await next();
      metrics.nameRoute(incoming, routeOf(context) ?? 'unknown');
      return;
    }
    const exchange = metrics.begin(context.req.method);
    let status = 500;
    try {
      await next();
      status = context.res.status;
    } finally {
      exchange.end({
        route: routeOf(context),
        status,
        requestBytes: lengthOf(context.req.header('content-length')),
        responseBytes: lengthOf(context.res.headers.get('content-length')),
      });
    }
  };
}

export interface HonoGuardOptions extends GuardOptions<Context> {
  /** The client's address, for `fallback: 'ip'`. Default: of the connection on Node; elsewhere none. */
  readonly address?: (context: Context) => string | undefined;
  /**
   * Asks a challenged subject for more. Resolves with `true` when it has passed: the request goes on; otherwise with
   * the answer. Without it, and when it throws, a challenge is a refusal.
   */
  readonly challenge?: (
    context: Context,
    ground: VerdictGround,
  ) => true | Response | Promise<true | Response>;
}

/** Refuses whom the guard refuses, and tracks what the others did. After authentication, before the routes. */
export function guardMiddleware(guard: Guard, options: HonoGuardOptions): MiddlewareHandler {
  const { challenge, address } = options;
  const ask =
    challenge && ((context: Context, _: Context, ground: VerdictGround) => challenge(context, ground));
  const gate = new GuardGate(guard, sideOf(address ?? addressOf), options, ask);
  return async (context, next) => {
    const admission = await gate.admit(context, context);
    switch (admission.kind) {
      case 'pass': {
        let status = 500;
        try {
          await next();
          status = context.res.status;
        } finally {
          gate.settle(context, admission.subject, status);
        }
        return undefined;
      }
      case 'refuse': {
        const { status, headers, body } = admission.refusal;
        return new Response(context.req.method === 'HEAD' ? null : body, { status, headers });
      }
      case 'challenged':
        return admission.answer instanceof Response ? admission.answer : new Response(null, { status: 403 });
    }
  };
}

/** Answers with the page of a registry, or of what puts several together, as the scraper takes it. */
export function metricsHandler(source: MetricsSource): Handler {
  return async ({ req }) => {
    const accept = metricsAcceptOf(req.header('accept'), req.header('accept-encoding'));
    const page = await openMetricsPage(source, accept);
    return new Response(Readable.toWeb(page.body), { headers: page.headers });
  };
}

function sideOf(addressOfContext: (context: Context) => string | undefined): HttpSide<Context, Context> {
  return {
    knowsRouteEarly: true,
    methodOf: (context) => context.req.method,
    routeOf,
    addressOf: (context) => {
      try {
        return addressOfContext(context);
      } catch {
        return undefined;
      }
    },
    onGone: (context, _context, task) =>
      context.req.raw.signal.addEventListener('abort', task, { once: true }),
  };
}

/**
 * The route that answered; while none has, the first that matches and is no middleware (Hono knows all that match
 * before the first of them runs). A middleware's path ends in `*`.
 */
function routeOf(context: Context): string | undefined {
  const routes = context.req.matchedRoutes;
  const current = routes[context.req.routeIndex];
  if (current !== undefined && isHandler(current)) return current.path;
  return routes.find(isHandler)?.path;
}

function isHandler({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return method !== 'ALL' || !path.endsWith('*');
}

/** What `@hono/node-server` puts into the environment. */
function incomingOf(context: Context): IncomingMessage | undefined {
  const env = context.env as { readonly incoming?: IncomingMessage } | undefined;
  return env?.incoming;
}

function addressOf(context: Context): string | undefined {
  return incomingOf(context)?.socket.remoteAddress;
}

function lengthOf(header: string | null | undefined): number | undefined {
  return header !== undefined && header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
