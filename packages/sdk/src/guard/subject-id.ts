import { createHash } from 'node:crypto';
import { canonicalIp } from './ip-network.ts';
import { SUBJECT_ID_BYTES_MAX, type SubjectScope } from './subject.ts';

/**
 * The one spelling under which an id is counted, looked up and hashed; `undefined` for one that names nobody.
 *
 * 1. Lone surrogates become U+FFFD and the text its composed form (NFC): what looks the same is the same, and what
 *    arrives elsewhere as UTF-8 is what was sent.
 * 2. Nothing is trimmed and no case is changed: ids that the application tells apart stay apart. White space alone is
 *    no id.
 * 3. Addresses get their one spelling (`canonicalIp`).
 * 4. What is longer than `SUBJECT_ID_BYTES_MAX`, or holds control characters (which no header, log line or Redis key
 *    should carry), becomes `sha256-` and its hash.
 */
export function normalisedId(id: string, scope: SubjectScope): string | undefined {
  // Long ones are hashed as they are: composing a megabyte for the hash alone would take milliseconds.
  if (id.length > SUBJECT_ID_BYTES_MAX) return hashed(id);
  const text = id.toWellFormed().normalize('NFC');
  if (text.trim() === '') return undefined;
  if (scope === 'ip') return normalisedAddress(text);
  return needsHash(text) ? hashed(text) : text;
}

function normalisedAddress(text: string): string {
  const address = canonicalIp(text);
  return needsHash(address) ? hashed(address) : address;
}

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

function needsHash(text: string): boolean {
  return CONTROL.test(text) || Buffer.byteLength(text) > SUBJECT_ID_BYTES_MAX;
}

function hashed(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64url')}`;
}
