import { createHash } from 'node:crypto';

/** Equal lengths make a comparison independent of the guess. */
export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The token of `Bearer TOKEN` or `Basic base64(anyone:TOKEN)`; `undefined` when there is none. */
export function findToken(authorization: string | undefined): string | undefined {
  const match = /^(bearer|basic) +(\S+) *$/i.exec(authorization ?? '');
  const credentials = match?.[2];
  if (credentials === undefined) return undefined;
  if (match?.[1]?.toLowerCase() === 'bearer') return credentials;
  const decoded = Buffer.from(credentials, 'base64').toString('utf8');
  const cut = decoded.indexOf(':');
  return cut < 0 ? undefined : decoded.slice(cut + 1);
}
