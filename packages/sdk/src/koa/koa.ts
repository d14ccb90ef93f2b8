/**
 * `@vedette/sdk/koa`: metrics and guard for Koa 2 and 3.
 *
 * ```ts
 * const registry = createMetricsRegistry();
 * app.use(koaMetrics(createHttpMetrics(registry)));
 * app.use(guardMiddleware(guard, { subject: (context) => context.state.user?.id, registry }));
 * router.get('/metrics', metricsHandler(registry));
 * ```
 *
 * Koa has no routes of its own. The template is what `@koa/router` leaves in the context, or what `route` says. It is
 * known after routing: the guard is asked about the subject alone, and what is refused is tracked as `GET unknown`
 * unless `action` names it.
 */
import type { Context, Middleware } from 'koa';
import type { Guard, VerdictGround } from '../guard/guard.ts';
import { GuardGate, type GuardOptions, type HttpSide } from '../http/guard-gate.ts';
import type { HttpMetrics } from '../http/http-metrics.ts';
import { whenAnswered } from '../http/node-side.ts';
import { metricsAcceptOf, openMetricsPage, type MetricsSource } from '../metrics/metrics-page.ts';

export interface KoaRouteOptions {
  /** The template by which another router than `@koa/router` routed. */
  readonly route?: (context: Context) => string | undefined;
}

/** Names the routes of this application in `metrics`. Before the routes. */
export function koaMetrics(metrics: HttpMetrics, options: KoaRouteOptions = {}): Middleware {
  const routeOf = options.route ?? koaRouterRouteOf;
  return (context, next) => {
    metrics.nameRoute(context.req, () => routeOf(context));
    return next();
  };
}

export interface KoaGuardOptions extends GuardOptions<Context>, KoaRouteOptions {
  /**
   * Asks a challenged subject for more. Resolves with `true` when it has passed: the request goes on; otherwise the
   * hook has set status and body. Without it, and when it throws, a challenge is a refusal.
   */
  readonly challenge?: (context: Context, ground: VerdictGround) => boolean | Promise<boolean>;
}

/** Refuses whom the guard refuses, and tracks what the others did. After authentication, before the routes. */
export function guardMiddleware(guard: Guard, options: KoaGuardOptions): Middleware {
  const { challenge } = options;
  const ask =
    challenge && ((context: Context, _: Context, ground: VerdictGround) => challenge(context, ground));
  const gate = new GuardGate(guard, sideOf(options.route ?? koaRouterRouteOf), options, ask);
  return async (context, next) => {
    const admission = await gate.admit(context, context);
    switch (admission.kind) {
      case 'pass':
        if (admission.subject !== undefined)
          whenAnswered(context.res, (status) => gate.settle(context, admission.subject, status));
        return next();
      case 'refuse':
        context.status = admission.refusal.status;
        context.set(admission.refusal.headers);
        context.body = admission.refusal.body;
        return undefined;
      case 'challenged':
        return undefined;
    }
  };
}

/** Answers with the page of a registry, or of what puts several together, as the scraper takes it. */
export function metricsHandler(source: MetricsSource): Middleware {
  return async (context) => {
    const accept = metricsAcceptOf(context.get('accept'), context.get('accept-encoding'));
    const page = await openMetricsPage(source, accept);
    context.body = page.body;
    context.set({ ...page.headers });
  };
}

function sideOf(routeOf: (context: Context) => string | undefined): HttpSide<Context, Context> {
  return {
    knowsRouteEarly: false,
    methodOf: (context) => context.method,
    routeOf: (context) => {
      try {
        return routeOf(context);
      } catch {
        return undefined;
      }
    },
    addressOf: (context) => context.ip,
    onGone: (context, _context, task) => context.res.once('close', task),
  };
}

/** `@koa/router` notes the template, with the prefixes of routers within routers, once a route matched. */
function koaRouterRouteOf(context: Context): string | undefined {
  const matched: unknown = context['_matchedRoute'];
  if (typeof matched === 'string') return matched;
  return matched instanceof RegExp ? matched.source : undefined;
}
