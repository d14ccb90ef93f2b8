import { sessionRequest, type SessionState } from '@vedette/api';
import {
  errorAnswer,
  headerOf,
  jsonAnswer,
  type HttpAnswer,
  type HttpRequest,
  type Route,
} from '../http/route.ts';
import type { AccessGuard } from './access-guard.ts';
import { SESSION_COOKIE, SESSION_MS } from './sessions.ts';

/** A token and the braces around it. */
const SESSION_BODY_BYTES_MAX = 8 * 1024;

/** Signing in, asking who one is, signing out. Reachable before one is signed in, or nobody ever could. */
export function sessionRoutes(deps: { readonly guard: AccessGuard }): readonly Route[] {
  const route = (methods: Route['methods'], handle: Route['handle']): Route => ({
    surface: 'vedette-api',
    methods,
    path: '/api/vedette/session',
    access: 'sign-in',
    bodyBytesMax: SESSION_BODY_BYTES_MAX,
    errors: 'json',
    handle,
  });
  return [
    route(['GET'], ({ role }) => stateAnswer(deps.guard, role ?? null)),
    route(['POST'], (request) => signIn(deps.guard, request)),
    route(['DELETE'], (request) => signOut(deps.guard, request)),
  ];
}

function signIn(guard: AccessGuard, request: HttpRequest): HttpAnswer {
  const body = sessionRequest.safeParse(parseJson(request.body));
  if (!body.success)
    return errorAnswer(
      400,
      'bad_data',
      'cannot sign in: want a JSON object with the text "token" of at most 1024 characters',
    );
  const verdict = guard.signIn(body.data.token, request.remoteAddress);
  if (verdict.kind === 'refused') {
    const answer = errorAnswer(
      verdict.status,
      verdict.status === 429 ? 'too_many_requests' : 'unauthorized',
      verdict.message,
    );
    if (verdict.retryAfterSeconds === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, 'retry-after': String(verdict.retryAfterSeconds) } };
  }
  return stateAnswer(
    guard,
    verdict.role ?? null,
    cookieOf(guard, request, verdict.cookie ?? '', SESSION_MS / 1000),
  );
}

function signOut(guard: AccessGuard, request: HttpRequest): HttpAnswer {
  const session = guard.findSession(request.headers);
  if (session !== undefined) guard.sessions.close(session);
  // Without a token there is nothing to sign out of.
  const role = guard.isTokenRequired ? null : (request.role ?? null);
  return stateAnswer(guard, role, cookieOf(guard, request, '', 0));
}

function stateAnswer(guard: AccessGuard, role: SessionState['role'], cookie?: string): HttpAnswer {
  const state: SessionState = {
    role,
    isTokenRequired: guard.isTokenRequired || role === null,
    account: null,
    ways: { token: guard.isTokenRequired, password: false, oidc: null, setup: false },
  };
  return jsonAnswer(200, state, cookie === undefined ? {} : { 'set-cookie': cookie });
}

/** `Secure` wherever TLS is known to stand before us: browsers drop such cookies on plain HTTP. */
function cookieOf(guard: AccessGuard, request: HttpRequest, value: string, maxAgeSeconds: number): string {
  const isTls =
    guard.ownOrigin?.startsWith('https:') === true ||
    headerOf(request.headers, 'x-forwarded-proto')?.toLowerCase() === 'https';
  return `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${isTls ? '; Secure' : ''}`;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
