import { timingSafeEqual } from 'node:crypto';
import { ROLES, type Role } from '@vedette/api';
import type { Clock } from '@vedette/model';
import type { Secret } from '../../lib/secret.ts';
import { headerOf, type Access, type HttpRequest } from '../http/route.ts';
import { AttemptLimiter } from './attempt-limiter.ts';
import { BouncerKeys, type BouncerKey } from './bouncer-keys.ts';
import type { Caller, Scope } from './caller.ts';
import { digestOf, findToken } from './credentials.ts';
import { isForeignOrigin, isForeignRead, isForwarded, isLoopbackAddress, isLoopbackHost } from './origin.ts';
import type { Identities } from './identities.ts';
import { findCookie, SESSION_COOKIE, type Session } from './sessions/session-book.ts';
import { TOKEN_PREFIX } from './tokens/token-book.ts';

/**
 * Who calls, and may they.
 *
 * 1. A route that is open is open; every other request is judged here before its body is read.
 * 2. What a page of another site makes a browser send is refused: state changes by `Origin` (or
 *    `Sec-Fetch-Site`), reads by `Sec-Fetch-Site`.
 * 3. The caller shows a session cookie, `Authorization: Bearer TOKEN`, or HTTP basic authentication
 *    with the token as password (any name), which Grafana, promtool and amtool can all send. The token is the server's
 *    (`server.token_file`) or an API token (`vdt_…`), which has a role and opens its scopes alone.
 * 4. With a token configured, or accounts, those are the only ways in, on loopback too (decisions 4 and 17). Without
 *    either the server listens on loopback alone, and a caller is the administrator if the request is plainly local: from
 *    a loopback address, to a loopback `Host` (else a page could point its own name at us: DNS rebinding), not
 *    passed on by a proxy.
 *
 * 5. Whoever runs `vedette alertmanager --web.allow-open` wants what Alertmanager does: everybody who gets
 *    through to us may do everything, pages of other sites aside.
 * 6. On the routes of proxies and bouncers a key of `guard.bouncers` is proof enough, and judged first: such a
 *    request carries the headers of somebody else's (forwarding, `Origin`, cookies), which say nothing about it. A
 *    program's token opens them with the scope `guard`. A person must be an operator: they tell of persons.
 * 7. An address that carries its own signed key is let through to the handler that checks it.
 *
 * Rejected: trusting loopback although a token is set. Common proxy configurations send neither
 * `X-Forwarded-For` nor the original `Host`, so the proxied world would have been the administrator.
 */
export class AccessGuard {
  readonly #identities: Identities | undefined;
  readonly #tokenDigest: Buffer | undefined;
  readonly #ownOrigin: string | undefined;
  readonly #isOpen: boolean;
  readonly #attempts: AttemptLimiter;
  readonly #bouncers: BouncerKeys;

