/**
 * What a route is for, in the words of token scopes: the one place that says so.
 *
 * 1. What programs send (samples, spans, alerts, actions) is `ingest`.
 * 2. What applications, proxies and bouncers ask the guard is `guard`; people's part of it is our own API.
 * 3. Whatever only reads is `read`: every GET, and every other method that a viewer may use, since a viewer changes
 *    nothing; queries come by POST when they are long.
 * 4. The rest changes something: `write`. All of that, and only that, is a matter for the audit log.
 */
import type { Route } from '../http/route.ts';
import type { Scope } from './caller.ts';

/** Paths that programs send to although another surface owns them. */
const INGEST_PATHS: ReadonlySet<string> = new Set(['/api/v1/alerts', '/api/v2/alerts', '/guard/actions']);

/** What viewers may change: what is their own. */
const OWN_PATHS: ReadonlySet<string> = new Set([
  '/api/vedette/account/password',
  '/api/vedette/push/subscriptions',
  '/api/vedette/push/test',
]);

export function scopeOf(route: Pick<Route, 'surface' | 'path' | 'access'>, method: string): Scope {
  const isRead = method === 'GET' || method === 'HEAD';
  if (route.surface === 'intake' || (!isRead && INGEST_PATHS.has(route.path))) return 'ingest';
  if (route.surface === 'guard') return 'guard';
  if (isRead) return 'read';
  return route.access === 'viewer' && !OWN_PATHS.has(route.path) ? 'read' : 'write';
}
