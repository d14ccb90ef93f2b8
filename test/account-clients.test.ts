/** Programs as they are, with the tokens of a server that has accounts: what works, and what each is told when it may not. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { createGuard } from '@vedette/sdk';
import { startPrometheus } from './compat/real-prometheus.ts';
import { ACCOUNTS_CONFIG, createToken, PASSWORD, send, setUpRoot } from './support/accounts.ts';
import { PEERS, skipWithout } from './support/peers.ts';
import { runProgram, type Ran } from './support/run-program.ts';
import { until } from './support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from './support/vedette-process.ts';

/** Who is let go notices within moments; here with room for a busy machine. */
const END_MS_MAX = 60_000;

interface Scene {
  readonly vedette: VedetteProcess;
  /** Of the administrator. */
  readonly cookie: string;
  /** Secrets by what they are for. */
  readonly tokens: Readonly<Record<'read' | 'silence' | 'ingest' | 'guard' | 'wrong', string>>;
}

async function startScene(t: TestContext): Promise<Scene> {
  const config = `${ACCOUNTS_CONFIG}packs: { host: false }\n`;
  const vedette = await startVedette(t, { args: ['--no-host'], config });
  const cookie = await setUpRoot(vedette);
  const create = async (name: string, role: string, ...scopes: readonly string[]): Promise<string> =>
    (await createToken(vedette, cookie, { name, role, scopes })).secret;
  const tokens = {
    read: await create('grafana', 'viewer', 'read'),
    silence: await create('amtool', 'operator', 'read', 'write'),
    ingest: await create('sender', 'operator', 'ingest'),
    guard: await create('shop', 'operator', 'guard', 'ingest'),
    wrong: 'vdt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  };
  return { vedette, cookie, tokens };
}

const run = (program: string, args: readonly string[], directory: string): Promise<Ran> =>
  runProgram(program, args, { cwd: directory, env: { ...process.env, HOME: directory } });

/** A person's account besides the administrator's. */
async function join({ vedette, cookie }: Scene, name: string, role: string): Promise<string> {
  const body = { name, role, password: PASSWORD };
  assert.equal((await send(vedette, ['POST', '/api/vedette/accounts'], { cookie, body })).status, 201);
  return (await send(vedette, ['POST', '/api/vedette/session'], { body: { name, password: PASSWORD } }))
    .cookie;
}

interface ShownSilence {
  readonly comment: string;
  readonly createdBy: string;
}

function silencesOf({ vedette, tokens }: Scene): Promise<readonly ShownSilence[]> {
  const headers = { authorization: `Bearer ${tokens.read}` };
  return vedette.json<readonly ShownSilence[]>('/api/v2/silences', { headers });
}

test('programs with tokens', async (t) => {
  const scene = await startScene(t);
  const { vedette, tokens, cookie } = scene;
  await t.test('amtool and promtool', { skip: skipWithout(PEERS.amtool, PEERS.promtool) }, async (t) => {
    const directory = temporaryDirectory(t);
    const amtool = async (token: keyof Scene['tokens'], ...args: readonly string[]): Promise<Ran> => {
      const file = path.join(directory, `${token}.yml`);
      writeFileSync(file, `authorization: { type: Bearer, credentials: "${tokens[token]}" }\n`);
      const own = [`--http.config.file=${file}`, `--alertmanager.url=${vedette.url}`];
      return await run(PEERS.amtool, [...own, ...args], directory);
    };
    const silence = ['silence', 'add', 'alertname=Disk', '--comment=by amtool', '--author=mallory'];
    await t.test('do what the scopes say', async () => {
      assert.equal((await amtool('ingest', 'alert', 'add', 'Disk', 'instance=a')).code, 0);
      assert.match((await amtool('read', 'alert', 'query')).stdout, /Disk/);
      assert.match((await amtool('silence', ...silence)).stdout, /^[\w-]{36}$/m);
      assert.match((await amtool('silence', 'silence', 'query')).stdout, /mallory/);
      assert.match((await amtool('read', 'config', 'show')).stdout, /receiver: log/);
    });
    await t.test('are told the status where they may not', async () => {
      assert.match((await amtool('read', ...silence)).stderr, /status 403/);
      assert.match((await amtool('ingest', 'alert', 'query')).stderr, /status 403/);
      assert.match((await amtool('wrong', 'alert', 'query')).stderr, /status 401/);
    });
    await t.test('promtool shows the token as a password', async () => {
      const ask = (token: string): Promise<Ran> =>
        run(
          PEERS.promtool,
          ['query', 'instant', vedette.url.replace('://', `://any:${token}@`), '1 + 1'],
          directory,
        );
      assert.match((await ask(tokens.read)).stdout, /scalar: 2/);
      assert.match((await ask(tokens.ingest)).stderr, /403 .*lacks the scope/);
    });
    await t.test('a silence is who made it: a person by account, a program by its word', async () => {
      const ada = await join(scene, 'ada', 'operator');
      const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
      const body = {
        matchers: [{ name: 'alertname', value: 'Disk', isRegex: false }],
        startsAt: new Date().toISOString(),
        endsAt: inAnHour,
        createdBy: 'mallory',
        comment: 'by a person',
      };
      const made = await send(vedette, ['POST', '/api/v2/silences'], { cookie: ada, body });
      assert.equal(made.status, 200, made.body);
      const authors = (await silencesOf(scene)).map(({ comment, createdBy }) => `${createdBy} ${comment}`);
      assert.deepEqual(authors.toSorted(), ['ada by a person', 'mallory by amtool']);
      const { body: audit } = await send(vedette, ['GET', '/api/vedette/audit?action=silence'], { cookie });
      const entries = JSON.parse(audit) as { actor: string; status: number; detail: string }[];
      assert.deepEqual(
        entries.filter(({ status }) => status === 200).map(({ actor, detail }) => `${actor} ${detail}`),
        ['account:ada by ada', 'token:amtool by mallory'],
      );
    });
  });

  await t.test('Prometheus', { skip: skipWithout(PEERS.prometheus) }, async (t) => {
    const target = vedette.url.replace('http://', '');
    const showing = (token: string): string => `authorization: { credentials: "${token}" }`;
    const url = await startPrometheus(
      t,
      `global: { scrape_interval: 1s, external_labels: { from: prometheus } }
scrape_configs:
  - { job_name: shown, ${showing(tokens.read)}, static_configs: [ { targets: ["${target}"] } ] }
  - { job_name: lesser, ${showing(tokens.ingest)}, static_configs: [ { targets: ["${target}"] } ] }
remote_write: [ { url: "${vedette.url}/api/v1/write", ${showing(tokens.ingest)} } ]
remote_read: [ { url: "${vedette.url}/api/v1/read", ${showing(tokens.read)}, read_recent: true, filter_external_labels: false } ]
`,
    );
    await until('a scrape with the token, and one refused', async () => {
      const { data } = (await (await fetch(`${url}/api/v1/targets`)).json()) as {
        data: { activeTargets: { scrapePool: string; health: string; lastError: string }[] };
      };
      const lines = data.activeTargets.map((one) => `${one.scrapePool} ${one.health} ${one.lastError}`);
      const wanted = ['lesser down server returned HTTP status 403 Forbidden', 'shown up '];
      return lines.toSorted().join('\n') === wanted.join('\n') ? true : undefined;
    });
    await until('what it wrote', async () => {
      const { body } = await send(vedette, ['GET', '/api/v1/query?query=up{from="prometheus",job="shown"}'], {
        token: tokens.read,
      });
      return body.includes('"shown"') ? true : undefined;
    });
    await until('what it reads here', async () => {
      // Nobody but this server has it.
      const read = await fetch(`${url}/api/v1/query?query=vedette_build_info{job="vedette"}`);
      return (await read.text()).includes('vedette_build_info') ? true : undefined;
    });
  });

  await t.test('requests of Grafana and OpenTelemetry, and what they are told', async (t) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const statusOf = async (
      [method, where]: readonly [string, string],
      headers: Record<string, string>,
      body?: string,
    ): Promise<Response> =>
      await vedette.get(where, { method, headers, ...(body === undefined ? {} : { body }) });
    const basic = (token: string): string => `Basic ${Buffer.from(`any:${token}`).toString('base64')}`;
    const asked: readonly (readonly [string, string, string?])[] = [
      ['POST', '/api/v1/query_range', 'query=up&start=1&end=61&step=15'],
      ['POST', '/api/v1/query', 'query=1%2B1'],
      ['POST', '/api/v1/labels', 'start=1&end=61'],
      ['POST', '/api/v1/series', 'match[]=up'],
      ['GET', '/api/v1/label/__name__/values'],
      ['GET', '/api/v1/metadata'],
      ['GET', '/api/v1/status/buildinfo'],
      ['GET', '/api/v1/rules'],
      ['GET', '/api/v1/query_exemplars?query=up&start=1&end=2'],
      ['GET', '/api/v2/status'],
      ['GET', '/api/v2/alerts/groups'],
      ['GET', '/api/v2/silences'],
    ];
    await t.test('a reading token opens all that a data source asks, in either header', async () => {
      for (const [method, where, body] of asked)
        for (const authorization of [`Bearer ${tokens.read}`, basic(tokens.read)]) {
          const response = await statusOf([method, where], { ...form, authorization }, body);
          assert.equal(response.status, 200, `${method} ${where}: ${await response.text()}`);
        }
    });
    await t.test('another token is refused in the form of the interface, with the scope', async () => {
      const forms: readonly (readonly [string, string, unknown])[] = [
        ['POST', '/api/v1/query', 'error'],
        ['GET', '/api/v2/silences', 'message'],
      ];
      for (const [method, where, key] of forms) {
        const response = await statusOf([method, where], { authorization: `Bearer ${tokens.ingest}` });
        const body = (await response.json()) as Record<string, unknown>;
        const wanted = 'cannot allow this: the token "sender" lacks the scope "read"';
        assert.deepEqual([response.status, body[String(key)]], [403, wanted]);
      }
    });
    await t.test('nobody and a wrong token get 401 and the scheme', async () => {
      for (const [method, where] of [...asked, ['POST', '/api/v1/write'], ['POST', '/v1/metrics']] as const) {
        const response = await statusOf([method, where], {});
        assert.equal(response.status, 401, where);
        assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="vedette"', where);
      }
      const wrong = await statusOf(['GET', '/api/v1/rules'], { authorization: basic(tokens.wrong) });
      assert.deepEqual(
        [wrong.status, wrong.headers.get('www-authenticate')],
        [401, 'Bearer realm="vedette"'],
      );
    });
    await t.test('OTLP goes in by its headers', async () => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokens.ingest}` };
      const sent = await statusOf(['POST', '/v1/metrics'], headers, '{"resourceMetrics":[]}');
      assert.deepEqual([sent.status, await sent.text()], [200, '{}']);
    });
  });

  await t.test('the guard of the SDK follows while its token counts, and nobody else does', async (t) => {
    const guard = createGuard({ server: { url: vedette.url, token: tokens.guard }, ids: { mode: 'plain' } });
    t.after(() => guard.close());
    assert.equal(await guard.ready(END_MS_MAX), true);
    for (const token of [tokens.read, tokens.ingest, tokens.wrong]) {
      const refused = await send(vedette, ['GET', '/guard/feed'], { token });
      assert.equal(refused.status, token === tokens.wrong ? 401 : 403);
    }
    const viewer = await join(scene, 'vera', 'viewer');
    for (const where of ['/guard/feed', '/v1/decisions', '/guard/check?id=x'])
      assert.equal((await send(vedette, ['GET', where], { cookie: viewer })).status, 403, where);

    const revocable = await createToken(vedette, cookie, { name: 'old', role: 'viewer', scopes: ['guard'] });
    const feed = await vedette.get('/guard/feed', {
      headers: { authorization: `Bearer ${revocable.secret}` },
      signal: AbortSignal.timeout(END_MS_MAX),
    });
    assert.equal(feed.status, 200);
    const ended = feed.text();
    const revoked = await send(vedette, ['DELETE', `/api/vedette/tokens/${revocable.id}`], { cookie });
    assert.equal(revoked.status, 204);
    await ended;
    await until('the others to go on', () => (guard.status.feed === 'following' ? true : undefined));
  });
});
