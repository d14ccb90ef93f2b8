import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { InputError, UnavailableError } from '@vedette/model';
import { createEngine, ENGINE_ANSWER_BYTES_MAX, ENGINE_GROUP_MAX, type Engine } from './engine-socket.ts';
import { FACT_CHARS_MAX } from './facts.ts';

const idOf = (number: number): string => number.toString(16).padStart(64, '0');
const ID = idOf(10);
const NEVER = new AbortController().signal;

/** An engine that answers as told, on a socket of its own. */
async function listen(t: TestContext, server: net.Server): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-engine-'));
  const socketPath = join(directory, 'engine.sock');
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  t.after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  return socketPath;
}

async function engineThat(
  t: TestContext,
  answer: (url: URL, response: http.ServerResponse) => void,
  overrides: { labelNames?: readonly string[] } = {},
): Promise<Engine> {
  const server = http.createServer((request, response) =>
    answer(new URL(request.url ?? '', 'http://e'), response),
  );
  t.after(() => server.closeAllConnections());
  const socketPath = await listen(t, server);
  return createEngine({ socketPath, isOptional: false, labelNames: [], ...overrides });
}

const json = (response: http.ServerResponse, value: unknown): void =>
  void response.end(JSON.stringify(value));

test('names, images and the labels asked for come from the list of containers', async (t) => {
  const urls: URL[] = [];
  const engine = await engineThat(
    t,
    (url, response) => {
      urls.push(url);
      const Labels = {
        'com.docker.compose.service': 'api',
        secret: 'x',
        'io.kubernetes.pod.name': 'shop-7d',
      };
      json(response, [
        { Id: ID, Names: ['/web/alias', '/api-1'], Image: 'shop/api:7', Labels, State: 'running' },
      ]);
    },
    { labelNames: ['com.docker.compose.service', 'constructor'] },
  );
  const facts = (await engine.describe([ID], NEVER)).get(ID);
  assert.deepEqual(facts, {
    name: 'api-1',
    image: 'shop/api:7',
    pod: 'shop-7d',
    namespace: '',
    container: '',
    labels: { 'com.docker.compose.service': 'api', constructor: '' },
  });
  assert.equal(urls.length, 1);
  assert.equal(urls[0]?.pathname, '/containers/json');
  assert.deepEqual(JSON.parse(urls[0].searchParams.get('filters') ?? ''), { id: [ID] });
});

test('an image known by its digest alone is asked for by the container', async (t) => {
  const engine = await engineThat(t, (url, response) => {
    if (url.pathname === `/containers/${ID}/json`) json(response, { Config: { Image: 'shop/api:6' } });
    else json(response, [{ Id: ID, Names: ['/api'], Image: `sha256:${'ab'.repeat(32)}`, Labels: {} }]);
  });
  assert.equal((await engine.describe([ID], NEVER)).get(ID)?.image, 'shop/api:6');
});

test('a container that ended before it was inspected keeps nobody else from being named', async (t) => {
  const digest = `sha256:${'ab'.repeat(32)}`;
  const engine = await engineThat(t, (url, response) => {
    if (url.pathname === `/containers/${ID}/json`) response.writeHead(404).end('{"message":"gone"}');
    else if (url.pathname !== '/containers/json') json(response, { message: 'odd' });
    else
      json(response, [
        { Id: ID, Names: ['/api'], Image: digest },
        { Id: idOf(2), Names: ['/b'], Image: 'b:1' },
        { Id: idOf(3), Names: ['/c'], Image: digest },
      ]);
  });
  const facts = await engine.describe([ID, idOf(2), idOf(3)], NEVER);
  assert.equal(facts.get(ID)?.image, digest);
  assert.equal(facts.get(idOf(2))?.image, 'b:1');
  assert.equal(facts.get(idOf(3))?.image, digest);
});

test('containers are asked for in groups', async (t) => {
  const sizes: number[] = [];
  const engine = await engineThat(t, (url, response) => {
    const { id } = JSON.parse(url.searchParams.get('filters') ?? '') as { id: string[] };
    sizes.push(id.length);
    json(
      response,
      id.map((Id) => ({ Id, Names: [`/${Id.slice(-4)}`] })),
    );
  });
  const ids = Array.from({ length: ENGINE_GROUP_MAX + 1 }, (_, i) => idOf(i));
  assert.equal((await engine.describe(ids, NEVER)).size, ids.length);
  assert.deepEqual(sizes, [ENGINE_GROUP_MAX, 1]);
});

