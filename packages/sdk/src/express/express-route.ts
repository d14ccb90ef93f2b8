/**
 * The template by which Express routed a request: `/orgs/:org/members/:id`, with the mount paths of its routers.
 *
 * `req.route.path` is only the last part. What comes before is in `req.baseUrl`, but as the client wrote it
 * (`/orgs/acme`: a raw path), and gone when an error has left the router. So the way is looked up in the tree of
 * routers that Express keeps: from the application down to the route, the template of each mount on it.
 *
 * 1. The ways to every route are collected once per route (a router may be mounted twice: then there are several).
 * 2. With one way, all of whose mounts say their template (router 2.3, Express 5.3), the template is kept.
 * 3. Else each mount is asked to match the path, which is how Express itself finds it, and what its parameters took
 *    is written as their names.
 * 4. A mounted application knows its mount path itself.
 *
 * A route that is on no way (its application lies behind a hand-written function, say) has no template.
 */
import type { IncomingMessage } from 'node:http';
import type { Application, Request } from 'express';

/** `undefined` when no route has taken the request. For requests that went through an Express application only. */
export function expressRouteOf(incoming: IncomingMessage): string | undefined {
  const request = incoming as Request;
  const route = request.route as Route | undefined;
  if (route === undefined || route === null) return undefined;
  const known = templates.get(route);
  if (known !== undefined) return known;
  const prefix = mountPathOf(request.app);
  if (prefix === undefined) return undefined;
  const ways = waysTo(route, stackOf(request.app), []);
  const path = withoutSegments(pathOf(request.originalUrl), prefix);
  for (const way of ways) {
    const mounts = templateOf(way, path);
    if (mounts === undefined) continue;
    const template = joined(prefix + mounts + pathTemplate(route.path));
    if (ways.length === 1 && way.every(({ rawPath }) => typeof rawPath === 'string'))
      templates.set(route, template);
    return template;
  }
  return undefined;
}

type PathPattern = string | RegExp | readonly PathPattern[];

/** What Express 4 and 5 have in common of their inner objects. */
interface Route {
  readonly path: PathPattern;
}

interface Layer {
  readonly route?: Route | undefined;
  readonly handle: { readonly stack?: readonly Layer[] };
  /** The template; since router 2.3. */
  readonly rawPath?: PathPattern;
  /** Express 4 and early 5: true, and sets the two below. Later ones: an object with both. */
  match(path: string): boolean | Match;
  readonly path?: string | undefined;
  readonly params?: Params | undefined;
}

type Params = Readonly<Record<string, string | readonly string[]>>;

interface Match {
  readonly path: string;
  readonly params: Params;
}

const templates = new WeakMap<Route, string>();

// Routers within routers within routers: who has more of them has a circle.
const ROUTER_DEPTH_MAX = 16;

function waysTo(route: Route, stack: readonly Layer[], above: readonly Layer[]): (readonly Layer[])[] {
  if (above.length > ROUTER_DEPTH_MAX) return [];
  return stack.flatMap((layer) => {
    if (layer.route === route) return [above];
    return layer.handle.stack === undefined || layer.route !== undefined
      ? []
      : waysTo(route, layer.handle.stack, [...above, layer]);
  });
}

/** `_router` is Express 4's, `router` Express 5's; 4 throws at the latter. */
function stackOf(app: Application): readonly Layer[] {
  const { _router } = app as unknown as { readonly _router?: { readonly stack: readonly Layer[] } };
  const router = _router ?? (app.router as unknown as { readonly stack: readonly Layer[] });
  return router.stack;
}

/** Where an application is mounted within others; `undefined` when a list of paths does not say which. */
function mountPathOf(app: Application): string | undefined {
  const { mountpath, parent } = app as Application & { readonly parent?: Application };
  if (parent === undefined) return '';
  const above = mountPathOf(parent);
  return above === undefined || typeof mountpath !== 'string' ? undefined : joined(above + mountpath);
}

/** Template of the mounts on a way, which `path` may begin with; `undefined` when it does not. */
function templateOf(way: readonly Layer[], path: string): string | undefined {
  let rest = path;
  let template = '';
  for (const layer of way) {
    const match = matchOf(layer, rest);
    if (match === undefined || !rest.startsWith(match.path)) return undefined;
    rest = rest.slice(match.path.length);
    if (!rest.startsWith('/')) rest = `/${rest}`;
    const part = typeof layer.rawPath === 'string' ? layer.rawPath : namesFor(match);
    template += part === '/' ? '' : part;
  }
  return template;
}

function matchOf(layer: Layer, path: string): Match | undefined {
  const match = layer.match(path);
  if (typeof match === 'object') return match;
  return match ? { path: layer.path ?? '', params: layer.params ?? {} } : undefined;
}

/** The path with what parameters took replaced by their names, from the right: the last parameter is the last segment. */
function namesFor({ path, params }: Match): string {
  const segments = path.split('/');
  let end = segments.length;
  for (const [name, value] of Object.entries(params).reverse()) {
    for (let i = end - 1; i >= 0; i--) {
      if (segments[i] === '' || !isWrittenAs(segments[i] ?? '', value)) continue;
      segments[i] = `:${name}`;
      end = i;
      break;
    }
  }
  return segments.join('/');
}

function isWrittenAs(segment: string, value: string | readonly string[]): boolean {
  try {
    return (
      decodeURIComponent(segment) === value ||
      (Array.isArray(value) && value.includes(decodeURIComponent(segment)))
    );
  } catch {
    return false;
  }
}

function pathTemplate(path: PathPattern): string {
  if (typeof path === 'string') return path;
  return path instanceof RegExp ? path.source : path.map(pathTemplate).join('|');
}

/** Of the request line, which may hold a whole URL. */
function pathOf(url: string): string {
  if (!url.startsWith('/')) return URL.canParse(url) ? new URL(url).pathname : '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function withoutSegments(path: string, prefix: string): string {
  const count = prefix.split('/').length - 1;
  const rest = path.split('/').slice(count + 1);
  return `/${rest.join('/')}`;
}

function joined(template: string): string {
  const clean = template.replaceAll(/\/{2,}/g, '/');
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}
