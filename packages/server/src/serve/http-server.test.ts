import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { after, test } from 'node:test';
import { CanceledError, FatalError } from '@vedette/model';
import type { HttpServerDeps, RunningHttpServer } from './http-server.ts';
import { FakePromQuery, memoryFiles, startTestServer, createTestDeps } from './test-server.ts';
import { createHttpServer } from './http-server.ts';
import { serverSchema, type ServerConfig } from './config.ts';

const running: RunningHttpServer[] = [];
after(() => Promise.all(running.map((server) => server.close())));

async function start(
  overrides: Partial<HttpServerDeps> = {},
  config: Partial<ServerConfig> = {},
): Promise<string> {
  const server = await startTestServer(overrides, config);
  running.push(server);
  return server.address;
}

test('a query is answered as Prometheus answers it', async () => {
  const address = await start();
  const check = async (path: string, want: unknown): Promise<void> => {
    const response = await fetch(address + path);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.deepEqual(await response.json(), want, path);
  };
  await check('/api/v1/query?query=1%2B1&time=4', {
    status: 'success',
    data: { resultType: 'scalar', result: [4, '2'] },
  });
  await check('/api/v1/query?query=up&time=1.5', {
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: { __name__: 'up', job: 'a' }, value: [1.5, '1'] }] },
  });
  await check('/api/v1/query_range?query=up&start=10&end=12&step=1', {
    status: 'success',
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: 'up', job: 'a' },
          values: [
            [10, '1'],
            [11, '1'],
            [12, '1'],
          ],
        },
      ],
    },
  });
  await check('/api/v1/query?query=%22x%22&time=4', {
    status: 'success',
    data: { resultType: 'string', result: [4, 'x'] },
  });
});

test('a form in the body wins over the query string', async () => {
  const query = new FakePromQuery();
  const address = await start({ query });
  const response = await fetch(`${address}/api/v1/query?query=ignored`, {
    method: 'POST',
    body: new URLSearchParams({ query: 'up' }),
  });
  assert.equal(response.status, 200);
  assert.equal(query.instants[0]?.expr, 'up');
});

test('an unsupported method names the ones there are', async () => {
  const address = await start();
  const response = await fetch(`${address}/api/v1/rules`, { method: 'POST' });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get('allow'), 'GET');
  for (const method of ['PATCH', 'OPTIONS', 'DELETE'])
    assert.equal((await fetch(`${address}/api/v1/query`, { method })).status, 405, method);
});

test('who goes away while waiting cancels the query, and nobody calls it a fault', async () => {
  const faults: unknown[] = [];
  const query = new FakePromQuery();
  let began = (): void => undefined;
  const canceled = new Promise<unknown>((resolve) => {
    query.instant = (_request, signal?: AbortSignal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          resolve(signal.reason);
          reject(signal.reason as Error);
        });
        began();
      });
  });
  const log = { ...createTestDeps().log, error: (message: string) => void faults.push(message) };
  const address = await start({ query, log });
  const client = new AbortController();
  began = () => client.abort();
  await assert.rejects(fetch(`${address}/api/v1/query?query=up`, { signal: client.signal }));
  assert.ok((await canceled) instanceof CanceledError);
  await new Promise((resolve) => void setImmediate(resolve));
  assert.deepEqual(faults, []);
});

test('an unknown path of the API is an error body, another one a plain 404', async () => {
  const address = await start();
  const api = await fetch(`${address}/api/v1/nope`);
  assert.equal(api.status, 404);
  assert.equal(((await api.json()) as { errorType: string }).errorType, 'not_found');
  const page = await fetch(`${address}/nope.txt`, { headers: { accept: '*/*' } });
  assert.equal(page.status, 404);
  assert.equal(await page.text(), '404 page not found\n');
});

test('a body over the limit is refused with the limit', async () => {
  const address = await start();
  const post = (bytes: number): Promise<Response> =>
    fetch(`${address}/api/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `query=up&x=${'x'.repeat(bytes - 11)}`,
    });
  assert.equal((await post(1024 * 1024)).status, 200);
  const response = await post(1024 * 1024 + 1);
  assert.equal(response.status, 413);
  assert.match(((await response.json()) as { error: string }).error, /limit of 1048576 bytes/);
});

test('large answers are compressed for those who accept it', async () => {
  const address = await start();
  const path = '/api/v1/query_range?query=up&start=0&end=10000&step=1';
  const plain = await fetch(address + path, { headers: { 'accept-encoding': 'identity' } });
  const packed = await fetch(address + path, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(plain.headers.get('content-encoding'), null);
  assert.equal(packed.headers.get('content-encoding'), 'gzip');
  const refused = await fetch(address + path, { headers: { 'accept-encoding': 'gzip;q=0' } });
  assert.equal(refused.headers.get('content-encoding'), null);
  assert.equal(await packed.text(), await plain.text());
});

test('an offer to upgrade to anything but a WebSocket is passed over', async () => {
  const { port } = new URL(await start());
  const statusOf = async (upgrade: string): Promise<string | undefined> => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAQAAP__\r\n\r\n`,
    );
    const [data] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return data.toString().split(' ')[1];
  };
  assert.equal(await statusOf('h2c'), '200');
  assert.equal(await statusOf('websocket'), '404');
});

test('every answer forbids sniffing, framing and storing', async () => {
  const address = await start();
  const { headers } = await fetch(`${address}/-/healthy`);
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('x-frame-options'), 'DENY');
  assert.equal(headers.get('cache-control'), 'no-store');
});

