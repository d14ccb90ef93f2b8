/**
 * The file in which an application keeps the keys of its pseudonyms; `vedette privacy` reads the same one.
 *
 *     vedette-guard-keys 1
 *     # the newest first
 *     k2 3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
 *     k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
 */
import type { SdkRandom } from '../system/system.ts';

export interface PseudonymKey {
  /** Names the key within pseudonyms: 1 to 8 of `a-z0-9`. Never given to another key. */
  readonly kid: string;
  /** 32 bytes, secret. */
  readonly key: Uint8Array;
}

const HEADER = 'vedette-guard-keys 1';
const KEY_BYTES = 32;

// Every live key is one more look-up per check; two are an exchange, four a rotation that was never finished.
export const PSEUDONYM_KEYS_MAX = 4;

/** A fresh key. */
export function generatePseudonymKey(kid: string, random: SdkRandom): PseudonymKey {
  const key = { kid, key: random.fill(new Uint8Array(KEY_BYTES)) };
  validatePseudonymKeys([key]);
  return key;
}

export function formatKeyFile(keys: readonly PseudonymKey[]): string {
  validatePseudonymKeys(keys);
  const lines = keys.map(({ kid, key }) => `${kid} ${Buffer.from(key).toString('base64')}`);
  return [HEADER, '# the newest first', ...lines, ''].join('\n');
}

/** Throws with the line that is wrong; never repeats a key. */
export function parseKeyFile(text: string): readonly PseudonymKey[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trim() !== HEADER)
    throw new Error(`cannot read guard keys: line 1: want "${HEADER}"; is this the right file?`);
  const keys: PseudonymKey[] = [];
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line.trim() === '' || line.trimStart().startsWith('#')) continue;
    try {
      keys.push(parseKey(line.trim()));
      validatePseudonymKeys(keys);
    } catch (error) {
      throw new Error(`cannot read guard keys: line ${i + 1}: ${messageOf(error)}`, { cause: error });
    }
  }
  if (keys.length === 0) throw new Error('cannot read guard keys: there is none; add a line "KID BASE64"');
  return keys;
}

/** Throws for keys that cannot be used together. */
export function validatePseudonymKeys(keys: readonly PseudonymKey[]): void {
  if (keys.length === 0 || keys.length > PSEUDONYM_KEYS_MAX)
    throw new Error(
      `the number of keys must be 1 to ${PSEUDONYM_KEYS_MAX} (PSEUDONYM_KEYS_MAX); got ${keys.length}`,
    );
  const kids = new Set<string>();
  for (const { kid, key } of keys) {
    if (!/^[a-z0-9]{1,8}$/.test(kid))
      throw new Error(`a kid must be 1 to 8 of a-z0-9; got "${kid.slice(0, 20)}"`);
    if (kids.has(kid)) throw new Error(`the kid "${kid}" stands twice; a new key needs a new kid`);
    if (key.length !== KEY_BYTES)
      throw new Error(`key "${kid}" must have ${KEY_BYTES} bytes; got ${key.length}`);
    kids.add(kid);
  }
}

function parseKey(line: string): PseudonymKey {
  const [kid = '', base64 = '', ...rest] = line.split(/\s+/);
  if (base64 === '' || rest.length > 0) throw new Error('want "KID BASE64"');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) throw new Error(`key "${kid.slice(0, 20)}" is not base64`);
  return { kid, key: new Uint8Array(Buffer.from(base64, 'base64')) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
