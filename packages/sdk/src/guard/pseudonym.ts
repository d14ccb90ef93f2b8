/**
 * Names for people that only the holder of a key can make, so that no raw id leaves the application.
 *
 *     pseudonym = "u" kid "_" base64url(HMAC-SHA256(K, scope NUL id))[0..22]
 *     K         = HKDF-SHA256(key, info = "vedette" NUL tenant NUL "guard" NUL kid)
 *
 * 1. 22 characters are 128 bits: no two of a billion people meet.
 * 2. The purpose within K keeps pseudonyms of other uses of the same key unlinkable with these.
 * 3. Keys are exchanged without a gap: the newest one names who acts, every live one is asked for decisions, and an old
 *    one goes when its last decision is over. Destroying it makes what was stored under it nobody's.
 * 4. Networks (scope `range`) name no person and stay as they are: the server must be able to compare them.
 *
 * Rejected: a plain or salted hash (who has the ids finds them all again), keys on the server.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { validatePseudonymKeys, type PseudonymKey } from './key-file.ts';
import { normalisedId } from './subject-id.ts';
import type { SubjectScope } from './subject.ts';

/**
 * All names that a person has under these keys, that of the newest (first) key first: what to look for in a privacy
 * request. Empty for an id that names nobody. Throws when the keys cannot be used.
 *
 *     pseudonymsOf('U4af4980629', 'user', keys) // ['u2_Qm1x…', 'u1_9Zk0…']
 */
export function pseudonymsOf(
  rawId: string,
  scope: SubjectScope,
  keys: readonly PseudonymKey[],
  tenant = '',
): readonly string[] {
  const id = normalisedId(rawId, scope);
  return id === undefined ? [] : createPseudonymiser(keys, tenant)(id, scope);
}

/** Derives the keys once. The function takes ids as `normalisedId` gives them. */
export function createPseudonymiser(
  keys: readonly PseudonymKey[],
  tenant: string,
): (id: string, scope: SubjectScope) => readonly string[] {
  validatePseudonymKeys(keys);
  if (tenant.includes('\0')) throw new Error('cannot make pseudonyms: the tenant must not contain NUL');
  const derived = keys.map(({ kid, key }) => ({ kid, secret: derive(key, kid, tenant) }));
  return (id, scope) =>
    scope === 'range' ? [id] : derived.map(({ kid, secret }) => pseudonym(kid, secret, `${scope}\0${id}`));
}

const PSEUDONYM_CHARS = 22;

function pseudonym(kid: string, secret: KeyObject, text: string): string {
  const hash = createHmac('sha256', secret).update(text, 'utf8').digest('base64url');
  return `u${kid}_${hash.slice(0, PSEUDONYM_CHARS)}`;
}

function derive(key: Uint8Array, kid: string, tenant: string): KeyObject {
  const info = `vedette\0${tenant}\0guard\0${kid}`;
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', info, 32)));
}
