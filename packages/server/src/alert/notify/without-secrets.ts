/** Other sides, and proxies before them, like to repeat in an error what they were asked with. */
import type { SendResult } from './receiver.ts';

/** Shorter ones would blot out words; no service gives away secrets that short. */
const SECRET_CHARS_MIN = 4;

/**
 * The result with `<secret>` in place of each of `secrets`, also where it is percent-encoded. An address
 * stands for its path and query as well: those are what opens an incoming webhook.
 */
export function withoutSecrets(result: SendResult, secrets: readonly (string | URL)[]): SendResult {
  if (result.kind === 'delivered') return result;
  const texts = secrets.flatMap(textsOf).filter((text) => text.length >= SECRET_CHARS_MIN);
  // The longest first: one may hold another.
  texts.sort((a, b) => b.length - a.length);
  return {
    ...result,
    error: texts.reduce((error, text) => error.replaceAll(text, '<secret>'), result.error),
  };
}

function textsOf(secret: string | URL): string[] {
  if (typeof secret === 'string')
    return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  const { href, pathname, search, searchParams, username, password } = secret;
  return [
    href,
    pathname + search,
    search,
    username,
    password,
    ...searchParams.values(),
    lastPartOf(pathname),
  ];
}

/** Of `/services/T000/B000/KEY` the part that is a key by itself. */
function lastPartOf(pathname: string): string {
  const part = pathname.slice(pathname.lastIndexOf('/') + 1);
  // Not the name of a method: `chat.postMessage`, `send`.
  return part.length >= 16 && /\d/.test(part) ? part : '';
}
