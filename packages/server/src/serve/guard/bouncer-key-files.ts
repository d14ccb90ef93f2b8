import { FatalError, type Files } from '@vedette/model';
import { Secret } from '../../lib/secret.ts';
import type { BouncerKey } from '../auth/bouncer-keys.ts';
import { isBouncerKey, type EnforcementConfig } from './config.ts';

/** The keys of the bouncers, those in files read. Throws `FatalError` naming file and remedy. */
export async function loadBouncerKeys(
  files: Files,
  bouncers: EnforcementConfig['bouncers'],
): Promise<readonly BouncerKey[]> {
  return await Promise.all(
    bouncers.map(async ({ name, key, key_file }) => ({
      name,
      key: key ?? (await loadKey(files, name, key_file ?? '')),
    })),
  );
}

async function loadKey(files: Files, name: string, path: string): Promise<Secret> {
  const what = `key_file "${path}" of bouncer "${name}"`;
  let bytes: Uint8Array;
  try {
    bytes = await files.read(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FatalError(
      'VED_CONFIG_INVALID',
      `cannot read ${what}: ${reason}; create it, for example with: openssl rand -hex 24 > ${path}`,
      { cause: error },
    );
  }
  const key = new TextDecoder().decode(bytes).trim();
  if (isBouncerKey(key)) return new Secret(key);
  throw new FatalError(
    'VED_CONFIG_INVALID',
    `cannot use ${what}: want one word of 16 to 1024 visible ASCII characters; got ${key.length} characters`,
  );
}