test('questions about data wait until the server is ready; probes and metrics do not', async () => {
  const address = await start({ isReady: () => false });
  const statusOf = async (path: string): Promise<number> => (await fetch(address + path)).status;
  assert.equal(await statusOf('/-/ready'), 503);
  assert.equal(await statusOf('/-/healthy'), 200);
  assert.equal(await statusOf('/metrics'), 200);
  assert.equal(await statusOf('/api/v1/query?query=up'), 503);
});

test('a taken port is fatal and names the port and the remedy', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  await assert.rejects(startTestServer({}, { listen: `127.0.0.1:${port}` }), (error: unknown) => {
    assert.ok(error instanceof FatalError);
    assert.equal(error.code, 'VED_LISTEN_FAILED');
    assert.match(error.message, new RegExp(`port ${port} is taken .*--listen HOST:PORT`));
    return true;
  });
  blocker.close();
});

test('an address others can reach needs a token', async () => {
  await assert.rejects(startTestServer({}, { listen: '0.0.0.0:0' }), {
    code: 'VED_CONFIG_INVALID',
    message: /no token protects it; set server\.token_file/,
  });
  await assert.rejects(startTestServer({}, { listen: ':0' }), { code: 'VED_CONFIG_INVALID' });
});

test('a token file that is missing, short or no single word is fatal and says so', async () => {
  const files = memoryFiles({ short: 'abc', words: 'sixteen characters and more' });
  const check = (token_file: string, message: RegExp): Promise<void> =>
    assert.rejects(startTestServer({ files }, { token_file }), { code: 'VED_CONFIG_INVALID', message });
  await check('missing', /cannot read server\.token_file "missing": ENOENT.*openssl rand/);
  await check('short', /want one word of 16 to 1024 visible ASCII characters; got 3/);
  await check('words', /want one word/);
});

test('requests are counted by pattern, never by the path asked for', async () => {
  const deps = createTestDeps();
  const server = await createHttpServer(deps, serverSchema.parse({ listen: '127.0.0.1:0' })).listen();
  running.push(server);
  await (await fetch(`${server.address}/api/v1/label/job/values`)).text();
  await (await fetch(`${server.address}/api/v1/secret-${'x'.repeat(100)}`)).text();
  const text = await (await fetch(`${server.address}/metrics`)).text();
  assert.match(
    text,
    /vedette_http_requests_total\{route="\/api\/v1\/label\/:name\/values",method="GET",code="200"\} 1\n/,
  );
  assert.match(text, /vedette_http_requests_total\{route="none",method="GET",code="404"\} 1\n/);
  assert.doesNotMatch(text, /secret/);
});

test('closing lets a running request end, and cuts off one that does not', async () => {
  const query = new FakePromQuery();
  let signal: AbortSignal | undefined;
  query.instant = (_request, requestSignal?: AbortSignal) => {
    signal = requestSignal;
    return new Promise((_resolve, reject) => {
      requestSignal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  };
  const server = await startTestServer({ query }, { limits: { live_connections: 1, shutdown_timeout: 50 } });
  const answer = fetch(`${server.address}/api/v1/query?query=up`).catch(() => 'cut off');
  while (signal === undefined) await new Promise((resolve) => void setImmediate(resolve));
  await server.close();
  assert.equal(signal.aborted, true);
  await answer;
  await assert.rejects(fetch(server.address));
});

test('a listener of the API alone has no pages and no live socket', async () => {
  const server = await startTestServer(
    {},
    {
      listeners: [
        { address: '127.0.0.1:0', surfaces: ['ui', 'api'] },
        { address: '127.0.0.1:0', surfaces: ['api'] },
      ],
    },
  );
  running.push(server);
  const [all = '', api = ''] = server.addresses;
  assert.equal(server.address, all);
  const statusOf = async (address: string, path: string): Promise<number> =>
    (await fetch(address + path, { headers: { accept: 'text/html' } })).status;
  assert.deepEqual([await statusOf(all, '/'), await statusOf(api, '/')], [503, 404]);
  assert.deepEqual([await statusOf(all, '/api/live'), await statusOf(api, '/api/live')], [426, 404]);
  for (const address of [all, api]) assert.equal(await statusOf(address, '/api/v1/query?query=up'), 200);
});

test('what enforces decisions is on listeners of the guard alone', async () => {
  const server = await startTestServer(
    {},
    {
      listeners: [
        { address: '127.0.0.1:0', surfaces: ['guard'] },
        { address: '127.0.0.1:0', surfaces: ['ui', 'api', 'ingest'] },
      ],
    },
  );
  running.push(server);
  const [guard = '', others = ''] = server.addresses;
  const statusOf = async (address: string, path: string): Promise<number> =>
    (await fetch(address + path)).status;
  for (const path of ['/guard/check?id=x', '/v1/decisions', '/guard/forward-auth?address=none'])
    assert.deepEqual([await statusOf(guard, path), await statusOf(others, path)], [501, 404], path);
  const own = '/api/vedette/guard/policies';
  assert.deepEqual([await statusOf(guard, own), await statusOf(others, own)], [404, 501]);
  assert.deepEqual([await statusOf(guard, '/'), await statusOf(guard, '/-/healthy')], [404, 200]);
});

test('one listener that cannot be opened leaves none open', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port: freePort } = free.address() as { port: number };
  free.close();
  await once(free, 'close');
  const surfaces: ('ui' | 'api')[] = ['api'];
  await assert.rejects(
    startTestServer(
      {},
      {
        listeners: [
          { address: `127.0.0.1:${freePort}`, surfaces },
          { address: `127.0.0.1:${port}`, surfaces },
        ],
      },
    ),
    { code: 'VED_LISTEN_FAILED' },
  );
  await assert.rejects(fetch(`http://127.0.0.1:${freePort}/-/healthy`));
  blocker.close();
});
