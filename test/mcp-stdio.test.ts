/** `vedette mcp` as hosts start it: a process that speaks over stdin and stdout, as a bridge and by itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { freePort } from './support/free-port.ts';
import { projectRoot } from './support/peers.ts';
import { until } from './support/until.ts';
import { runVedette, startVedette, temporaryDirectory } from './support/vedette-process.ts';

const COMMAND = path.join(projectRoot, 'packages/server/bin/vedette');

/** Lists and calls with the official client of both eras, and with the old one. */
async function askWithClients(
  t: TestContext,
  args: readonly string[],
  want: {
    readonly toolCount: number;
    readonly tool: string;
    readonly arguments: Record<string, unknown>;
    readonly answer: RegExp;
  },
): Promise<void> {
  const call = { name: want.tool, arguments: want.arguments };
  for (const options of [{ versionNegotiation: { mode: 'auto' } }, {}] as const) {
    const client = new Client({ name: 'test', version: '1' }, options);
    const transport = new StdioClientTransport({ command: COMMAND, args: ['mcp', ...args], stderr: 'pipe' });
    t.after(async () => await client.close());
    await client.connect(transport);
    assert.equal((await client.listTools()).tools.length, want.toolCount);
    const answers = await Promise.all([1, 2, 3].map(async () => await client.callTool(call)));
    for (const { content } of answers) assert.match(JSON.stringify(content), want.answer);
    await client.close();
  }
  const old = new OldClient({ name: 'test', version: '1' });
  t.after(async () => await old.close());
  await old.connect(new OldTransport({ command: COMMAND, args: ['mcp', ...args], stderr: 'pipe' }));
  assert.equal((await old.listTools()).tools.length, want.toolCount);
  assert.match(JSON.stringify((await old.callTool(call)).content), want.answer);
  await old.close();
}

test('the official clients reach a server through the bridge', async (t) => {
  const { url } = await startVedette(t, { args: ['--no-host'] });
  await askWithClients(t, ['--server', url, '--prometheus-tools'], {
    toolCount: 18,
    tool: 'prom_query',
    arguments: { query: '6 * 7' },
    answer: /scalar \\"42\\"/,
  });
  const client = new Client({ name: 'test', version: '1' });
  t.after(async () => await client.close());
  await client.connect(
    new StdioClientTransport({ command: COMMAND, args: ['mcp', '--server', url], stderr: 'pipe' }),
  );
  const { tools } = await client.listTools();
  assert.ok(tools.some(({ name }) => name === 'overview'));
  await client.close();
});

test('the official clients reach a Prometheus without a server of ours between', async (t) => {
  const { url } = await startVedette(t, { args: ['--no-host'] });
  await askWithClients(t, ['--prometheus', url], {
    toolCount: 18,
    tool: 'prom_query',
    arguments: { query: '6 * 7' },
    answer: /scalar \\"42\\"/,
  });
});

interface Answer {
  readonly id?: unknown;
  readonly result?: {
    readonly content?: readonly { readonly text: string }[];
    readonly capabilities?: { readonly tools?: unknown };
  };
  readonly error?: { readonly message: string };
}

/** The process with its pipes; stdout is read as messages, and nothing else may be on it. */
function startMcp(t: TestContext, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(COMMAND, ['mcp', ...args], { env: { ...process.env, ...env } });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const exited = new Promise<number | null>((resolve) => void child.on('close', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const answers = (): readonly Answer[] =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Answer);
  return {
    child,
    exited,
    stderr: () => err,
    answers,
    send: (message: object) => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`),
    answerTo: async (id: unknown): Promise<Answer> =>
      await until(`the answer to ${String(id)}; stderr: ${err}`, () =>
        answers().find((one) => one.id === id),
      ),
  };
}

const HELLO = {
  id: 'hello',
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const ASK = { method: 'tools/call', params: { name: 'prom_query', arguments: { query: '6 * 7' } } };

test('a bridge whose server is away answers so, and works when it comes', async (t) => {
  const port = await freePort();
  const { send, answerTo, child, exited } = startMcp(t, [
    '--server',
    `http://127.0.0.1:${port}`,
    '--prometheus-tools',
  ]);
  send(HELLO);
  assert.match(
    (await answerTo('hello')).error?.message ?? '',
    /cannot reach http:\/\/127\.0\.0\.1:\d+\/mcp\/prometheus: .*ECONNREFUSED/,
  );
  await startVedette(t, { args: ['--no-host', '--listen', `127.0.0.1:${port}`] });
  send({ ...HELLO, id: 'again' });
  assert.ok((await answerTo('again')).result !== undefined);
  send({ ...ASK, id: 1 });
  assert.match((await answerTo(1)).result?.content?.[0]?.text ?? '', /^scalar "42"/);
  child.stdin.end();
  assert.equal(await exited, 0);
});

test('a token is sent, and without it the answer says how to give one', async (t) => {
  const file = path.join(temporaryDirectory(t), 'token');
  writeFileSync(file, 'a-token-of-a-test-that-is-long-enough\n', { mode: 0o600 });
  const { url } = await startVedette(t, {
    config: `server: { token_file: ${file} }\n`,
    args: ['--no-host'],
  });
  const refused = startMcp(t, ['--server', url]);
  refused.send(HELLO);
  assert.match(
    (await refused.answerTo('hello')).error?.message ?? '',
    /wants to know who asks \(HTTP 401\); name a file with a token/,
  );
  const { send, answerTo } = startMcp(t, [], { VEDETTE_URL: url, VEDETTE_TOKEN_FILE: file });
  send(HELLO);
  assert.ok((await answerTo('hello')).result !== undefined);
});

