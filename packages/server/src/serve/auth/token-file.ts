import { FatalError, type Files } from '@vedette/model';
import { Secret } from '../../lib/secret.ts';

// 16 characters of a random alphabet are 80 bits and more; shorter ones are words that people guess.
const TOKEN_CHARS_MIN = 16;

/** The session request takes no longer one. */
const TOKEN_CHARS_MAX = 1024;

/** Reads the token, spaces and line ends around it left out. Throws `FatalError` naming file and remedy. */
export async function loadToken(files: Files, path: string): Promise<Secret> {
  let bytes: Uint8Array;
  try {
    bytes = await files.read(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FatalError(
      'VED_CONFIG_INVALID',
      `cannot read server.token_file "${path}": ${reason}; create it, for example with: openssl rand -hex 24 > ${path}`,
      { cause: error },
    );
  }
  const token = new TextDecoder().decode(bytes).trim();
  // Basic and bearer credentials are one word of visible characters.
  if (token.length < TOKEN_CHARS_MIN || token.length > TOKEN_CHARS_MAX || !/^[\x21-\x7e]+$/.test(token))
    throw new FatalError(
      'VED_CONFIG_INVALID',
      `cannot use server.token_file "${path}": want one word of ${TOKEN_CHARS_MIN} to ${TOKEN_CHARS_MAX} visible ASCII characters; got ${token.length} characters`,
    );
  return new Secret(token);
}
