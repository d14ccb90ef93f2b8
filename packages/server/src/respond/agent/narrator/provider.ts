/**
 * The model as the library wants it: always an instance of a provider, with its address and key. The bare name of a model
 * would be sent to a gateway of the library's maker, so none is ever given to it. Loaded when the first narrative is made.
 */
import * as path from 'node:path';
import { InputError, type Files } from '@vedette/model';
import type { LanguageModel } from 'ai';
import type { ModelConfig } from './config.ts';
import type { Fetch } from './guarded-fetch.ts';

const ANTHROPIC_URL = 'https://api.anthropic.com/v1';
const OLLAMA_URL = 'http://127.0.0.1:11434/v1';

/** Never the name alone: see above. */
export type ModelInstance = Exclude<LanguageModel, string>;

type Configured = Pick<ModelConfig, 'provider' | 'name' | 'url' | 'api_key' | 'api_key_file'>;

export function urlOf({ provider, url }: Pick<ModelConfig, 'provider' | 'url'>): string {
  return (url ?? (provider === 'anthropic' ? ANTHROPIC_URL : OLLAMA_URL)).replace(/\/+$/, '');
}

/** `undefined`: none is set. Rejects with an `InputError` when the file cannot be read or is empty. */
export async function readKey(
  deps: { readonly files: Pick<Files, 'read'> },
  { api_key, api_key_file }: Pick<ModelConfig, 'api_key' | 'api_key_file'>,
  directory: string,
): Promise<string | undefined> {
  if (api_key_file === undefined) return api_key?.reveal();
  const file = path.resolve(directory, api_key_file);
  const key = await readTrimmed(deps, file);
  if (key === '')
    throw new InputError(
      'VED_CONFIG_INVALID',
      `agent.model.api_key_file: "${file}" is empty; put the key in it`,
    );
  return key;
}

async function readTrimmed(
  { files }: { readonly files: Pick<Files, 'read'> },
  file: string,
): Promise<string> {
  try {
    return Buffer.from(await files.read(file))
      .toString('utf8')
      .trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError('VED_CONFIG_INVALID', `agent.model.api_key_file: cannot read "${file}": ${reason}`, {
      cause: error,
    });
  }
}

export async function createModel(
  config: Configured,
  { key, fetch }: { readonly key: string | undefined; readonly fetch: Fetch },
): Promise<ModelInstance> {
  const baseURL = urlOf(config);
  if (config.provider === 'anthropic') {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    return createAnthropic({ baseURL, fetch, apiKey: key ?? '' })(config.name);
  }
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const apiKey = key === undefined ? {} : { apiKey: key };
  return createOpenAICompatible({ name: config.provider, baseURL, fetch, ...apiKey })(config.name);
}
