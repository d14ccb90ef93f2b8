import type { Role } from '@vedette/api';
import type { Caller } from '../auth/caller.ts';

/**
 * What a surface declares for each path it answers, as data. Handlers are functions from request to
 * answer and know nothing of sockets; compression, limits, access, metrics and error bodies happen
 * around them, in one place.
 */
export interface Route {
  /** The surface that owns the path, named like its folder. */
  readonly surface: Surface;
  readonly methods: readonly HttpMethod[];
  /** `/api/v1/label/:name/values`; `:name` is one segment, a final `*` the rest. */
  readonly path: string;
  readonly access: Access;
  /** `BODY_BYTES_MAX` when absent. */
  readonly bodyBytesMax?: number;
  /** How refusals are spelled: Prometheus' JSON error body, one line of text, or the code and message of go-openapi. */
  readonly errors: 'json' | 'text' | 'go-openapi';
  handle(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

export type Surface =
  | 'prometheus-api'
  | 'alertmanager-api'
  | 'vedette-api'
  | 'live'
  | 'web'
  | 'management'
  | 'intake'
  | 'guard'
  | 'mcp';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

/**
 * Who may call: a role and those above it; `sign-in`: what a browser needs before it has a session
 * (the UI's files, the session resource), nothing secret; `open`: the three probes. `bouncer`: a key of
 * `guard.bouncers`, a token with the scope `guard`, or the role operator; `own-key`: the address itself carries a signed key, which the handler checks.
 */
export type Access = Role | 'sign-in' | 'open' | 'bouncer' | 'own-key';

/** A request whose caller was found to have the route's access. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query string, not decoded. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** Parameters of a urlencoded body first, then those of the query string, as Go's `Form` has them. */
  readonly form: URLSearchParams;
  /** Parameters of the query string alone. */
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly remoteAddress: string;
  readonly body: Uint8Array;
  /** `undefined` on open and sign-in routes when nobody is signed in. */
  readonly role: Role | undefined;
  /** Who asks; absent when nobody is signed in, which only open and sign-in routes let through. */
  readonly caller?: Caller | undefined;
  /** Of the session that was shown; absent when the caller proved otherwise who it is. */
  readonly sessionId?: string | undefined;
  /** Name of the bouncer whose key was shown, on routes with that access. */
  readonly bouncer?: string | undefined;
  /** Aborts when the client goes away before the answer is written, or the server stops. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces are pulled as fast as the client reads; a stream that ends early is closed. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>;
  /** Values of `set-cookie`, one header each. */
  readonly cookies?: readonly string[];
  /** What the audit log is to say besides method, path and status. */
  readonly audit?: AuditNote;
  /** A stream whose pieces leave as they come: the head at once, nothing compressed, nothing held back. */
  readonly isLive?: boolean;
  /** Of such a stream: cuts the connection when it aborts, however much the client has not read. */
  readonly cutSignal?: AbortSignal;
}

/** Never a secret: whoever may read the log is not whoever may sign in. */
export interface AuditNote {
  /** Who turned out to be asking, where that is learnt by the request itself. */
  readonly caller?: Caller;
  /** On what: a name or an id; what the path says when absent. */
  readonly target?: string;
  /** What changed, in some words. */
  readonly detail?: string;
}

export function textAnswer(status: number, text: string, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: text };
}

export function jsonAnswer(status: number, value: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** Prometheus' error body; `errorType` is its word for the family of the fault. */
export function errorAnswer(status: number, errorType: string, message: string): HttpAnswer {
  return jsonAnswer(status, { status: 'error', errorType, error: message });
}

/** The error body of servers made with go-openapi, as Alertmanager is. */
export function goOpenApiAnswer(
  status: number,
  message: string,
  headers: Record<string, string> = {},
): HttpAnswer {
  return jsonAnswer(status, { code: status, message }, headers);
}

/** The first value of a header. */
export function headerOf(headers: HttpRequest['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
