/**
 * Texts for people without the secrets they might repeat: services put into their errors what they were
 * sent, proxies the whole address. A secret is hidden as it stands, as in an address, in JSON and in base64.
 */
import type { SendResult } from './receiver.ts';

const HIDDEN = '<secret>';

/** A shorter text is part of many words: hiding it would make errors unreadable and keep nothing secret. */
const SECRET_CHARS_MIN = 4;

export function withoutSecrets(text: string, secrets: readonly string[]): string {
  // The longest first: a part of a secret must not be all that is hidden of it.
  const forms = secrets.flatMap(formsOf).sort((a, b) => b.length - a.length);
  return forms.reduce((shown, form) => shown.replaceAll(form, HIDDEN), text);
}

/** The same for the error of a failure. */
export function resultWithoutSecrets(result: SendResult, secrets: readonly string[]): SendResult {
  return result.kind === 'delivered' ? result : { ...result, error: withoutSecrets(result.error, secrets) };
}

function formsOf(secret: string): string[] {
  if (secret.length < SECRET_CHARS_MIN) return [];
  const inAddress = encodeURIComponent(secret.toWellFormed());
  return [secret, inAddress, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
}
