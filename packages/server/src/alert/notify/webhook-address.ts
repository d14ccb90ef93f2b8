import { InputError } from '@vedette/model';

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
