/** TLS with a mail server as the configuration has it. Files are read each time: a renewed certificate counts at once. */
import type { ConnectionOptions } from 'node:tls';
import { TLS_VERSIONS } from '../../../lib/http-client.ts';
import { revealed, type SenderDeps } from '../sender.ts';
import type { EmailConfig } from './config.ts';

export async function tlsOptionsOf(
  { files }: Pick<SenderDeps, 'files'>,
  config: EmailConfig['tls_config'],
): Promise<ConnectionOptions> {
  if (config === undefined) return {};
  const read = async (inline: string, file: string): Promise<string | undefined> =>
    inline || (await revealed(files, undefined, file)) || undefined;
  const [ca, cert, key] = await Promise.all([
    read(config.ca, config.ca_file),
    read(config.cert, config.cert_file),
    revealed(files, config.key, config.key_file),
  ]);
  const { min_version, max_version } = config;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert, key }),
    ...(config.server_name === '' ? {} : { servername: config.server_name }),
    ...(min_version === undefined ? {} : { minVersion: TLS_VERSIONS[min_version] }),
    ...(max_version === undefined ? {} : { maxVersion: TLS_VERSIONS[max_version] }),
    rejectUnauthorized: !config.insecure_skip_verify,
  };
}
