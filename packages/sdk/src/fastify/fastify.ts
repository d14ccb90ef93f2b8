/**
 * `@vedette/sdk/fastify`: metrics and guard for Fastify 5, as plugins that hold for the whole instance they are
 * registered at (no encapsulation).
 *
 * ```ts
 * const registry = createMetricsRegistry();
 * await app.register(fastifyMetrics(createHttpMetrics(registry)));
 * await app.register(guardMiddleware(guard, { subject: (request) => request.user?.id, registry }));
 * app.get('/metrics', metricsHandler(registry));
 * ```
 *
 * Fastify routes first, so that the guard is asked with the action. Routes are templates (`/orders/:id`); what
 * matched none is `unknown`.
 */
import type {
  FastifyPluginCallback,
  FastifyReply,
  FastifyRequest,
  RouteHandlerMethod,
  onRequestHookHandler,
} from 'fastify';
import type { Guard, VerdictGround } from '../guard/guard.ts';
import { GuardGate, type Admission, type GuardOptions, type HttpSide } from '../http/guard-gate.ts';
import type { HttpMetrics } from '../http/http-metrics.ts';
import { whenAnswered } from '../http/node-side.ts';
import { metricsAcceptOf, openMetricsPage, type MetricsSource } from '../metrics/metrics-page.ts';

/** Names the routes of this instance in `metrics`. */
export function fastifyMetrics(metrics: HttpMetrics): FastifyPluginCallback {
  return unencapsulated((instance, _options, done) => {
    instance.addHook('onRequest', (request, _reply, next) => {
      metrics.nameRoute(request.raw, routeOf(request) ?? 'unknown');
      next();
    });
    done();
  });
}

export interface FastifyGuardOptions extends GuardOptions<FastifyRequest> {
  /**
   * When the guard is asked. `preHandler`, the default, comes after the body is read and after hooks that
   * authenticate in `onRequest` or were added before; `onRequest` is the cheapest place to refuse.
   */
  readonly hook?: 'onRequest' | 'preHandler';
  /**
   * Asks a challenged subject for more. Resolves with `true` when it has passed: the request goes on; otherwise the
   * hook has sent a reply. Without it, and when it throws, a challenge is a refusal.
   */
  readonly challenge?: (
    request: FastifyRequest,
    reply: FastifyReply,
    ground: VerdictGround,
  ) => boolean | Promise<boolean>;
}

/** Refuses whom the guard refuses, and tracks what the others did. */
export function guardMiddleware(guard: Guard, options: FastifyGuardOptions): FastifyPluginCallback {
  const gate = new GuardGate(guard, SIDE, options, options.challenge);
  const ask: onRequestHookHandler = (request, reply, next) => {
    const proceed = (admission: Admission): void => {
      switch (admission.kind) {
        case 'pass':
          if (admission.subject !== undefined)
            whenAnswered(reply.raw, (status) => gate.settle(request, admission.subject, status));
          return next();
        case 'refuse':
          return refuse(reply, admission);
        case 'challenged':
          return undefined;
      }
    };
    const admission = gate.admit(request, reply);
    if (admission instanceof Promise) void admission.then(proceed, next);
    else proceed(admission);
  };
  return unencapsulated((instance, _options, done) => {
    instance.addHook(options.hook ?? 'preHandler', ask);
    done();
  });
}

/** Answers with the page of a registry, or of what puts several together, as the scraper takes it. */
export function metricsHandler(source: MetricsSource): RouteHandlerMethod {
  return async ({ headers }, reply) => {
    const accept = metricsAcceptOf(headers.accept, headers['accept-encoding']);
    const page = await openMetricsPage(source, accept);
    return reply.headers(page.headers).send(page.body);
  };
}

const SIDE: HttpSide<FastifyRequest, FastifyReply> = {
  knowsRouteEarly: true,
  methodOf: (request) => request.method,
  routeOf,
  addressOf: (request) => request.ip,
  onGone: (_request, reply, task) => reply.raw.once('close', task),
};

function routeOf(request: FastifyRequest): string | undefined {
  return request.routeOptions.url;
}

function refuse(reply: FastifyReply, { refusal }: Admission & { readonly kind: 'refuse' }): void {
  reply.code(refusal.status).headers(refusal.headers).send(refusal.body);
}

/** What fastify-plugin does: hooks of such a plugin hold for the instance that registers it. */
function unencapsulated(plugin: FastifyPluginCallback): FastifyPluginCallback {
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}