  constructor(
    deps: { readonly clock: Clock; readonly identities?: Identities | undefined },
    options: {
      readonly token: Secret | undefined;
      readonly externalUrl: string | undefined;
      /** Without a token everybody may do everything. */
      readonly isOpen?: boolean;
      readonly bouncers?: readonly BouncerKey[];
    },
  ) {
    this.#isOpen = options.isOpen ?? false;
    this.#identities = deps.identities;
    this.#attempts = new AttemptLimiter(deps.clock);
    this.#bouncers = new BouncerKeys(deps.clock, options.bouncers ?? []);
    this.#tokenDigest = options.token === undefined ? undefined : digestOf(options.token.reveal());
    if (this.#tokenDigest !== undefined) deps.identities?.useServerToken(this.#tokenDigest);
    this.#ownOrigin = options.externalUrl === undefined ? undefined : new URL(options.externalUrl).origin;
  }

  get ownOrigin(): string | undefined {
    return this.#ownOrigin;
  }

  /** `server.token_file` is set. */
  get hasServerToken(): boolean {
    return this.#tokenDigest !== undefined;
  }

  /** Nobody is let in without showing who they are. */
  get isSignInRequired(): boolean {
    return this.hasServerToken || this.#identities?.isSignInRequired === true;
  }

  /** The verdict on a request for a route of this access and scope. */
  judge(request: AccessRequest, access: Access, scope: Scope = 'read'): Verdict {
    if (access === 'open' || access === 'own-key') return { kind: 'granted', role: undefined };
    return access === 'bouncer' ? this.#judgeBouncer(request) : this.#judgeCaller(request, access, scope);
  }

  /**
   * Whether what was granted for a request that goes on still is: its session or token counts, and the role has not
   * changed. A page whose role changed opens a new socket with the rights that it has now.
   */
  recheck(request: AccessRequest, granted: Verdict & { readonly kind: 'granted' }, access: Role): Verdict {
    const { caller } = granted;
    if (caller?.sessionId === undefined)
      return caller?.kind === 'token' || caller?.kind === 'server-token'
        ? this.#recheckToken(request, granted)
        : this.judge(request, access);
    const session = this.#identities?.sessions.findById(caller.sessionId);
    const now = session && this.#identities?.callerOf(session);
    if (now?.role === undefined) return refusal(401, 'not signed in any more');
    if (now.role !== caller.role) return refusal(403, `the role is "${now.role}" now`);
    return granted;
  }

  /** Neither held up by others at this address who guess, nor counted as a guess: it was right once. */
  #recheckToken(request: AccessRequest, granted: Verdict & { readonly kind: 'granted' }): Verdict {
    const token = findToken(headerOf(request.headers, 'authorization'));
    const now = token === undefined ? undefined : this.#findByToken(token);
    return now?.role === granted.role ? granted : refusal(401, 'the token was revoked, or has expired');
  }

