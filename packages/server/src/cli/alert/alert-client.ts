/**
 * Speaks with a running server about alerts: over Alertmanager's API v2 where it has words for it, so that a
 * real Alertmanager works, too, else over `/api/vedette`.
 */
import { InputError, UnavailableError } from '@vedette/model';
import { z } from 'zod';
import { printable } from '../../lib/printable.ts';
import { UsageError, type CliIo } from '../command.ts';
import { readTokenFile } from '../token-file.ts';

// Answers come from memory; amtool waits as long.
const TIMEOUT_MS = 30_000;

// 20,000 alerts with long annotations; what sits at the address may never stop sending.
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

// Of a page that is no answer of ours.
const REFUSAL_CHARS_MAX = 500;

/** What every command that asks a server takes. */
export const SERVER_OPTIONS = {
  url: { type: 'string' },
  'alertmanager.url': { type: 'string' },
  'token-file': { type: 'string' },
} as const;

export interface ServerValues {
  readonly url?: string | undefined;
  readonly 'alertmanager.url'?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

/** Throws `UsageError` for an address that is none and a token file that cannot be read. */
export async function openAlertClient(
  values: ServerValues,
  { env }: Pick<CliIo, 'env'>,
): Promise<AlertClient> {
  const base = values.url ?? values['alertmanager.url'] ?? env['VEDETTE_URL'] ?? 'http://127.0.0.1:8080';
  if (!/^https?:\/\//i.test(base) || !URL.canParse(base))
    throw new UsageError(`--url must be a URL such as http://127.0.0.1:8080; got "${base}"`);
  const tokenFile = values['token-file'] ?? env['VEDETTE_TOKEN_FILE'];
  const token = tokenFile === undefined ? undefined : (await readTokenFile(tokenFile)).trim();
  return new AlertClient(base.replace(/\/+$/, ''), token);
}

/** A status that the caller has words for. */
export class RefusedError extends InputError {
  readonly status: number;

  constructor(status: number, message: string) {
    super('VED_ALERTS_REFUSED', message);
    this.status = status;
  }
}

export class AlertClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(base: string, token: string | undefined) {
    this.#base = base;
    this.#headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  /**
   * The answer in the form of `schema`. `doing` begins sentences: `cannot list alerts`. Rejects with
   * `UnavailableError` (VED_ALERTS_UNREACHABLE) when nobody answers, or nobody who speaks this API, and with
   * `RefusedError` otherwise.
   */
  async ask<T>(
    doing: string,
    schema: z.ZodType<T>,
    request: { readonly method?: 'GET' | 'POST' | 'DELETE'; readonly path: string; readonly body?: unknown },
  ): Promise<T> {
    const { method = 'GET', path, body } = request;
    const text = await this.#fetch(doing, method, path, body);
    const value = text === '' ? undefined : parseJson(text);
    const read = schema.safeParse(value);
    if (read.success) return read.data;
    throw new UnavailableError(
      'VED_ALERTS_UNREACHABLE',
      `${doing}: what ${this.#base} answers is not what this command reads; is this the address of a server with alerts?`,
    );
  }

  async #fetch(doing: string, method: string, path: string, body: unknown): Promise<string> {
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
    try {
      const response = await fetch(this.#base + path, {
        method,
        headers: { ...this.#headers, ...json },
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await readText(response, doing);
      if (response.ok) return text;
      throw new RefusedError(response.status, `${doing}: ${refusalOf(response.status, text, path)}`);
    } catch (error) {
      if (error instanceof InputError) throw error;
      const cause =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new UnavailableError(
        'VED_ALERTS_UNREACHABLE',
        `${doing}: cannot reach ${this.#base}: ${cause}; is the server running there? Start it with "vedette start" or name it with --url`,
        { cause: error },
      );
    }
  }
}

async function readText(response: Response, doing: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > ANSWER_BYTES_MAX)
      throw new RefusedError(
        response.status,
        `${doing}: the answer is longer than ${ANSWER_BYTES_MAX} bytes; narrow the question`,
      );
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The server's own words, in any of the forms in which they come, and what to do. */
function refusalOf(status: number, text: string, path: string): string {
  if (status === 401 || status === 403)
    return `the server wants to know who asks (HTTP ${status}); name a file with its token with --token-file`;
  const { data } = refusal.safeParse(parseJson(text));
  if (status === 404 && data === undefined && path.startsWith('/api/vedette'))
    return 'the server there does not know this question; a Prometheus Alertmanager cannot explain and preview';
  const words = typeof data === 'string' ? data : (data?.error ?? data?.message ?? '');
  const shown = printable(words === '' ? text.slice(0, REFUSAL_CHARS_MAX).trim() : words);
  return shown === '' ? `the server refuses (HTTP ${status})` : `${shown} (HTTP ${status})`;
}

/** Ours, a handler of API v2, its schema. */
const refusal = z.union([
  z.string(),
  z.object({ error: z.string().optional(), message: z.string().optional() }),
]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
