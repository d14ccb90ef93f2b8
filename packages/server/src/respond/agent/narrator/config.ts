import { isIP } from 'node:net';
import { z } from 'zod';
import { secret } from '../../../lib/schema.ts';

// Of one narrative, what is sent and what comes back: a report of 6,000 tokens and five answers of tools, sent again with
// each further call.
const TOKENS_DEFAULT = 100_000;

// A narrative that costs more than that is a mistake of the one who set it.
const TOKENS_MAX = 2_000_000;

// What a report, the instructions and an answer need at the least.
const TOKENS_MIN = 4000;

// An investigation by hand takes five to ten questions.
const CALLS_DEFAULT = 12;

// Beyond this a model goes round in circles.
const CALLS_MAX = 50;

// People who are woken read the report by then.
const SECONDS_DEFAULT = 90;

// A local model on a slow machine; the reports after it wait as long.
const SECONDS_MAX = 170;

// Some twenty claims of two sentences, and what models think before them.
const OUTPUT_TOKENS_DEFAULT = 4000;

// The largest that common models take.
const OUTPUT_TOKENS_MAX = 32_000;

// One in three minutes: a storm of alerts costs no more than that.
const NARRATIVES_PER_HOUR_DEFAULT = 20;

// One in ten seconds; one is made at a time.
const NARRATIVES_PER_HOUR_MAX = 360;

const limits = z
  .strictObject({
    tokens: z
      .int()
      .min(TOKENS_MIN)
      .max(TOKENS_MAX)
      .default(TOKENS_DEFAULT)
      .describe('Tokens of one narrative, sent and received, over all its calls.'),
    calls: z
      .int()
      .min(1)
      .max(CALLS_MAX)
      .default(CALLS_DEFAULT)
      .describe('Calls of the model for one narrative, and as many of tools.'),
    seconds: z
      .int()
      .min(1)
      .max(SECONDS_MAX)
      .default(SECONDS_DEFAULT)
      .describe('How long one narrative may take.'),
    output_tokens: z
      .int()
      .min(200)
      .max(OUTPUT_TOKENS_MAX)
      .default(OUTPUT_TOKENS_DEFAULT)
      .describe('Tokens of one answer of the model.'),
    narratives_per_hour: z
      .int()
      .min(1)
      .max(NARRATIVES_PER_HOUR_MAX)
      .default(NARRATIVES_PER_HOUR_DEFAULT)
      .describe('Narratives that are begun within an hour; reports beyond it stand without one.'),
  })
  .prefault({});

/** `agent.model` of vedette.yml. */
export const modelConfig = z
  .strictObject({
    provider: z
      .enum(['anthropic', 'openai-compatible', 'ollama'])
      .describe(
        'What the model speaks: Anthropic, any API that is like OpenAI’s chat completions, or Ollama.',
      ),
    name: z.string().min(1).max(200).describe('Name of the model, as the provider has it.'),
    url: z
      .string()
      .optional()
      .describe(
        'Where the API begins, usually with /v1 at its end. Anthropic’s own and http://127.0.0.1:11434/v1 of Ollama are known.',
      ),
    allow_plain_http: z
      .boolean()
      .default(false)
      .describe(
        'Speak http, without TLS, with another machine: whoever is between reads reports and the key.',
      ),
    api_key: secret.optional().describe('Key of the API; ${NAME} takes it from the environment.'),
    api_key_file: z
      .string()
      .min(1)
      .optional()
      .describe('File with the key, relative to this file; read for each narrative.'),
    tools: z
      .boolean()
      .default(true)
      .describe('Whether the model may ask: the reading tools of /mcp, as a viewer. It has no writing ones.'),
    mask: z
      .boolean()
      .default(true)
      .describe(
        'Names of instances, hosts, pods, services and users, and addresses leave as placeholders. Secrets and e-mail addresses never leave.',
      ),
    limits: limits.describe('What one narrative may cost.'),
  })
  .check(({ value, issues }) => {
    for (const { path, message } of faultsOf(value))
      issues.push({ code: 'custom', input: value, path: [path], message });
  });

export type ModelConfig = z.output<typeof modelConfig>;

interface Fault {
  readonly path: string;
  readonly message: string;
}

type Checked = Pick<ModelConfig, 'provider' | 'url' | 'allow_plain_http' | 'api_key' | 'api_key_file'>;

function faultsOf(model: Checked): Fault[] {
  const faults = model.url === undefined ? [] : urlFaultsOf(model.url, model.allow_plain_http);
  const hasKey = model.api_key !== undefined || model.api_key_file !== undefined;
  if (model.provider === 'openai-compatible' && model.url === undefined)
    faults.push({
      path: 'url',
      message: 'is missing: say where the API begins, such as https://llm.example.org/v1',
    });
  if (model.provider === 'anthropic' && !hasKey)
    faults.push({ path: 'api_key_file', message: 'is missing: Anthropic wants a key; set it or api_key' });
  if (model.api_key !== undefined && model.api_key_file !== undefined)
    faults.push({ path: 'api_key_file', message: 'cannot stand beside api_key; leave one of them out' });
  return faults;
}

function urlFaultsOf(text: string, isPlainAllowed: boolean): Fault[] {
  const fault = (message: string): Fault[] => [{ path: 'url', message }];
  if (!URL.canParse(text))
    return fault(`must be an address such as https://llm.example.org/v1; got "${text}"`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return fault(`must begin with https:// or http://; got "${url.protocol}"`);
  if (url.username !== '' || url.password !== '')
    return fault('must not have a user or password in it; use api_key_file');
  if (/[?#]/.test(text)) return fault('must end with its path, without ? and #');
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !isPlainAllowed)
    return fault(
      `speaks http with another machine, which would send reports and the key in the clear; use https, or set allow_plain_http`,
    );
  return [];
}

function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    (isIP(name) === 4 && name.startsWith('127.'))
  );
}
