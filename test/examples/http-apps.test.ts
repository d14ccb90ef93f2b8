/** The Express and the Fastify example, each as its own process behind a real server that enforces, under attack. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import * as path from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { formatKeyFile, generatePseudonymKey, parseKeyFile, pseudonymsOf, systemRandom } from '@vedette/sdk';
import { PEERS, projectRoot } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from '../support/vedette-process.ts';
import { signIn, startExample, type ExampleApp, type Visitor } from './example-app.ts';

/** Over 20 in ten seconds is too much, over 8 errors as well. */
const configOf = (ids: string): string => `
host: { enabled: false }
guard:
  mode: enforce
  ids: ${ids}
  dynamic_thresholds: { enabled: false }
  escalation: { jitter: 0 }
  policies:
    - { name: actions-per-minute, mode: off }
    - { name: burst, window: 10s, steps: [{ over: 20, for: 15s }] }
    - { name: errors-per-minute, window: 10s, steps: [{ over: 8, grade: extended, for: 1h }] }
`;

interface AppUnderTest {
  readonly folder: string;
  readonly ids: 'plain' | 'pseudonym';
  /** Answered with 200, one path for each number, all of one route. */
  readonly pathOf: (i: number) => string;
  readonly route: string;
  readonly prepare: (visitor: Visitor) => Promise<void>;
}

const APPS: readonly AppUnderTest[] = [
  {
    folder: 'express-app',
    ids: 'pseudonym',
    pathOf: (i) => `/products/${(i % 3) + 1}?page=${i}`,
    route: '/products/:id',
    prepare: async (visitor) => {
      assert.equal(await visitor.statusOf('/orders', post({ product: '1' })), 201);
      assert.equal(await visitor.statusOf('/orders', post({ product: '__proto__' })), 400);
    },
  },
  {
    folder: 'fastify-app',
    ids: 'plain',
    pathOf: (i) => `/links/${(i % 3) + 1}`,
    route: '/links/:id',
    prepare: async (visitor) => {
      for (const target of ['https://a.example', 'https://b.example', 'https://c.example'])
        assert.equal(await visitor.statusOf('/links', post({ target })), 201);
      assert.equal(await visitor.statusOf('/links', post({ target: 'javascript:alert(1)' })), 400);
    },
  },
];

function post(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

interface Scene {
  readonly server: VedetteProcess;
  readonly app: ExampleApp;
  /** As the server knows a user. */
  readonly nameOf: (user: string) => string;
}

async function startScene(t: TestContext, { folder, ids }: AppUnderTest): Promise<Scene> {
  const server = await startVedette(t, { config: configOf(ids) });
  const keyFile = path.join(temporaryDirectory(t), 'guard.keys');
  writeFileSync(keyFile, formatKeyFile([generatePseudonymKey('k1', systemRandom)]), { mode: 0o600 });
  const keys = parseKeyFile(readFileSync(keyFile, 'utf8'));
  const env = { VEDETTE_URL: server.url, GUARD_KEY_FILE: keyFile, SESSION_SECRET: 'of this test' };
  const app = await startExample(t, folder, env);
  const nameOf = (user: string): string =>
    ids === 'plain' ? user : (pseudonymsOf(user, 'user', keys)[0] ?? '');
  return { server, app, nameOf };
}

/** Asks until the guard says no; how often it was let through, and the refusal. */
async function flood(
  visitor: Visitor,
  pathOf: (i: number) => string,
): Promise<{ passedCount: number; refusal: Response }> {
  // The bound is far above what any policy here lets pass: without a guard this ends, and fails.
  for (let passedCount = 0; passedCount < 5000; passedCount++) {
    const response = await visitor.ask(pathOf(passedCount));
    if (response.status === 429) return { passedCount, refusal: response };
    await response.arrayBuffer();
  }
  throw new Error('5000 requests were let through');
}

async function assertProblem(refusal: Response): Promise<void> {
  assert.match(refusal.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const waitSeconds = Number(refusal.headers.get('retry-after'));
  assert.ok(waitSeconds >= 1 && waitSeconds <= 15, `Retry-After: ${waitSeconds}`);
  const problem = (await refusal.json()) as { status: number };
  assert.equal(problem.status, 429);
}

/** Requests whose client goes: half a head, a body that never comes, a whole request without waiting for the answer. */
async function abortMany({ url }: ExampleApp): Promise<void> {
  const { hostname, port } = new URL(url);
  const heads = [
    'GET /products/1 HTT',
    'POST /sessions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"us',
    'GET /products/1 HTTP/1.1\r\nhost: a\r\n\r\n',
  ];
  const leave = (head: string): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(head, () => socket.destroy()));
      socket.on('close', () => resolve()).on('error', () => undefined);
    });
  await Promise.all(heads.flatMap((head) => Array.from({ length: 20 }, () => leave(head))));
}

