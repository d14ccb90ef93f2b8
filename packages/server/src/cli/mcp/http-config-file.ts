import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError } from '../../config/fault.ts';
import { validate } from '../../config/validate.ts';
import { parseYamlSource } from '../../config/yaml-source.ts';
import { checkHttpClient, httpClientShape, type HttpClientConfig } from '../../lib/http-client-config.ts';
import { UsageError } from '../command.ts';

const httpConfig = z.strictObject(httpClientShape).check(checkHttpClient);

/** Credentials and TLS as promtool's `--http.config.file` has them; without a file the defaults. */
export async function loadHttpConfig(file: string | undefined): Promise<HttpClientConfig> {
  if (file === undefined) return httpConfig.parse({});
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `cannot read --http-config "${file}": ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  const { value, faults } = validate(parseYamlSource(file, text), httpConfig);
  if (value === undefined) throw new ConfigError(faults, () => text);
  return value;
}
