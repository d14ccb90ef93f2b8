/**
 * Requests to our own server. Every fault becomes a `RequestError` with words for a person: the
 * server's own where it sent some, ours where it did not answer.
 */
export class RequestError extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
  }
}

/** Longer than the server's own limit of a query (2 min), so that its error is the one people see. */
const TIMEOUT_MS = 150_000;

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
  const response = await fetchOk(path, { ...init, headers: { accept: 'application/json', ...init.headers } });
  return (await response.json()) as unknown;
}

/** Asks for something to be done; what the answer holds does not matter. */
export async function send(path: string, init: RequestOptions): Promise<void> {
  await (await fetchOk(path, init)).arrayBuffer();
}

/** Fetches text of one kind; another kind counts as absent (the server may answer the page itself). */
export async function fetchText(path: string, kind: string, signal?: AbortSignal): Promise<string> {
  const response = await fetchOk(path, {
    headers: { accept: kind },
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.headers.get('content-type')?.startsWith('text/html') === true)
    throw new RequestError(`cannot find ${path} on the server`, 404);
  return response.text();
}

async function fetchOk(path: string, init: RequestOptions): Promise<Response> {
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init.signal === undefined ? deadline : AbortSignal.any([init.signal, deadline]);
  const response = await fetch(apiUrl(path), { ...init, signal }).catch((fault: unknown) => {
    if (init.signal?.aborted === true) throw fault as Error;
    throw new RequestError('cannot reach the server: no answer; is it still running?', 0);
  });
  if (!response.ok) throw new RequestError(await messageOf(response), response.status);
  return response;
}

/** Our bodies and Prometheus' carry the words in `error`, Alertmanager's in `message` or as a bare text. */
async function messageOf(response: Response): Promise<string> {
  const text = await response.text();
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
