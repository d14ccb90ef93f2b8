/**
 * `@vedette/sdk/express`: metrics and guard for Express 4 and 5.
 *
 * ```ts
 * const registry = createMetricsRegistry();
 * app.use(expressMetrics(createHttpMetrics(registry)));
 * app.use(guardMiddleware(guard, { subject: (request) => request.user?.id, registry }));
 * app.get('/metrics', metricsHandler(registry));
 * ```
 *
 * Express routes after its middlewares: the guard is asked about the subject alone, and the action is named by the
 * route that answered. What is refused has no route, and is tracked as `GET unknown` unless `action` names it.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { Guard, VerdictGround } from '../guard/guard.ts';
import { GuardGate, type Admission, type GuardOptions, type HttpSide } from '../http/guard-gate.ts';
import type { HttpMetrics } from '../http/http-metrics.ts';
import { whenAnswered, writeRefusal } from '../http/node-side.ts';
import { metricsHandler as nodeMetricsHandler } from '../metrics/metrics-handler.ts';
import type { MetricsSource } from '../metrics/metrics-page.ts';
import { expressRouteOf } from './express-route.ts';

/** Names the routes of this application in `metrics`. Before the routes. */
export function expressMetrics(metrics: HttpMetrics): RequestHandler {
  return (request, _response, next) => {
    metrics.nameRoute(request, expressRouteOf);
    next();
  };
}

export interface ExpressGuardOptions extends GuardOptions<Request> {
  /**
   * Asks a challenged subject for more. Resolves with `true` when it has passed: the request goes on; otherwise the
   * hook has answered. Without it, and when it throws, a challenge is a refusal.
   */
  readonly challenge?: (
    request: Request,
    response: Response,
    ground: VerdictGround,
  ) => boolean | Promise<boolean>;
}

/** Refuses whom the guard refuses, and tracks what the others did. After authentication, before the routes. */
export function guardMiddleware(guard: Guard, options: ExpressGuardOptions): RequestHandler {
  const gate = new GuardGate(guard, SIDE, options, options.challenge);
  return (request, response, next) => {
    const proceed = (admission: Admission): void => {
      switch (admission.kind) {
        case 'pass':
          if (admission.subject !== undefined)
            whenAnswered(response, (status) => gate.settle(request, admission.subject, status));
          return next();
        case 'refuse':
          return writeRefusal(request.method, response, admission.refusal);
        case 'challenged':
          return undefined;
      }
    };
    const admission = gate.admit(request, response);
    if (admission instanceof Promise) void admission.then(proceed, next);
    else proceed(admission);
  };
}

/** Answers with the page of a registry, or of what puts several together, as the scraper takes it. */
export function metricsHandler(source: MetricsSource): RequestHandler {
  return nodeMetricsHandler(source);
}

const SIDE: HttpSide<Request, Response> = {
  knowsRouteEarly: false,
  methodOf: (request) => request.method,
  routeOf: (request) => {
    try {
      return expressRouteOf(request);
    } catch {
      return undefined;
    }
  },
  addressOf: (request) => request.ip,
  onGone: (_request, response, task) => response.once('close', task),
};