/** Names and paths made to break whoever counts them. */
async function poison(app: ExampleApp): Promise<void> {
  for (const user of ['\0', 'a\nb', '😀', '__proto__', 'constructor', '../../x', '\ud800', 'x'.repeat(64)]) {
    const visitor = await signIn(app, user);
    assert.equal(await visitor.statusOf('/nowhere/%F0%9F%98%80'), 404);
  }
  for (const body of ['{', 'null', '[]', '{"user":""}', '{"user":{}}', `{"user":"${'x'.repeat(65)}"}`]) {
    const headers = { 'content-type': 'application/json' };
    assert.equal((await fetch(`${app.url}/sessions`, { method: 'POST', headers, body })).status, 400, body);
  }
  for (const token of ['', 'Bearer', 'Bearer .', 'Bearer x.y', `Bearer ${'x'.repeat(4000)}`])
    assert.equal((await fetch(`${app.url}/orders/%00`, { headers: { authorization: token } })).status, 404);
}

async function assertMetrics({ url }: ExampleApp, route: string): Promise<void> {
  const page = await (await fetch(`${url}/metrics`)).text();
  assert.ok(page.includes(`route="${route}"`), page.slice(0, 2000));
  assert.doesNotMatch(page, /route="[^"]*\/\d/);
  assert.doesNotMatch(page, /mallory|proto__|ud800/);
  assert.match(page, /^guard_http_requests_total\{verdict="refuse"\} [1-9]/m);
  if (existsSync(PEERS.promtool)) execFileSync(PEERS.promtool, ['check', 'metrics'], { input: page });
}

suite('examples behind the guard', { concurrency: true }, () => {
  for (const tested of APPS) {
    const { folder, pathOf, route, prepare } = tested;
    test(`${folder}: who floods is refused and comes back, everybody else is served`, async (t) => {
      const { server, app, nameOf } = await startScene(t, tested);
      const verdictOn = async (user: string): Promise<string> =>
        (
          await server.json<{ verdict: string }>(
            `/guard/check?scope=user&id=${encodeURIComponent(nameOf(user))}`,
          )
        ).verdict;
      const [ann, bob, mallory] = [
        await signIn(app, 'ann'),
        await signIn(app, 'bob'),
        await signIn(app, 'mallory'),
      ];
      await prepare(ann);
      const { passedCount, refusal } = await flood(mallory, pathOf);
      assert.ok(passedCount > 20, `refused after ${passedCount} requests, which is not too much`);
      await assertProblem(refusal);
      assert.equal(await verdictOn('mallory'), 'refuse');
      for (const honest of [ann, bob]) assert.equal(await honest.statusOf(pathOf(1)), 200);
      assert.equal(await mallory.statusOf('/nowhere'), 429);

      const eve = await signIn(app, 'eve');
      await until('the end of her probing', async () =>
        (await eve.statusOf('/nowhere')) === 429 ? true : undefined,
      );
      await Promise.all([abortMany(app), poison(app)]);
      await assertMetrics(app, route);

      await until('mallory to be let in again', async () =>
        (await mallory.statusOf(pathOf(1))) === 200 ? true : undefined,
      );
      assert.equal(await verdictOn('eve'), 'refuse');
      assert.equal(await bob.statusOf(pathOf(1)), 200);
      assert.doesNotMatch(app.stderr(), /TypeError|BUG|at .*\.ts:/);
      assert.equal(await app.stop(), 0);
    });

    test(`${folder}: the guard is less than 20 lines of it`, () => {
      const text = readFileSync(path.join(projectRoot, 'examples', folder, 'main.ts'), 'utf8');
      const between = /guard begins here\.\n(.*)\n\/\/ The guard ends here/s.exec(text)?.[1];
      assert.ok(between !== undefined);
      const imports = text.split('\n').filter((line) => line.includes("from '@vedette/sdk"));
      assert.ok(between.split('\n').length + imports.length < 20);
    });

    test(`${folder}: without its settings it says which one is missing`, async (t) => {
      await assert.rejects(
        startExample(t, folder, {}),
        /exited with 2: cannot start: \w+ is not set; see README.md/,
      );
    });
  }
});
