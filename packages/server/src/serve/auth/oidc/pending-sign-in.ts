/**
 * What a browser is to bring back from the provider, in a signed cookie: no memory is spent on those who never come back,
 * and any replica can receive them. `SameSite=Lax`, since it is another site that leads here.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '@vedette/model';
import { z } from 'zod';
import { isSameSecret } from '../../../lib/secret.ts';

export const OIDC_COOKIE = 'vedette_oidc';

// Signing in at the provider, with a second factor that is in the other room.
export const OIDC_PENDING_MS = 10 * 60_000;

const pendingSignIn = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  untilMs: z.number(),
});
export type PendingSignIn = Omit<z.infer<typeof pendingSignIn>, 'untilMs'>;

export function packPending(key: Uint8Array, clock: Clock, pending: PendingSignIn): string {
  const text = JSON.stringify({ ...pending, untilMs: clock.nowMs() + OIDC_PENDING_MS });
  const packed = Buffer.from(text).toString('base64url');
  return `${packed}.${sign(key, packed)}`;
}

/** `undefined` for what was not made here or is too old. */
export function unpackPending(
  key: Uint8Array,
  clock: Clock,
  cookieValue: string | undefined,
): PendingSignIn | undefined {
  const [packed = '', signature = ''] = (cookieValue ?? '').split('.');
  if (!isSameSecret(signature, sign(key, packed))) return undefined;
  // Signed: it is what `packPending` wrote.
  const read = pendingSignIn.safeParse(JSON.parse(Buffer.from(packed, 'base64url').toString('utf8')));
  if (!read.success || read.data.untilMs <= clock.nowMs()) return undefined;
  const { untilMs: _, ...pending } = read.data;
  return pending;
}

function sign(key: Uint8Array, packed: string): string {
  return createHmac('sha256', key).update(`oidc\n${packed}`).digest('base64url');
}

/** A path of ours to go back to; `/` for anything that would lead elsewhere. */
export function ownPathOf(text: string | null): string {
  if (text === null || !text.startsWith('/') || !URL.canParse(text, 'http://own.invalid')) return '/';
  const url = new URL(text, 'http://own.invalid');
  // `//host` and `/\host` are addresses of other sites to a browser.
  return url.origin === 'http://own.invalid' ? url.pathname.replace(/^\/+/, '/') + url.search : '/';
}