test('odd elements are passed over, and containers nobody asked for', async (t) => {
  const engine = await engineThat(t, (_url, response) =>
    json(response, [
      null,
      7,
      {},
      { Id: 5 },
      { Id: idOf(99), Names: ['/stranger'] },
      { Id: ID, Names: null, Image: null, Labels: null },
    ]),
  );
  const facts = await engine.describe([ID], NEVER);
  assert.deepEqual([...facts.keys()], [ID]);
  assert.equal(facts.get(ID)?.name, '');
});

test('texts that can be no label values are cleaned or left out', async (t) => {
  const engine = await engineThat(t, (_url, response) =>
    json(response, [
      { Id: ID, Names: ['/a\uffffb'], Image: 'x'.repeat(FACT_CHARS_MAX) },
      { Id: idOf(2), Names: ['/\ud800'], Image: 'x'.repeat(FACT_CHARS_MAX + 1) },
    ]),
  );
  const facts = await engine.describe([ID, idOf(2)], NEVER);
  assert.equal(facts.get(ID)?.name, 'ab');
  assert.equal(facts.get(ID)?.image.length, FACT_CHARS_MAX);
  assert.equal(facts.get(idOf(2))?.name, '\ufffd');
  assert.equal(facts.get(idOf(2))?.image, '');
});

test('what is no answer is refused with its reason', async (t) => {
  const check = async (answer: (response: http.ServerResponse) => void, want: RegExp): Promise<void> => {
    const engine = await engineThat(t, (_url, response) => answer(response));
    await assert.rejects(
      engine.describe([ID], NEVER),
      (error) =>
        error instanceof InputError && want.test(error.message) && error.code === 'VED_ENGINE_FAILED',
      String(want),
    );
  };
  await check((response) => response.end('{"a":'), /cannot use the answer of the engine at ".*": .*JSON/);
  await check((response) => response.end(''), /JSON/);
  await check((response) => json(response, { message: 'no list' }), /want a list of containers/);
  await check((response) => void response.writeHead(500).end('{}'), /HTTP status 500/);
  await check((response) => void response.writeHead(404).end(), /HTTP status 404/);
});

test('an answer at the limit is read, a larger one is cut off', async (t) => {
  const ofSize = (bytes: number): string => `[${' '.repeat(bytes - 2)}]`;
  const fits = await engineThat(t, (_url, response) => response.end(ofSize(ENGINE_ANSWER_BYTES_MAX)));
  assert.equal((await fits.describe([ID], NEVER)).size, 0);
  const huge = await engineThat(t, (_url, response) => response.end(ofSize(ENGINE_ANSWER_BYTES_MAX + 1)));
  await assert.rejects(huge.describe([ID], NEVER), /more than ENGINE_ANSWER_BYTES_MAX, 1048576 bytes/);
});

test('an answer that never ends is cut off at the limit', async (t) => {
  const engine = await engineThat(t, (_url, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      response.once('drain', more);
    };
    more();
  });
  await assert.rejects(engine.describe([ID], NEVER), /ENGINE_ANSWER_BYTES_MAX/);
});

test('an engine that never answers is left when the signal aborts', async (t) => {
  const deadline = new AbortController();
  const engine = await engineThat(t, () => deadline.abort(new Error('too late')));
  await assert.rejects(engine.describe([ID], deadline.signal), /too late/);
});

test('an answer that stops half-way is left when the signal aborts', async (t) => {
  const deadline = new AbortController();
  const engine = await engineThat(t, (_url, response) => {
    response.write('[', () => deadline.abort(new Error('too late')));
  });
  await assert.rejects(engine.describe([ID], deadline.signal), /too late/);
});

test('nobody there, or somebody who speaks something else, is an engine that cannot be asked', async (t) => {
  const rejects = async (socketPath: string): Promise<void> =>
    await assert.rejects(
      createEngine({ socketPath, isOptional: false, labelNames: [] }).describe([ID], NEVER),
      (error) => error instanceof UnavailableError && error.code === 'VED_ENGINE_FAILED',
    );
  await rejects('/nowhere/engine.sock');
  await rejects(
    await listen(
      t,
      net.createServer((socket) => socket.end('SSH-2.0-x\r\n')),
    ),
  );
  await rejects(
    await listen(
      t,
      net.createServer((socket) => socket.destroy()),
    ),
  );
});

test('an optional engine that is not there knows nothing', async () => {
  const engine = createEngine({ socketPath: '/nowhere/engine.sock', isOptional: true, labelNames: [] });
  assert.equal((await engine.describe([ID], NEVER)).size, 0);
});
