import { FatalError, type Files } from '@vedette/model';
import { parse } from 'yaml';

/**
 * `--web.config.file`: the file in which Prometheus' programs say TLS and passwords. An empty one is taken, as there;
 * what it may say is refused by name: nothing must look protected that is not.
 */
export async function assertNothingAsked(files: Files, file: string): Promise<void> {
  const refuse = (reason: string, cause?: unknown): FatalError =>
    new FatalError('VED_CONFIG_INVALID', `cannot use --web.config.file "${file}": ${reason}`, { cause });
  let asked: unknown;
  try {
    asked = parse(new TextDecoder().decode(await files.read(file)));
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
  if (asked === null) return;
  if (typeof asked !== 'object' || Array.isArray(asked)) throw refuse('it must be a map of settings');
  const [key] = Object.keys(asked);
  if (key === undefined) return;
  throw refuse(REASONS[key] ?? `${JSON.stringify(key)} is not supported; remove it`);
}

const REASONS: Readonly<Record<string, string>> = {
  basic_auth_users:
    'basic_auth_users holds bcrypt hashes, which this runtime cannot check; give --web.token-file, a file with a token that callers send as password or as bearer token',
  tls_server_config:
    'tls_server_config: TLS is not spoken here; put a proxy that speaks it before this process',
  http_server_config:
    'http_server_config: HTTP/2 and further headers are not offered here; remove it, or set them at a proxy',
};
