import { bug } from '@vedette/model';
import type { Access, HttpMethod, Route } from './route.ts';

/**
 * The routes of all surfaces in one table. A path has one owner: two routes that could both answer a
 * request are a mistake of ours, found when the server is created and not when the request comes.
 */
export interface RouteRegistry {
  readonly routes: readonly Route[];
  /** The methods of each path, in the order of declaration. */
  readonly byPath: ReadonlyMap<string, ReadonlyMap<HttpMethod, Route>>;
}

const ACCESS: ReadonlySet<string> = new Set<Access>([
  'open',
  'sign-in',
  'own-key',
  'bouncer',
  'viewer',
  'operator',
  'admin',
]);

/** Routes that anybody may call, whatever stands before us: probes of load balancers and orchestrators. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(['/-/healthy', '/-/ready', '/health']);

/** Routes whose address or body carries its own signed key, which stands for any other proof. */
const OWN_KEY_PATHS: ReadonlySet<string> = new Set([
  '/guard/appeal/:token',
  '/api/vedette/alerts/acknowledge',
]);

/** Where a bouncer's key opens: nothing but what proxies and bouncers ask for. */
const BOUNCER_PATH = /^\/(?:guard\/|v1\/(?:decisions|usage-metrics)(?:\/|$))/;

/** Throws `BugError` on a route without access, an open one that is not in the list, or an overlap. */
export function createRouteRegistry(routes: readonly Route[]): RouteRegistry {
  const byPath = new Map<string, Map<HttpMethod, Route>>();
  for (const route of routes) {
    assertAccess(route);
    const methods = byPath.get(route.path) ?? new Map<HttpMethod, Route>();
    byPath.set(route.path, methods);
    for (const method of route.methods) {
      const other = methods.get(method);
      if (other !== undefined) bug(`${method} ${route.path} is declared twice; ${ownersOf(other, route)}`);
      methods.set(method, route);
    }
  }
  assertOneOwner(routes);
  return { routes, byPath };
}

function assertAccess(route: Route): void {
  if (!ACCESS.has(route.access))
    bug(`route ${route.path} must declare its access; got ${JSON.stringify(route.access)}`);
  if (route.access === 'open' && !OPEN_PATHS.has(route.path))
    bug(`route ${route.path} must not be open; open are ${[...OPEN_PATHS].join(', ')}`);
  if (route.access === 'own-key' && !OWN_KEY_PATHS.has(route.path))
    bug(`route ${route.path} must not carry its own key; those that do are ${[...OWN_KEY_PATHS].join(', ')}`);
  if (route.access === 'bouncer' && !BOUNCER_PATH.test(route.path))
    bug(`route ${route.path} must not be open to bouncers: it is none of theirs`);
}

/** Within one surface a literal path may stand beside a pattern (the literal one wins); between two it may not. */
function assertOneOwner(routes: readonly Route[]): void {
  for (const [i, route] of routes.entries()) {
    for (const other of routes.slice(i + 1)) {
      if (other.surface === route.surface && other.path !== route.path) continue;
      if (other.surface !== route.surface && canMeet(route.path, other.path))
        bug(`paths ${route.path} and ${other.path} overlap; ${ownersOf(route, other)}`);
    }
  }
}

/** Whether one request path could match both patterns. */
function canMeet(a: string, b: string): boolean {
  const left = a.split('/');
  const right = b.split('/');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const x = left[i];
    const y = right[i];
    if (x === '*' || y === '*') return true;
    if (x === undefined || y === undefined) return false;
    if (x !== y && !x.startsWith(':') && !y.startsWith(':')) return false;
  }
  return true;
}

function ownersOf(a: Route, b: Route): string {
  return `owners are ${a.surface} and ${b.surface}`;
}
