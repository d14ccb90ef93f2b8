/**
 * What the service worker keeps, and when it is used.
 *
 * 1. The files of one build, under its version: fetched whole when the worker is installed, and used first, since
 *    their names change with their content. Files of other versions go when this one takes over.
 * 2. The page itself: asked of the server first, so that nobody looks at an old version; the kept one only when the
 *    server does not answer (or a proxy answers in its place).
 * 3. Answers that Overview, Alerts and the dashboards asked for (`isKeptAnswer`): the last one of each, marked with its
 *    time, and used only when the server does not answer. At most `ANSWERS_MAX` of `ANSWER_CHARS_MAX`.
 */
import { isKept, isKeptAnswer } from './kept-values.ts';

export const ANSWERS_CACHE = 'vedette-answers';
const APP_PREFIX = 'vedette-app-';

/** Of three pages; each asks a handful of questions. */
export const ANSWERS_MAX = 40;

/** Some thousand alerts; with the limit above 40 MB at the very worst. */
export const ANSWER_CHARS_MAX = 1_000_000;

/** A proxy without its server. */
const STATUS_AWAY_MIN = 502;

export interface WorkerCacheDeps {
  readonly caches: CacheStorage;
  readonly fetch: (request: Request | string) => Promise<Response>;
  /** Full address with a final slash. */
  readonly scope: string;
  readonly version: string;
  /** Relative to the scope; the page itself is the empty one. */
  readonly files: readonly string[];
  readonly nowMs: () => number;
}

export class WorkerCache {
  readonly #deps: WorkerCacheDeps;
  readonly #appName: string;
  readonly #files: ReadonlySet<string>;

  constructor(deps: WorkerCacheDeps) {
    this.#deps = deps;
    this.#appName = APP_PREFIX + deps.version;
    this.#files = new Set(deps.files.map((file) => new URL(file, deps.scope).href));
  }

  /** Rejects when a file is missing: half a version is none. */
  async install(): Promise<void> {
    const cache = await this.#deps.caches.open(this.#appName);
    await cache.addAll([...this.#files]);
  }

  /** Removes other versions. */
  async activate(): Promise<void> {
    for (const name of await this.#deps.caches.keys())
      if (name.startsWith(APP_PREFIX) && name !== this.#appName) await this.#deps.caches.delete(name);
  }

  /** Removes what was kept of the server's answers. */
  async forget(): Promise<void> {
    await this.#deps.caches.delete(ANSWERS_CACHE);
  }

  /** How a request is answered; `undefined`: the browser's own way. */
  answer(request: Request): Promise<Response> | undefined {
    const url = new URL(request.url);
    if (request.method !== 'GET' || !url.href.startsWith(this.#deps.scope)) return undefined;
    if (request.mode === 'navigate') return this.#page(request);
    if (this.#files.has(url.href)) return this.#file(request);
    if (isKeptAnswer(url.pathname) && isKept(pathOf(request.referrer))) return this.#keptAnswer(request);
    return undefined;
  }

  async #page(request: Request): Promise<Response> {
    const answer = await this.#ask(request);
    if (answer !== undefined) return answer;
    const cache = await this.#deps.caches.open(this.#appName);
    return (await cache.match(this.#deps.scope)) ?? Response.error();
  }

  async #file(request: Request): Promise<Response> {
    const cache = await this.#deps.caches.open(this.#appName);
    return (await cache.match(request.url, { ignoreVary: true })) ?? (await this.#deps.fetch(request));
  }

  async #keptAnswer(request: Request): Promise<Response> {
    const answer = await this.#ask(request);
    const cache = await this.#deps.caches.open(ANSWERS_CACHE);
    if (answer === undefined) return (await cache.match(request.url)) ?? Response.error();
    if (answer.status === 401) await this.forget();
    if (!answer.ok) return answer;
    const text = await answer.clone().text();
    if (text.length > ANSWER_CHARS_MAX) return answer;
    const headers = {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
      'x-vedette-kept-at': String(this.#deps.nowMs()),
    };
    // Taken out first, so that the order of the keys is that of their use.
    await cache.delete(request.url);
    await cache.put(request.url, new Response(text, { headers }));
    const keys = await cache.keys();
    for (const oldest of keys.slice(0, Math.max(0, keys.length - ANSWERS_MAX))) await cache.delete(oldest);
    return answer;
  }

  /** `undefined`: the server is not there. */
  async #ask(request: Request): Promise<Response | undefined> {
    const answer = await this.#deps.fetch(request).catch(() => undefined);
    return answer === undefined || (answer.status >= STATUS_AWAY_MIN && answer.status <= 504)
      ? undefined
      : answer;
  }
}

function pathOf(address: string): string {
  return URL.parse(address)?.pathname ?? '';
}
