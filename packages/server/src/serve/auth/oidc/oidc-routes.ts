/** The two addresses of signing in at a provider; what speaks with it is loaded when somebody does. */
import type { Clock, Files } from '@vedette/model';
import type { Log } from '../../../telemetry/log.ts';
import { baseOf, prefixOf } from '../../http/external-url.ts';
import { headerOf, type HttpAnswer, type HttpRequest, type Route } from '../../http/route.ts';
import { refusedSignInPage } from '../../web/status-pages.ts';
import { cookieOf } from '../answers.ts';
import { AuthError } from '../auth-error.ts';
import type { Caller } from '../caller.ts';
import { isTlsAhead } from '../origin.ts';
import { openSession, type SessionRoutesDeps } from '../session-routes.ts';
import { findCookie } from '../sessions/session-book.ts';
import type { OidcConfig } from './config.ts';
import type { OidcProvider } from './oidc-provider.ts';
import { OIDC_COOKIE, OIDC_PENDING_MS, ownPathOf, packPending, unpackPending } from './pending-sign-in.ts';
import { nameOf, roleOf } from './roles.ts';

export interface OidcRoutesDeps extends SessionRoutesDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
}

interface Settings {
  readonly oidc: OidcConfig;
  /** Where people reach this server; absent: where they asked. */
  readonly externalUrl: string | undefined;
}

const CALLBACK_PATH = '/api/vedette/oidc/callback';

export function oidcRoutes(deps: OidcRoutesDeps, settings: Settings): readonly Route[] {
  let provider: Promise<OidcProvider> | undefined;
  const use = (): Promise<OidcProvider> =>
    (provider ??= import('./oidc-provider.ts').then((it) => new it.OidcProvider(deps, settings.oidc)));
  const route = (path: string, handle: (request: HttpRequest) => Promise<HttpAnswer>): Route => ({
    surface: 'vedette-api',
    methods: ['GET'],
    path,
    access: 'sign-in',
    errors: 'text',
    handle: async (request) => await onPage(() => handle(request)),
  });
  return [
    route('/api/vedette/oidc/start', (request) => start(deps, settings, { request, use })),
    route(CALLBACK_PATH, (request) => finish(deps, settings, { request, use })),
  ];
}

interface Asked {
  readonly request: HttpRequest;
  readonly use: () => Promise<OidcProvider>;
}

async function start(deps: OidcRoutesDeps, settings: Settings, { request, use }: Asked): Promise<HttpAnswer> {
  const returnTo = ownPathOf(request.query.get('return'));
  const provider = await use();
  const { url, ...begun } = await provider
    .begin(addressOf(settings, request) + CALLBACK_PATH)
    .catch((error: unknown) => {
      deps.log.warn('cannot reach the provider of sign-ins', { error, issuer: settings.oidc.issuer });
      throw new AuthError(
        503,
        `cannot sign in with ${settings.oidc.name}: the provider cannot be reached; try again later, or sign in with name and password`,
      );
    });
  const value = packPending(deps.identities.cookieKey, deps.clock, { ...begun, returnTo });
  return { status: 302, headers: { location: url }, cookies: [pendingCookie(deps, request, value)] };
}

async function finish(
  deps: OidcRoutesDeps,
  settings: Settings,
  { request, use }: Asked,
): Promise<HttpAnswer> {
  const { oidc } = settings;
  const cookie = findCookie(headerOf(request.headers, 'cookie'), OIDC_COOKIE);
  const pending = unpackPending(deps.identities.cookieKey, deps.clock, cookie);
  if (pending === undefined)
    throw new AuthError(
      400,
      `cannot sign in with ${oidc.name}: it was begun in another browser or more than ${OIDC_PENDING_MS / 60_000} minutes ago; begin again`,
    );
  const address = new URL(`${addressOf(settings, request)}${CALLBACK_PATH}?${request.query.toString()}`);
  const provider = await use();
  const { subject, claims } = await provider.finish(address, pending).catch((error: unknown) => {
    deps.log.warn('cannot sign somebody in at the provider', { error, issuer: oidc.issuer });
    throw new AuthError(
      401,
      `cannot sign in with ${oidc.name}: the provider does not confirm it; begin again`,
    );
  });
  const name = nameOf(claims, oidc.name_claim);
  if (name === undefined)
    throw new AuthError(
      403,
      `cannot sign in with ${oidc.name}: it sends no usable name; see server.oidc.name_claim`,
    );
  const role = roleOf(claims, oidc);
  if (role === undefined)
    throw new AuthError(
      403,
      `cannot sign in with ${oidc.name}: no group of "${name}" has a role here; ask an administrator`,
    );
  const account = await deps.identities.signInAt({ subject, name, role });
  const caller: Caller = { kind: 'oidc', name: account.name, role };
  const answer = await openSession(deps, request, caller, () =>
    deps.identities.openForAccount(account.name, account),
  );
  return {
    status: 302,
    headers: { location: prefixOf(settings.externalUrl) + pending.returnTo },
    cookies: [...(answer.cookies ?? []), pendingCookie(deps, request, '')],
    audit: { caller, target: account.name, detail: `role ${role}` },
  };
}

/** A person looks at it: refusals are a page. */
async function onPage(work: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AuthError) return refusedSignInPage(error.status, error.message);
    throw error;
  }
}

function pendingCookie({ guard }: OidcRoutesDeps, { headers }: HttpRequest, value: string): string {
  const maxAgeMs = value === '' ? 0 : OIDC_PENDING_MS;
  return cookieOf(guard, headers, [OIDC_COOKIE, value], { maxAgeMs, sameSite: 'Lax' });
}

/** As the provider has to know it. A host that somebody invents leads nowhere: the provider has a list. */
function addressOf({ externalUrl }: Settings, { headers }: HttpRequest): string {
  if (externalUrl !== undefined) return baseOf(externalUrl);
  return `${isTlsAhead(headers) ? 'https' : 'http'}://${headerOf(headers, 'host') ?? ''}`;
}
