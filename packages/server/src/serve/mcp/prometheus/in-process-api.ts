/**
 * This server's own Prometheus API without a socket: what a tool asks goes to the same routes that serve `/api/v1`, on
 * behalf of the tool's caller. So the tools say exactly what the API says, whatever engine keeps the samples, and one
 * set of tools works over this server and over any other Prometheus.
 */
import { Buffer } from 'node:buffer';
import { ExecutionError, InputError, UnsupportedError } from '@vedette/model';
import { JsonCursor } from '../../../lib/json-cursor.ts';
import type {
  PrometheusApi,
  PrometheusApiAnswer,
  PrometheusApiRequest,
} from '../../../store/metrics/port.ts';
import { actorOf, type Caller } from '../../auth/caller.ts';
import { hasRole } from '../../auth/roles.ts';
import { ApiError } from '../../prometheus-api/api-error.ts';
import type { HttpAnswer, HttpRequest, Route } from '../../http/route.ts';

// Two hundred times the longest answer of a tool, and an instant query of some 60,000 series; more is counted instead.
export const TOOL_SOURCE_BYTES_MAX = 16 * 2 ** 20;

export function createInProcessApi(routes: readonly Route[], caller: Caller): PrometheusApi {
  return {
    url: 'this server',
    call: async (request, read, signal) => {
      const { route, params } = routeOf(routes, request);
      assertMayAsk(route, caller);
      try {
        const answer = await route.handle(requestOf(request, { params, caller, signal }));
        return await readAnswer(answer, read, signal);
      } catch (error) {
        throw withoutParameter(error);
      }
    },
  };
}

/** The names of the API's parameters are not those of the tool's arguments; the port leaves them out, too. */
function withoutParameter(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const message = error.message.replace(/^invalid parameter "(?:query|match\[\])": /, '');
  return message === error.message ? error : new ApiError(error.errorType, message, { cause: error });
}

function routeOf(
  routes: readonly Route[],
  { path, method }: PrometheusApiRequest,
): { readonly route: Route; readonly params: Readonly<Record<string, string>> } {
  for (const route of routes) {
    if (!route.methods.includes(method) || !route.path.startsWith('/api/v1/')) continue;
    const params = findParams(route.path, path);
    if (params !== undefined) return { route, params };
  }
  throw new UnsupportedError('VED_ENGINE_UNSUPPORTED', `this server does not answer ${method} ${path}`);
}

/** `undefined`: the pattern is another one. */
function findParams(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const segment = given[i] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(segment);
    else if (part !== segment) return undefined;
  }
  return params;
}

/** The route of `/mcp/prometheus` asked for a viewer; some of what lies behind wants more. */
function assertMayAsk({ access, path }: Route, { role }: Caller): void {
  const isRole = access === 'viewer' || access === 'operator' || access === 'admin';
  if (isRole && role !== undefined && hasRole(role, access)) return;
  throw new InputError(
    'VED_QUERY_INVALID',
    `${path} needs the role ${access}; ask with a token whose role is that`,
  );
}

function requestOf(
  { path, method, form = new URLSearchParams() }: PrometheusApiRequest,
  {
    params,
    caller,
    signal,
  }: { readonly params: HttpRequest['params']; readonly caller: Caller; readonly signal: AbortSignal },
): HttpRequest {
  return {
    method,
    path,
    params,
    form,
    query: method === 'GET' ? form : new URLSearchParams(),
    headers: {},
    // Lists of slow and running queries then say who it was.
    remoteAddress: `mcp ${actorOf({ caller })}`,
    body: new Uint8Array(),
    role: caller.role,
    caller,
    signal,
  };
}

async function readAnswer<T>(
  { status, body = '' }: HttpAnswer,
  read: (data: JsonCursor) => T | Promise<T>,
  signal: AbortSignal,
): Promise<PrometheusApiAnswer<T>> {
  const cursor = new JsonCursor(await collect(body, signal));
  let data: T | undefined;
  const texts: Record<string, unknown> = {};
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'data' && isValue(cursor)) data = await read(cursor);
    else if (key === 'data') cursor.skip();
    else texts[key] = cursor.readValue();
  }
  const { error, warnings, infos } = texts;
  // Routes reject with what is wrong; few answer it.
  if (status > 299) throw new ApiError('execution', textOf(error) ?? `HTTP status ${status}`);
  return { data, warnings: textsOf(warnings), infos: textsOf(infos) };
}

function isValue(cursor: JsonCursor): boolean {
  return cursor.isNext('object') || cursor.isNext('array') || cursor.isNext('string');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

async function collect(body: NonNullable<HttpAnswer['body']>, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  const add = (piece: string | Uint8Array): void => {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    sizeBytes += bytes.length;
    if (sizeBytes > TOOL_SOURCE_BYTES_MAX)
      throw new ExecutionError(
        'VED_QUERY_TOO_LARGE',
        `the answer is longer than the limit of ${TOOL_SOURCE_BYTES_MAX} bytes; ask for fewer series with a narrower selector, sum by (…) or topk(…)`,
      );
    pieces.push(bytes);
  };
  if (typeof body === 'string' || body instanceof Uint8Array) add(body);
  else
    for await (const piece of body) {
      signal.throwIfAborted();
      add(piece);
    }
  return Buffer.concat(pieces, sizeBytes);
}
