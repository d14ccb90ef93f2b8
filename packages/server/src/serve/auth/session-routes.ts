import { passwordSignIn, sessionRequest, type SessionState } from '@vedette/api';
import { z } from 'zod';
import { jsonBodyOf } from '../http/json-body.ts';
import { jsonAnswer, headerOf, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import type { AccessGuard } from './access-guard.ts';
import { BROWSER_COOKIE, BROWSER_MARK_MS } from './accounts/browser-mark.ts';
import { answering, cookieOf, sessionCookieOf } from './answers.ts';
import { AuthError } from './auth-error.ts';
import type { Caller } from './caller.ts';
import type { Identities } from './identities.ts';
import { findCookie } from './sessions/session-book.ts';

/** A token or a password, and the braces around it. */
export const SESSION_BODY_BYTES_MAX = 8 * 1024;

export interface SessionRoutesDeps {
  readonly guard: AccessGuard;
  readonly identities: Identities;
  /** What the button of the provider says; `undefined`: there is none. */
  readonly oidcName: string | undefined;
}

/** Signing in, asking who one is, signing out. Reachable before one is signed in, or nobody ever could. */
export function sessionRoutes(deps: SessionRoutesDeps): readonly Route[] {
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
    route(['GET'], ({ caller }) => jsonAnswer(200, stateOf(deps, caller))),
    route(['POST'], async (request) => await signIn(deps, request)),
    route(['DELETE'], async (request) => await signOut(deps, request)),
  ];
}

const signInBody = z.union([sessionRequest, passwordSignIn], {
  error: 'want the text "token" of at most 1024 characters, or "name" and "password"',
});

const SIGN_IN_EXAMPLE = '{"token":"…"} or {"name":"ada","password":"…"}';

async function signIn(deps: SessionRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const body = jsonBodyOf(request, signInBody, SIGN_IN_EXAMPLE);
  if ('token' in body)
    return await answering(() => signInWithToken(deps, request, body.token), { target: 'token' });
  // Somebody may have typed the password in the place of the name: what is no account's name is not written down.
  const target = deps.identities.accounts.find(body.name)?.name ?? '';
  return await answering(() => signInWithPassword(deps, request, body), { target });
}

async function signInWithToken(
  deps: SessionRoutesDeps,
  request: HttpRequest,
  token: string,
): Promise<HttpAnswer> {
  const found = deps.guard.checkToken(token, request.remoteAddress);
  if (found.kind === 'refused') throw new AuthError(found.status, found.message, found.retryAfterSeconds);
  return await openSession(deps, request, found.caller, () => deps.identities.openFor(found.caller, token));
}

async function signInWithPassword(
  deps: SessionRoutesDeps,
  request: HttpRequest,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<HttpAnswer> {
  const { identities, guard } = deps;
  const browserCookie = findCookie(headerOf(request.headers, 'cookie'), BROWSER_COOKIE);
  const attempt = { name, password, address: request.remoteAddress, browserCookie };
  const account = await identities.passwordSignIn.attempt(attempt);
  const caller: Caller = { kind: 'account', name: account.name, role: account.role };
  const answer = await openSession(deps, request, caller, () =>
    identities.openForAccount(account.name, account),
  );
  const mark = cookieOf(guard, request.headers, [BROWSER_COOKIE, identities.marks.create(account.name)], {
    maxAgeMs: BROWSER_MARK_MS,
  });
  return { ...answer, cookies: [...(answer.cookies ?? []), mark] };
}

/** A new session, and the end of the one that the browser had: nobody goes on with what was there before. */
export async function openSession(
  deps: SessionRoutesDeps,
  request: HttpRequest,
  caller: Caller,
  open: () => Promise<string>,
): Promise<HttpAnswer> {
  const former = deps.guard.findSession(request.headers);
  const value = await open();
  if (former !== undefined) await deps.identities.sessions.end(former.id);
  const answer = jsonAnswer(200, stateOf(deps, caller));
  return { ...answer, cookies: [sessionCookieOf(deps.guard, request.headers, value)], audit: { caller } };
}

async function signOut(deps: SessionRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const session = deps.guard.findSession(request.headers);
  if (session !== undefined) await deps.identities.sessions.end(session.id);
  // Where nobody signs in there is nothing to sign out of.
  const caller = deps.guard.isSignInRequired ? undefined : request.caller;
  const answer = jsonAnswer(200, stateOf(deps, caller));
  return { ...answer, cookies: [sessionCookieOf(deps.guard, request.headers, '')] };
}

function stateOf(
  { guard, identities, oidcName }: SessionRoutesDeps,
  caller: Caller | undefined,
): SessionState {
  const role = caller?.role ?? null;
  const isAccount = caller?.kind === 'account' || caller?.kind === 'oidc';
  return {
    role,
    isTokenRequired: guard.isSignInRequired || role === null,
    account: isAccount ? caller.name : null,
    ways: {
      token: guard.hasServerToken || !identities.tokens.isEmpty,
      password: !identities.accounts.isEmpty,
      oidc: oidcName ?? null,
      setup: identities.isSetupNeeded,
    },
  };
}
