/**
 * Signed webhooks: who receives one can tell that we sent it, that nobody changed it, and that it is no old
 * one sent again.
 *
 *     X-Vedette-Timestamp: 1700000000
 *     X-Vedette-Signature-256: sha256=5257a869…,sha256=6ffbb59b…
 *
 * Each signature is the HMAC-SHA256, in hexadecimal digits, of the timestamp (seconds since 1970), a full stop
 * and the body as it was sent, byte for byte. The form is GitHub's, the timestamp inside of what is signed
 * is Stripe's: without it a message that was overheard could be repeated for ever. A receiver accepts the
 * message when one of the signatures is right and the timestamp is no more than five minutes away; it
 * compares in constant time. Each attempt is signed anew.
 *
 * While a secret is exchanged there are two: a file may hold several, one a line, and each signs.
 */
import { createHmac } from 'node:crypto';
import { InputError } from '@vedette/model';
import { revealed, type SenderDeps } from '../sender.ts';
import type { HmacConfig } from './config.ts';

/** The old one, the new one, and one that was forgotten; each costs a header of 72 bytes. */
export const HMAC_SECRETS_MAX = 3;

export interface Signed {
  readonly headers: Readonly<Record<string, string>>;
  /** What must not be seen in errors. */
  readonly secrets: readonly string[];
}

/** Rejects with `InputError` when there is no secret or there are too many. */
export async function signed(
  { files, clock }: Pick<SenderDeps, 'files' | 'clock'>,
  hmac: HmacConfig,
  body: string,
): Promise<Signed> {
  const secrets = await secretsOf(files, hmac);
  const timestamp = String(Math.floor(clock.nowMs() / 1000));
  const signatures = secrets.map((secret) => signatureOf(secret, timestamp, body));
  return { headers: { [hmac.timestamp_header]: timestamp, [hmac.header]: signatures.join(',') }, secrets };
}

function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

async function secretsOf(files: SenderDeps['files'], hmac: HmacConfig): Promise<readonly string[]> {
  if (hmac.secret !== undefined) return [hmac.secret.reveal()];
  const text = await revealed(files, undefined, hmac.secret_file);
  const secrets = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  if (secrets.length > 0 && secrets.length <= HMAC_SECRETS_MAX) return secrets;
  throw new InputError(
    'VED_CONFIG_INVALID',
    `cannot sign with "${hmac.secret_file}": got ${secrets.length} secrets, want 1 to ${HMAC_SECRETS_MAX} (HMAC_SECRETS_MAX), one a line`,
  );
}
