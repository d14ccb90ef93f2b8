import { ConflictError } from '@vedette/model';
import type { AuditNote, HttpAnswer, HttpRequest } from '../http/route.ts';
import { errorAnswer } from '../http/route.ts';
import type { AccessGuard } from './access-guard.ts';
import { AuthError } from './auth-error.ts';
import { isTlsAhead } from './origin.ts';
import { SESSION_COOKIE, SESSION_IDLE_MS } from './sessions/session-book.ts';

const WORDS = {
  400: 'bad_data',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  410: 'gone',
  429: 'too_many_requests',
  503: 'unavailable',
} as const;

/** Refusals of accounts, tokens and sessions as answers; whatever else is thrown goes on. */
export async function answering(work: () => Promise<HttpAnswer>, audit?: AuditNote): Promise<HttpAnswer> {
  try {
    return await work();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const answer = refusalAnswer(refusal);
    return audit === undefined ? answer : { ...answer, audit };
  }
}

function refusalOf(error: unknown): AuthError | undefined {
  if (error instanceof ConflictError)
    return new AuthError(
      409,
      'cannot change it: another server changed it a moment ago; look at it and try again',
    );
  return error instanceof AuthError ? error : undefined;
}

function refusalAnswer({ status, message, retryAfterSeconds }: AuthError): HttpAnswer {
  const answer = errorAnswer(status, WORDS[status], message);
  if (retryAfterSeconds === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
}

interface CookieOptions {
  readonly maxAgeMs: number;
  /** `Lax`: it must come along when another site leads here. */
  readonly sameSite?: 'Strict' | 'Lax';
}

/** `Secure` wherever TLS is known to stand before us: browsers drop such cookies on plain HTTP. */
export function cookieOf(
  guard: Pick<AccessGuard, 'ownOrigin'>,
  headers: HttpRequest['headers'],
  [name, value]: readonly [string, string],
  { maxAgeMs, sameSite = 'Strict' }: CookieOptions,
): string {
  const isTls = guard.ownOrigin?.startsWith('https:') === true || isTlsAhead(headers);
  return `${name}=${value}; Path=/; Max-Age=${maxAgeMs / 1000}; HttpOnly; SameSite=${sameSite}${isTls ? '; Secure' : ''}`;
}

export function sessionCookieOf(
  guard: Pick<AccessGuard, 'ownOrigin'>,
  headers: HttpRequest['headers'],
  value: string,
): string {
  return cookieOf(guard, headers, [SESSION_COOKIE, value], { maxAgeMs: value === '' ? 0 : SESSION_IDLE_MS });
}