test('what was asked before stdin ended is answered, and the process ends', async (t) => {
  const { url } = await startVedette(t, { args: ['--no-host'] });
  for (const args of [
    ['--server', url, '--prometheus-tools'],
    ['--prometheus', url],
  ]) {
    const { send, child, exited, answers, stderr } = startMcp(t, args);
    send(HELLO);
    send({ method: 'notifications/initialized' });
    send({ ...ASK, id: 1 });
    child.stdin.end();
    assert.equal(await exited, 0, stderr());
    assert.match(
      answers().find(({ id }) => id === 1)?.result?.content?.[0]?.text ?? '',
      /^scalar "42"/,
      args.join(' '),
    );
    // No list changes while it runs.
    assert.deepEqual(answers().find(({ id }) => id === 'hello')?.result?.capabilities?.tools, {
      listChanged: false,
    });
    assert.equal(stderr(), '');
  }
});

test('a signal ends it cleanly, whatever it waits for', async (t) => {
  for (const args of [
    ['--server', 'http://127.0.0.1:9'],
    ['--prometheus', 'http://127.0.0.1:9'],
  ]) {
    const { send, answerTo, child, exited, stderr } = startMcp(t, args);
    send(HELLO);
    await answerTo('hello');
    child.kill('SIGTERM');
    assert.equal(await exited, 0, stderr());
  }
});

interface Heard {
  readonly path: string;
  readonly authorization: string | undefined;
}

/** A Prometheus that says 42 to everything. */
async function startPrometheusThat(
  t: TestContext,
): Promise<{ readonly url: string; readonly heard: Heard[]; close: () => Promise<void> }> {
  const heard: Heard[] = [];
  const server = http.createServer((request, response) => {
    heard.push({ path: request.url ?? '', authorization: request.headers.authorization });
    const data = { resultType: 'scalar', result: [1, '42'] };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ status: 'success', data }));
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((done) => void server.close(() => done()));
  };
  t.after(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, close };
}

test('by itself it asks with the credentials given, and the token of our server is not among them', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(path.join(directory, 'token'), 'canary\n');
  writeFileSync(path.join(directory, 'http.yml'), 'basic_auth: { username: ada, password_file: token }\n');
  const { url, heard, close } = await startPrometheusThat(t);
  const ask = async (args: readonly string[], env: Record<string, string>): Promise<Answer> => {
    const { send, answerTo, child, exited } = startMcp(t, args, env);
    send(HELLO);
    send({ ...ASK, id: 1 });
    const answer = await answerTo(1);
    child.stdin.end();
    assert.equal(await exited, 0);
    return answer;
  };
  const basic = `Basic ${Buffer.from('ada:canary').toString('base64')}`;
  const token = path.join(directory, 'token');
  await ask([], { PROMETHEUS_URL: `${url}/prom`, VEDETTE_TOKEN_FILE: token });
  await ask(['--prometheus', url, '--token-file', token], {});
  await ask(['--prometheus', url, '--http-config', path.join(directory, 'http.yml')], {});
  await ask(['--prometheus', url.replace('//', '//ada:canary@')], {});
  assert.deepEqual(heard, [
    { path: '/prom/api/v1/query', authorization: undefined },
    { path: '/api/v1/query', authorization: 'Bearer canary' },
    { path: '/api/v1/query', authorization: basic },
    { path: '/api/v1/query', authorization: basic },
  ]);
  await close();
  const away = await ask(['--prometheus', url.replace('//', '//ada:canary@')], {});
  assert.ok(
    away.result?.content?.[0]?.text?.includes(`\ncannot ask Prometheus at ${url}: connection refused\n`),
    JSON.stringify(away),
  );
});

test('options that contradict each other, or are none, are refused on stderr', async (t) => {
  const check = async (
    args: readonly string[],
    want: RegExp,
    env: Record<string, string> = {},
  ): Promise<void> => {
    const { code, stdout, stderr } = await runVedette(t, ['mcp', ...args], { env });
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, want);
    assert.doesNotMatch(stderr, /canary/);
  };
  const file = path.join(temporaryDirectory(t), 'http.yml');
  writeFileSync(file, 'basic_auth: { usernam: ada }\n');
  await check(['--prometheus', 'http://a', '--server', 'http://b'], /give one of them/);
  await check(['--prometheus', 'a:canary@b'], /--prometheus must be a URL such as/);
  await check([], /PROMETHEUS_URL must be a URL/, { PROMETHEUS_URL: 'nine', VEDETTE_URL: '' });
  await check(['--server', 'http://ada:canary@b'], /must hold no user and password/);
  for (const end of ['/?', '/?a=canary', '#a'])
    await check(['--server', `http://b${end}`], /--server must be a URL such as/);
  await check(['--timeout', '5s'], /--timeout needs --prometheus/);
  await check(
    ['--prometheus', 'http://a', '--timeout', '1h'],
    /--timeout must be a duration .* at most 30s; got "1h"/,
  );
  await check(['--prometheus', 'http://a', '--token-file', '/nowhere'], /cannot read the token file/);
  await check(['--prometheus', 'http://a', '--http-config', '/nowhere'], /cannot read --http-config/);
  await check(
    ['--prometheus', 'http://a', '--http-config', file],
    /unknown key "usernam"[^]*did you mean "username"/,
  );
  await check(['stray'], /unexpected argument "stray"/);
  await check(['--promtheus', 'x'], /did you mean "--prometheus"/);
});
