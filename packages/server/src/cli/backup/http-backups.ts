import { FatalError, UnavailableError } from '@vedette/model';
import { z } from 'zod';
import type { HotBackups, StagedBackup } from '../../store/backup/port.ts';

/** A flush and a copy of the state take seconds; a server that does not answer for this long never will. */
const ANSWER_MS_MAX = 300_000;

// Removing links takes a moment. Who was asked to stop waits no longer: the server ends a backup that nobody asks for.
const END_MS_MAX = 10_000;

/** Between two pieces of a file. */
const PIECE_MS_MAX = 60_000;

/** An error body is a line. */
const ERROR_BYTES_MAX = 64 * 1024;

const stagedBackup = z.object({
  name: z.string().regex(/^[\w-]{1,100}$/),
  files: z.array(z.object({ path: z.string(), sizeBytes: z.int().min(0) })),
});

/** The backups of a running server, by its address. What is under way rejects with the reason of `stop` when that aborts. */
export class HttpBackups implements HotBackups {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #stop: AbortSignal;

  constructor(url: string, token: string | undefined, stop: AbortSignal) {
    this.#stop = stop;
    this.#base = `${url.replace(/\/+$/, '')}/api/vedette/backups`;
    this.#headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  async begin(): Promise<StagedBackup> {
    const signal = AbortSignal.any([AbortSignal.timeout(ANSWER_MS_MAX), this.#stop]);
    const response = await this.#fetch('POST', '', signal);
    const parsed = stagedBackup.safeParse(await response.json().catch(() => undefined));
    this.#stop.throwIfAborted();
    if (parsed.success) return parsed.data;
    throw new FatalError(
      'VED_BACKUP_UNREACHABLE',
      `cannot back up ${this.#base}: the answer is none of Vedette; is this the right address?`,
    );
  }

  async open(name: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    const abort = new AbortController();
    const response = await this.#fetch(
      'GET',
      `/${name}/${path}`,
      AbortSignal.any([abort.signal, this.#stop]),
    );
    return piecesOf(response, abort, (error) => this.#failureOf(error));
  }

  async end(name: string): Promise<void> {
    await this.#fetch('DELETE', `/${name}`, AbortSignal.timeout(END_MS_MAX));
  }

  async #fetch(method: string, path: string, signal: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#base + path, { method, headers: this.#headers, signal });
    } catch (error) {
      throw this.#failureOf(error);
    }
    if (response.ok) return response;
    const text = (await response.text().catch(() => '')).slice(0, ERROR_BYTES_MAX);
    throw refusalOf(response.status, text, this.#base);
  }

  /** Of a request that did not come to its end. */
  #failureOf(error: unknown): unknown {
    return this.#stop.aborted ? this.#stop.reason : unreachable(this.#base, error);
  }
}

/** The bytes as they come; a server that stops sending is given up. */
async function* piecesOf(
  response: Response,
  abort: AbortController,
  failureOf: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  let isAtEnd = reader === undefined;
  try {
    while (reader !== undefined && !isAtEnd) {
      const timer = AbortSignal.timeout(PIECE_MS_MAX);
      const onTimeout = (): void => abort.abort(timer.reason);
      timer.addEventListener('abort', onTimeout);
      const step = await reader.read().finally(() => timer.removeEventListener('abort', onTimeout));
      isAtEnd = step.done;
      if (step.value !== undefined) yield step.value;
    }
  } catch (error) {
    throw failureOf(error);
  } finally {
    if (!isAtEnd) abort.abort();
  }
}

function unreachable(base: string, error: unknown): FatalError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  return new FatalError(
    'VED_BACKUP_UNREACHABLE',
    `cannot reach ${base}: ${cause}; is the server running there? Name it with --url, or back up a stopped one with --data`,
    { cause: error },
  );
}

/** What the server said, as an error of ours. */
function refusalOf(status: number, text: string, base: string): Error {
  const parsed = z.object({ error: z.string() }).safeParse(parseJson(text));
  if (!parsed.success)
    return new FatalError(
      'VED_BACKUP_UNREACHABLE',
      `cannot back up ${base}: got HTTP ${status} and no words of Vedette; is this the right address, and a server of this version?`,
    );
  const remedy = status === 401 || status === 403 ? "; give the server's token with --token-file" : '';
  return new UnavailableError('VED_BACKUP_REFUSED', `${parsed.data.error}${remedy}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
