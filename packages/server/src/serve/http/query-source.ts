import type { QuerySource } from '../../query/metrics/index.ts';
import { headerOf, type HttpRequest } from './route.ts';

/** Enough of a session's id to tell it from others; without the signature it opens nothing. */
const SESSION_ID_CHARACTERS = 8;

/**
 * On whose behalf queries of a request are. Pages of our own are known by their session or, on a server without
 * sign-in, by what browsers say of them; other clients by the address of the connection. A proxy in front makes them
 * one: what it says of their addresses could be said by anybody, and is trusted nowhere.
 */
export function querySourceOf({
  headers,
  remoteAddress,
  sessionId,
}: Pick<HttpRequest, 'headers' | 'remoteAddress' | 'sessionId'>): QuerySource {
  if (sessionId !== undefined)
    return { kind: 'ui', client: `session ${sessionId.slice(0, SESSION_ID_CHARACTERS)}` };
  const isOwnPage = headerOf(headers, 'sec-fetch-site') === 'same-origin';
  return { kind: isOwnPage ? 'ui' : 'api', client: remoteAddress };
}