  #judgeBouncer(request: AccessRequest): Verdict {
    const shown = this.#bouncers.judge(request);
    if (shown !== undefined) return shown;
    const found = this.#judgeCaller(request, 'viewer', 'guard');
    const isPerson = found.caller?.kind === 'account' || found.caller?.kind === 'oidc';
    const verdict = isPerson ? this.#judgeCaller(request, 'operator', 'guard') : found;
    if (verdict.kind === 'refused') this.#bouncers.noteRefused(request);
    return verdict;
  }

  #judgeCaller(request: AccessRequest, access: Role | 'sign-in', scope: Scope): Verdict {
    const foreign = this.#findForeign(request);
    if (foreign !== undefined) return foreign;
    const found = this.#callerOf(request);
    if (access === 'sign-in') return found.kind === 'granted' ? found : { kind: 'granted', role: undefined };
    if (found.kind === 'refused') return found;
    const { caller } = found;
    if (caller.scopes?.includes(scope) === false)
      return {
        ...refusal(403, `cannot allow this: the token "${caller.name}" lacks the scope "${scope}"`),
        caller,
      };
    if (rankOf(found.role) >= rankOf(access)) return found;
    return {
      ...refusal(403, `cannot allow this: role "${found.role}" is too low; want "${access}"`),
      caller,
    };
  }

  /**
   * Whoever shows this token, of the server or of the API. An address that guesses has to wait, but for API tokens that
   * are right: behind a proxy everybody has one address, and nobody guesses 256 bits.
   */
  checkToken(token: string, address: string): Found {
    const known = token.startsWith(TOKEN_PREFIX) ? this.#findByToken(token) : undefined;
    if (known?.role !== undefined) return { kind: 'granted', role: known.role, caller: known };
    const waitMs = this.#attempts.waitMs(address);
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      return {
        ...refusal(429, `cannot check the token: too many wrong ones; try again in ${retryAfterSeconds} s`),
        retryAfterSeconds,
      };
    }
    const caller = this.#findByToken(token);
    if (caller?.role !== undefined) return { kind: 'granted', role: caller.role, caller };
    this.#attempts.fail(address);
    return refusal(401, 'cannot allow this: the token is wrong, was revoked, or has expired');
  }

  findSession(headers: AccessRequest['headers']): Session | undefined {
    const cookie = findCookie(headerOf(headers, 'cookie'), SESSION_COOKIE);
    return cookie === undefined ? undefined : this.#identities?.sessions.find(cookie);
  }

  /** The cookie for a browser whose session is to have a new secret; `undefined` for all others. */
  async rotate({
    sessionId,
    isRotationDue,
  }: Verdict & { readonly kind: 'granted' }): Promise<string | undefined> {
    if (sessionId === undefined || isRotationDue !== true) return undefined;
    return await this.#identities?.sessions.rotate(sessionId);
  }

  #findByToken(token: string): Caller | undefined {
    const isServers = this.#tokenDigest !== undefined && timingSafeEqual(digestOf(token), this.#tokenDigest);
    if (isServers) return { kind: 'server-token', name: 'server-token', role: 'admin' };
    return token.startsWith(TOKEN_PREFIX) ? this.#identities?.findByToken(token) : undefined;
  }

  #findForeign(request: AccessRequest): Refusal | undefined {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const isForeign = isRead
      ? isForeignRead(request.headers)
      : isForeignOrigin(request.headers, this.#ownOrigin);
    if (!isForeign) return undefined;
    const origin = headerOf(request.headers, 'origin') ?? 'another site';
    return refusal(
      403,
      `cannot allow this: it comes from a page of ${JSON.stringify(origin)}; if that is this server's own address, set server.external_url`,
    );
  }

  #callerOf(request: AccessRequest): Found {
    const session = this.findSession(request.headers);
    const caller = session && this.#identities?.callerOf(session);
    if (session !== undefined && caller?.role !== undefined)
      return {
        kind: 'granted',
        role: caller.role,
        caller,
        sessionId: session.id,
        isRotationDue: session.isRotationDue,
      };
    const token = findToken(headerOf(request.headers, 'authorization'));
    // A token sent to a server without one is judged as if it were not there; an API token never is: it may be a lesser one.
    if (token !== undefined && (this.isSignInRequired || token.startsWith(TOKEN_PREFIX)))
      return this.checkToken(token, request.remoteAddress);
    return this.isSignInRequired ? this.#refuseNobody() : this.#callerWithoutProof(request);
  }

  #refuseNobody(): Refusal {
    const { accounts, isSetupNeeded } = this.#identities ?? {};
    if (isSetupNeeded === true && accounts?.isEmpty === true && !this.hasServerToken)
      return refusal(
        401,
        'cannot allow this: no account exists yet; make the first one with the link that the server printed at its start',
      );
    const what = this.#identities?.isSignInRequired === true ? 'a signed-in account or a token' : 'the token';
    return refusal(
      401,
      `cannot allow this: it needs ${what}; sign in, or send "Authorization: Bearer TOKEN"`,
    );
  }

  #callerWithoutProof(request: AccessRequest): Found {
    const local: Found = {
      kind: 'granted',
      role: 'admin',
      caller: { kind: 'local', name: 'local', role: 'admin' },
    };
    if (this.#isOpen) return local;
    const host = headerOf(request.headers, 'host');
    if (!isLoopbackHost(host))
      return refusal(
        403,
        `cannot serve host ${JSON.stringify(host ?? '')}: without a token only loopback names are served; set server.token_file or server.accounts`,
      );
    if (isForwarded(request.headers) || !isLoopbackAddress(request.remoteAddress))
      return refusal(
        403,
        'cannot serve a request that a proxy passed on: without a token only local callers are served; set server.token_file or server.accounts',
      );
    return local;
  }
}

export interface AccessRequest {
  readonly method: string;
  readonly headers: HttpRequest['headers'];
  readonly remoteAddress: string;
}

export type Verdict =
  | {
      readonly kind: 'granted';
      readonly role: Role | undefined;
      readonly caller?: Caller | undefined;
      readonly sessionId?: string | undefined;
      /** The answer is to carry a new secret for the session. */
      readonly isRotationDue?: boolean;
      /** Whose key was shown. */
      readonly bouncer?: string | undefined;
    }
  | Refusal;

export interface Refusal {
  readonly kind: 'refused';
  readonly status: 401 | 403 | 429;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  /** Who was refused, where that is known. */
  readonly caller?: Caller;
}

type Found = (Verdict & { readonly kind: 'granted'; readonly role: Role; readonly caller: Caller }) | Refusal;

function refusal(status: Refusal['status'], message: string): Refusal {
  return { kind: 'refused', status, message };
}

function rankOf(role: Role): number {
  return ROLES.indexOf(role);
}
