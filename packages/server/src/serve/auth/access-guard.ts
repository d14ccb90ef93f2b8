import { timingSafeEqual } from 'node:crypto';
import { ROLES, type Role } from '@vedette/api';
import type { Clock, Random } from '@vedette/model';
import type { Secret } from '../../lib/secret.ts';
import { headerOf, type Access, type HttpRequest } from '../http/route.ts';
import { AttemptLimiter } from './attempt-limiter.ts';
import { BouncerKeys, type BouncerKey } from './bouncer-keys.ts';
import { digestOf, findToken } from './credentials.ts';
import { isForeignOrigin, isForeignRead, isForwarded, isLoopbackAddress, isLoopbackHost } from './origin.ts';
import { findCookie, SESSION_COOKIE, Sessions, type Session } from './sessions.ts';

/**
 * Who calls, and may they.
 *
 * 1. A route that is open is open; every other request is judged here before its body is read.
 * 2. What a page of another site makes a browser send is refused: state changes by `Origin` (or
 *    `Sec-Fetch-Site`), reads by `Sec-Fetch-Site`.
 * 3. The caller shows a session cookie, `Authorization: Bearer TOKEN`, or HTTP basic authentication
 *    with the token as password (any name), which Grafana, promtool and amtool can all send.
 * 4. With a token configured, that is the only way in. Without one the server listens on loopback
 *    alone, and a caller is the administrator if the request is plainly local: from a loopback
 *    address, to a loopback `Host` (else a page could point its own name at us: DNS rebinding), not
 *    passed on by a proxy.
 *
 * 5. Whoever runs `vedette alertmanager --web.allow-open` wants what Alertmanager does: everybody who gets
 *    through to us may do everything, pages of other sites aside.
 * 6. On the routes of proxies and bouncers a key of `guard.bouncers` is proof enough, and judged first: such a
 *    request carries the headers of somebody else's (forwarding, `Origin`, cookies), which say nothing about it.
 * 7. An address that carries its own signed key is let through to the handler that checks it.
 *
 * Rejected: trusting loopback although a token is set. Common proxy configurations send neither
 * `X-Forwarded-For` nor the original `Host`, so the proxied world would have been the administrator.
 */
export class AccessGuard {
  readonly sessions: Sessions;
  readonly #tokenDigest: Buffer | undefined;
  readonly #ownOrigin: string | undefined;
  readonly #isOpen: boolean;
  readonly #attempts: AttemptLimiter;
  readonly #bouncers: BouncerKeys;

  constructor(
    deps: { readonly clock: Clock; readonly random: Random },
    options: {
      readonly token: Secret | undefined;
      readonly externalUrl: string | undefined;
      /** Without a token everybody may do everything. */
      readonly isOpen?: boolean;
      readonly bouncers?: readonly BouncerKey[];
    },
  ) {
    this.#isOpen = options.isOpen ?? false;
    this.sessions = new Sessions(deps);
    this.#attempts = new AttemptLimiter(deps.clock);
    this.#bouncers = new BouncerKeys(deps.clock, options.bouncers ?? []);
    this.#tokenDigest = options.token === undefined ? undefined : digestOf(options.token.reveal());
    this.#ownOrigin = options.externalUrl === undefined ? undefined : new URL(options.externalUrl).origin;
  }

  get ownOrigin(): string | undefined {
    return this.#ownOrigin;
  }

  get isTokenRequired(): boolean {
    return this.#tokenDigest !== undefined;
  }

  /** The verdict on a request for a route of this access. */
  judge(request: AccessRequest, access: Access): Verdict {
    if (access === 'open' || access === 'own-key') return { kind: 'granted', role: undefined };
    return access === 'bouncer' ? this.#judgeBouncer(request) : this.#judgeCaller(request, access);
  }

  #judgeBouncer(request: AccessRequest): Verdict {
    const shown = this.#bouncers.judge(request);
    if (shown !== undefined) return shown;
    const verdict = this.#judgeCaller(request, 'viewer');
    if (verdict.kind === 'refused') this.#bouncers.noteRefused(request);
    return verdict;
  }

  #judgeCaller(request: AccessRequest, access: Role | 'sign-in'): Verdict {
    const foreign = this.#findForeign(request);
    if (foreign !== undefined) return foreign;
    const caller = this.#callerOf(request);
    if (access === 'sign-in')
      return { kind: 'granted', role: caller.kind === 'granted' ? caller.role : undefined };
    if (caller.kind === 'refused') return caller;
    if (rankOf(caller.role) >= rankOf(access)) return caller;
    return refusal(403, `cannot allow this: role "${caller.role}" is too low; want "${access}"`);
  }

  /** A session for whoever shows the token. */
  signIn(token: string, address: string): Verdict & { readonly cookie?: string } {
    const verdict = this.#checkToken(token, address);
    if (verdict.kind === 'refused') return verdict;
    return { ...verdict, cookie: this.sessions.open(verdict.role ?? 'viewer') };
  }

  findSession(headers: AccessRequest['headers']): Session | undefined {
    const cookie = findCookie(headerOf(headers, 'cookie'), SESSION_COOKIE);
    return cookie === undefined ? undefined : this.sessions.find(cookie);
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

  #callerOf(request: AccessRequest): Caller {
    const session = this.findSession(request.headers);
    if (session !== undefined) return { kind: 'granted', role: session.role, sessionId: session.id };
    // A token sent to a server without one is judged as if it were not there.
    if (this.#tokenDigest === undefined) return this.#callerWithoutToken(request);
    const token = findToken(headerOf(request.headers, 'authorization'));
    if (token !== undefined) return this.#checkToken(token, request.remoteAddress);
    return refusal(
      401,
      'cannot allow this: it needs the token; sign in, or send "Authorization: Bearer TOKEN"',
    );
  }

  #callerWithoutToken(request: AccessRequest): Caller {
    if (this.#isOpen) return { kind: 'granted', role: 'admin' };
    const host = headerOf(request.headers, 'host');
    if (!isLoopbackHost(host))
      return refusal(
        403,
        `cannot serve host ${JSON.stringify(host ?? '')}: without a token only loopback names are served; set server.token_file`,
      );
    if (isForwarded(request.headers) || !isLoopbackAddress(request.remoteAddress))
      return refusal(
        403,
        'cannot serve a request that a proxy passed on: without a token only local callers are served; set server.token_file',
      );
    return { kind: 'granted', role: 'admin' };
  }

  #checkToken(token: string, address: string): Caller {
    if (this.#tokenDigest === undefined)
      return refusal(401, 'cannot check the token: this server has none; set server.token_file');
    const waitMs = this.#attempts.waitMs(address);
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      return {
        ...refusal(429, `cannot check the token: too many wrong ones; try again in ${retryAfterSeconds} s`),
        retryAfterSeconds,
      };
    }
    if (timingSafeEqual(digestOf(token), this.#tokenDigest)) return { kind: 'granted', role: 'admin' };
    this.#attempts.fail(address);
    return refusal(401, 'cannot allow this: the token is wrong');
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
      readonly sessionId?: string | undefined;
      /** Whose key was shown. */
      readonly bouncer?: string | undefined;
    }
  | Refusal;

export interface Refusal {
  readonly kind: 'refused';
  readonly status: 401 | 403 | 429;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

type Caller =
  | { readonly kind: 'granted'; readonly role: Role; readonly sessionId?: string | undefined }
  | Refusal;

function refusal(status: Refusal['status'], message: string): Refusal {
  return { kind: 'refused', status, message };
}

function rankOf(role: Role): number {
  return ROLES.indexOf(role);
}
