/**
 * The keys of those who enforce decisions elsewhere: reverse proxies and CrowdSec's bouncers.
 *
 * 1. A key is shown as `X-Api-Key`, which CrowdSec's bouncers send, or where a token stands in `Authorization`
 *    (a URL with a password in it makes most HTTP clients send that).
 * 2. `X-Api-Key` is meant for us: one that is wrong is refused. A wrong `Authorization` may be a token, or belong to
 *    the request that a proxy asks about: it is left to what judges tokens.
 * 3. Every key is compared, in constant time each, so that the time does not tell which one was nearly right.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '@vedette/model';
import type { Secret } from '../../lib/secret.ts';
import { headerOf } from '../http/route.ts';
import type { AccessRequest, Verdict } from './access-guard.ts';
import { AttemptLimiter } from './attempt-limiter.ts';
import { digestOf, findToken } from './credentials.ts';

export interface BouncerKey {
  /** For logs and the place in the stream of decisions; unlike any other's. */
  readonly name: string;
  readonly key: Secret;
}

export class BouncerKeys {
  readonly #keys: readonly { readonly name: string; readonly digest: Buffer }[];
  /** Not those of the token: a bouncer with an old key must not lock its neighbours' people out. */
  readonly #attempts: AttemptLimiter;

  constructor(clock: Clock, keys: readonly BouncerKey[]) {
    this.#attempts = new AttemptLimiter(clock);
    this.#keys = keys.map(({ name, key }) => ({ name, digest: digestOf(key.reveal()) }));
  }

  /** `undefined`: no key was shown. */
  judge({ headers, remoteAddress }: AccessRequest): Verdict | undefined {
    const key = headerOf(headers, 'x-api-key');
    const waitMs = this.#attempts.waitMs(remoteAddress);
    if (key === undefined)
      return waitMs > 0 ? undefined : this.#findGranted(findToken(headerOf(headers, 'authorization')));
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      const message = `cannot check the key: too many wrong ones; try again in ${retryAfterSeconds} s`;
      return { kind: 'refused', status: 429, message, retryAfterSeconds };
    }
    const granted = this.#findGranted(key);
    if (granted !== undefined) return granted;
    this.#attempts.fail(remoteAddress);
    return { kind: 'refused', status: 403, message: 'access forbidden: no bouncer has this X-Api-Key' };
  }

  /** What stood in `Authorization` was neither a key nor the token. */
  noteRefused({ headers, remoteAddress }: AccessRequest): void {
    if (findToken(headerOf(headers, 'authorization')) !== undefined) this.#attempts.fail(remoteAddress);
  }

  #findGranted(key: string | undefined): Verdict | undefined {
    if (key === undefined) return undefined;
    const digest = digestOf(key);
    let bouncer: string | undefined;
    for (const one of this.#keys) if (timingSafeEqual(one.digest, digest)) bouncer = one.name;
    return bouncer === undefined
      ? undefined
      : {
          kind: 'granted',
          role: undefined,
          bouncer,
          caller: { kind: 'bouncer', name: bouncer, role: undefined },
        };
  }
}
