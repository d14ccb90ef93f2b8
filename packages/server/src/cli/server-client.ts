/** Speaks JSON with a running server, with errors that say what was asked and what to do. */
import { InputError, UnavailableError, type ErrorCode } from '@vedette/model';
import { z } from 'zod';
import { readFetchedText } from '../lib/bounded-body.ts';
import { printable } from '../lib/printable.ts';
import { UsageError, type CliIo } from './command.ts';
import { readTokenFile } from './token-file.ts';

// Answers come from memory; amtool waits as long.
const TIMEOUT_MS = 30_000;

// 20,000 alerts with long annotations; what sits at the address may never stop sending.
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

// Of a page that is no answer of ours.
const REFUSAL_CHARS_MAX = 500;

/** What is asked for, in the words of errors. */
export interface AskedPart {
  readonly refusedCode: ErrorCode;
  readonly unreachableCode: ErrorCode;
  /** Ends the message about an answer that is none of ours. */
  readonly isItThere: string;
  /** Of a server that has no such path of ours. */
  readonly unknownQuestion: string;
}

/** Of an address and a token file as they were given. Throws `UsageError` for an address that is none and a file that cannot be read. */
export async function openServerClient(
  given: {
    readonly option: string;
    readonly url: string | undefined;
    readonly tokenFile: string | undefined;
  },
  { env }: Pick<CliIo, 'env'>,
  part: AskedPart,
): Promise<ServerClient> {
  const base = given.url ?? env['VEDETTE_URL'] ?? 'http://127.0.0.1:8080';
  if (!/^https?:\/\//i.test(base) || !URL.canParse(base))
    throw new UsageError(`${given.option} must be a URL such as http://127.0.0.1:8080; got "${base}"`);
  const tokenFile = given.tokenFile ?? env['VEDETTE_TOKEN_FILE'];
  const token = tokenFile === undefined ? undefined : (await readTokenFile(tokenFile)).trim();
  return new ServerClient(base.replace(/\/+$/, ''), token, part);
}

export interface AskedRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** For what takes longer than an answer from memory. */
  readonly timeoutMs?: number;
}

/** A status that the caller has words for. */
export class RefusedError extends InputError {
  readonly status: number;

  constructor(code: ErrorCode, status: number, message: string) {
    super(code, message);
    this.status = status;
  }
}

export class ServerClient {
  readonly #base: string;
  readonly #part: AskedPart;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(base: string, token: string | undefined, part: AskedPart) {
    this.#base = base;
    this.#part = part;
    this.#headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  /**
   * The answer in the form of `schema`. `doing` begins sentences: `cannot list alerts`. Rejects with
   * `UnavailableError` when nobody answers, or nobody who speaks this API, and with
   * `RefusedError` otherwise.
   */
  async ask<T>(doing: string, schema: z.ZodType<T>, request: AskedRequest): Promise<T> {
    const text = await this.#fetch(doing, request);
    const value = text === '' ? undefined : parseJson(text);
    const read = schema.safeParse(value);
    if (read.success) return read.data;
    throw new UnavailableError(
      this.#part.unreachableCode,
      `${doing}: what ${this.#base} answers is not what this command reads; ${this.#part.isItThere}`,
    );
  }

  async #fetch(
    doing: string,
    { method = 'GET', path, body, timeoutMs = TIMEOUT_MS }: AskedRequest,
  ): Promise<string> {
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
    try {
      const response = await fetch(this.#base + path, {
        method,
        headers: { ...this.#headers, ...json },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await readFetchedText(response, ANSWER_BYTES_MAX);
      if (text === undefined)
        throw new RefusedError(
          this.#part.refusedCode,
          response.status,
          `${doing}: the answer is longer than ${ANSWER_BYTES_MAX} bytes; narrow the question`,
        );
      if (response.ok) return text;
      const words = refusalOf(response.status, text, path, this.#part);
      throw new RefusedError(this.#part.refusedCode, response.status, `${doing}: ${words}`);
    } catch (error) {
      if (error instanceof InputError) throw error;
      const cause =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new UnavailableError(
        this.#part.unreachableCode,
        `${doing}: cannot reach ${this.#base}: ${cause}; is the server running there? Start it with "vedette start" or name it with --url`,
        { cause: error },
      );
    }
  }
}

/** The server's own words, in any of the forms in which they come, and what to do. */
function refusalOf(status: number, text: string, path: string, part: AskedPart): string {
  if (status === 401 || status === 403)
    return `the server wants to know who asks (HTTP ${status}); name a file with its token with --token-file`;
  const { data } = refusal.safeParse(parseJson(text));
  if (status === 404 && data === undefined && path.startsWith('/api/vedette')) return part.unknownQuestion;
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
