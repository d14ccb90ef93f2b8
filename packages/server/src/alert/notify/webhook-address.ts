import { InputError, type Files } from '@vedette/model';
import type { Secret } from '../../lib/secret.ts';
import { revealed } from './sender.ts';

interface AddressConfig {
  readonly webhook_url?: Secret | undefined;
  readonly webhook_url_file: string;
}

/** The address of an incoming webhook. Rejects with `InputError` when its file holds none. */
export async function webhookAddress(files: Pick<Files, 'read'>, config: AddressConfig): Promise<URL> {
  const text = await revealed(files, config.webhook_url, config.webhook_url_file);
  return addressFrom(text, config.webhook_url_file);
}

/** An inline address was checked with the configuration; what fails here came from `file`. Throws `InputError`. */
export function addressFrom(text: string, file: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  // Not the text: it may be a secret.
  throw new InputError(
    'VED_CONFIG_INVALID',
    `cannot use the content of "${file}": want an http or https address`,
  );
}

/** What of an address opens an incoming webhook, for `withoutSecrets`: path and query, and keys in them. */
export function addressSecrets({ href, pathname, search, searchParams, username, password }: URL): string[] {
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
