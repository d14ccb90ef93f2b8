import { browserClock } from '../lib/browser-clock.ts';

/**
 * Requests to our own server. Every fault becomes a `RequestError` with words for a person: the
 * server's own where it sent some, ours where it did not answer.
 */
export class RequestError extends Error {
  /** HTTP status; 0 when nobody answered, 408 when no answer came in time. */
  readonly status: number;
  /** How long the server wants to be left alone; `undefined`: it did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, status: number, retryAfterMs?: number) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * For what is posted, queries among it: longer than the server's own limit of a query (2 min), so that its error is
 * the one people see.
 */
const POST_MS_MAX = 150_000;

/** What is only read is answered within a second or two; who still waits after so long wants to know why. */
const READ_MS_MAX = 30_000;

/**
 * The path under which the UI is served, without a trailing slash: empty, or a route prefix such as
 * `/vedette`. The server writes it into the page's `<base>`.
 */
export function basePath(): string {
  return new URL(document.baseURI).pathname.replace(/\/[^/]*$/, '');
}

/** The full address of a path of the server. */
export function apiUrl(path: string): string {
  return `${location.origin}${basePath()}${path}`;
}

/** What a request may carry besides its path. */
export interface RequestOptions {
  readonly method?: 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams;
  readonly signal?: AbortSignal;
}

/** Fetches JSON. */
export async function fetchJson(path: string, init: RequestOptions = {}): Promise<unknown> {
  const headers = { accept: 'application/json', ...init.headers };
  const { status, text } = await fetchOk(path, { ...init, headers });
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RequestError(
      `cannot read the answer to ${pathOf(path)}: it is no JSON; does something else answer in the server's place?`,
      status,
    );
  }
}

/** Asks for something to be done; what the answer holds does not matter. */
export async function send(path: string, init: RequestOptions): Promise<void> {
  await fetchOk(path, init);
}

/** The part of a request that carries a value as JSON. */
export function jsonBody(value: unknown): Pick<RequestOptions, 'headers' | 'body'> {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** Fetches text of one kind; another kind counts as absent (the server may answer the page itself). */
export async function fetchText(path: string, kind: string, signal?: AbortSignal): Promise<string> {
  const answer = await fetchOk(path, {
    headers: { accept: kind },
    ...(signal === undefined ? {} : { signal }),
  });
  if (answer.contentType.startsWith('text/html'))
    throw new RequestError(`cannot find ${path} on the server`, 404);
  return answer.text;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** The whole answer: one that is cut off, or stops coming, is none. */
async function fetchOk(path: string, init: RequestOptions): Promise<Answer> {
  const timeoutMs = init.method === undefined ? READ_MS_MAX : POST_MS_MAX;
  const deadline = new AbortController();
  const timer = browserClock.setTimer(timeoutMs, () => deadline.abort());
  const signal =
    init.signal === undefined ? deadline.signal : AbortSignal.any([init.signal, deadline.signal]);
  try {
    const response = await fetch(apiUrl(path), { ...init, signal });
    const text = await response.text();
    if (!response.ok)
      throw new RequestError(messageOf(response, text), response.status, retryAfterMsOf(response));
    return { status: response.status, contentType: response.headers.get('content-type') ?? '', text };
  } catch (fault) {
    if (fault instanceof RequestError || init.signal?.aborted === true) throw fault;
    if (!deadline.signal.aborted)
      throw new RequestError('cannot reach the server: no answer; is it still running?', 0);
    throw new RequestError(
      `cannot get an answer to ${pathOf(path)}: none within ${timeoutMs / 1000} s; is the server busy?`,
      408,
    );
  } finally {
    timer.cancel();
  }
}

/** What was asked for, without the parameters: enough to find it in a log. */
function pathOf(path: string): string {
  return path.replace(/\?.*$/, '');
}

/** Our server says it in seconds. */
function retryAfterMsOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined;
}

/** Our bodies and Prometheus' carry the words in `error`, Alertmanager's in `message` or as a bare text. */
function messageOf(response: Response, text: string): string {
  try {
    const body = JSON.parse(text) as string | { error?: unknown; message?: unknown };
    if (typeof body === 'string') return body;
    if (typeof body.error === 'string') return body.error;
    if (typeof body.message === 'string') return body.message;
  } catch {
    // Not JSON: a proxy between us and the server answers in its own words, which help nobody.
  }
  return `cannot answer: status ${response.status} ${response.statusText}`.trimEnd();
}
