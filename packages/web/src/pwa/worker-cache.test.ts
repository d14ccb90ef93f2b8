import { expect, test } from 'vitest';
import { ANSWER_CHARS_MAX, ANSWERS_CACHE, ANSWERS_MAX, WorkerCache } from './worker-cache.ts';

const SCOPE = 'https://box.example/vedette/';

/** The Cache API, as far as the worker uses it. */
class FakeCache {
  readonly answers = new Map<string, Response>();

  addAll(urls: readonly string[]): Promise<void> {
    for (const url of urls) this.answers.set(url, new Response(`file ${url}`));
    return Promise.resolve();
  }

  match(request: string): Promise<Response | undefined> {
    return Promise.resolve(this.answers.get(request)?.clone());
  }

  put(url: string, answer: Response): Promise<void> {
    this.answers.set(url, answer);
    return Promise.resolve();
  }

  delete(request: string | { url: string }): Promise<boolean> {
    return Promise.resolve(this.answers.delete(typeof request === 'string' ? request : request.url));
  }

  keys(): Promise<{ url: string }[]> {
    return Promise.resolve([...this.answers.keys()].map((url) => ({ url })));
  }
}

function start(version = 'v2') {
  const stores = new Map<string, FakeCache>();
  const caches = {
    open: (name: string) => {
      const store = stores.get(name) ?? new FakeCache();
      stores.set(name, store);
      return Promise.resolve(store);
    },
    keys: () => Promise.resolve([...stores.keys()]),
    delete: (name: string) => Promise.resolve(stores.delete(name)),
  };
  let server: ((url: string) => Response) | undefined = (url) => new Response(`server ${url}`);
  const cache = new WorkerCache({
    caches: caches as unknown as CacheStorage,
    fetch: (request) => {
      const url = typeof request === 'string' ? request : request.url;
      return server === undefined ? Promise.reject(new Error('offline')) : Promise.resolve(server(url));
    },
    scope: SCOPE,
    version,
    files: ['', 'assets/index-1.js'],
    nowMs: () => 5000,
  });
  const ask = async (
    path: string,
    more: { mode?: string; method?: string; from?: string } = {},
  ): Promise<string | undefined> => {
    const request = {
      url: new URL(path, SCOPE).href,
      method: more.method ?? 'GET',
      mode: more.mode ?? 'cors',
      referrer: new URL(more.from ?? 'alerts', SCOPE).href,
    };
    const answer = await cache.answer(request as Request);
    return answer?.type === 'error' ? 'error' : await answer?.text();
  };
  return { cache, stores, ask, setServer: (next: typeof server) => (server = next) };
}

test('the page comes from the server, and from the kept version when there is none', async () => {
  const { cache, ask, setServer } = start();
  await cache.install();
  expect(await ask('alerts', { mode: 'navigate' })).toBe(`server ${SCOPE}alerts`);
  setServer(undefined);
  expect(await ask('alerts', { mode: 'navigate' })).toBe(`file ${SCOPE}`);
  setServer(() => new Response('bad gateway', { status: 502 }));
  expect(await ask('alerts', { mode: 'navigate' })).toBe(`file ${SCOPE}`);
});

test('files of the version need no server, others are the business of the browser', async () => {
  const { cache, ask, setServer } = start();
  await cache.install();
  setServer(undefined);
  expect(await ask('assets/index-1.js')).toBe(`file ${SCOPE}assets/index-1.js`);
  expect(await ask('assets/index-9.js')).toBeUndefined();
  expect(await ask('https://elsewhere.example/x.js')).toBeUndefined();
});

test('a version that takes over removes the others and keeps the answers', async () => {
  const { cache, stores } = start();
  for (const name of ['vedette-app-v1', ANSWERS_CACHE, 'of-somebody-else']) stores.set(name, new FakeCache());
  await cache.install();
  await cache.activate();
  expect([...stores.keys()].toSorted()).toEqual(
    ['of-somebody-else', ANSWERS_CACHE, 'vedette-app-v2'].toSorted(),
  );
});

test('the last answer that a kept page asked for is there offline, with its time', async () => {
  const { ask, stores, setServer } = start();
  await ask('api/alerts');
  setServer(undefined);
  expect(await ask('api/alerts')).toBe(`server ${SCOPE}api/alerts`);
  expect(await ask('api/status')).toBe('error');
  const kept = stores.get(ANSWERS_CACHE)?.answers.get(`${SCOPE}api/alerts`);
  expect(kept?.headers.get('x-vedette-kept-at')).toBe('5000');
});

test('nothing else of the API is ever kept', async () => {
  const { ask, stores } = start();
  for (const path of [
    'api/vedette/session',
    'api/vedette/guard/decisions',
    'api/vedette/accounts',
    'api/v1/query?query=x',
  ])
    expect(await ask(path)).toBeUndefined();
  expect(await ask('api/alerts', { from: 'guard' })).toBeUndefined();
  expect(await ask('api/alerts', { method: 'POST' })).toBeUndefined();
  expect(stores.size).toBe(0);
});

test('answers are bounded in number and length, and errors are none', async () => {
  const { ask, stores, setServer } = start();
  for (let i = 0; i < ANSWERS_MAX + 5; i++) await ask(`api/v1/rules?i=${i}`);
  const answers = stores.get(ANSWERS_CACHE)?.answers;
  expect(answers?.size).toBe(ANSWERS_MAX);
  expect(answers?.has(`${SCOPE}api/v1/rules?i=4`)).toBe(false);
  setServer(() => new Response('x'.repeat(ANSWER_CHARS_MAX + 1)));
  await ask('api/status');
  setServer(() => new Response('no', { status: 500 }));
  expect(await ask('api/alerts')).toBe('no');
  expect(answers?.size).toBe(ANSWERS_MAX);
});

test('who is signed out finds nothing any more', async () => {
  const { ask, stores, setServer, cache } = start();
  await ask('api/alerts');
  setServer(() => new Response('', { status: 401 }));
  await ask('api/status');
  expect(stores.get(ANSWERS_CACHE)?.answers.size ?? 0).toBe(0);
  setServer(() => new Response('x'));
  await ask('api/alerts');
  await cache.forget();
  expect(stores.has(ANSWERS_CACHE)).toBe(false);
});
