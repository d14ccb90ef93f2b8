import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { startHostile } from './support/hostile-service.ts';
import { projectRoot } from './support/peers.ts';
import { until } from './support/until.ts';
import { runVedette, startVedette, temporaryDirectory } from './support/vedette-process.ts';

const program = path.join(projectRoot, 'packages/server/bin/vedette');

interface Ending {
  readonly args: readonly string[];
  readonly code: number;
  readonly stderr: RegExp;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs all of them, two at a time as the machine has processors, and compares how they end. */
async function assertEndings(t: TestContext, endings: readonly Ending[]): Promise<void> {
  const left = [...endings];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { args, code, stderr, env = {} } = next;
      const ended = await runVedette(t, args, { env });
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr.slice(0, 1000)}`);
      assert.match(ended.stderr, stderr);
      assert.equal(ended.stdout, '');
      assert.ok(!/\n {4}at /.test(ended.stderr), `a stack trace: ${ended.stderr}`);
    }
  };
  await Promise.all([work(), work()]);
}

/** Contents of configuration files that cannot be used, by name, and what is said of each. */
const FAULTY_FILES: Readonly<Record<string, readonly [content: string | Buffer, want: RegExp]>> = {
  'cut.yml': ['scrape_configs: [\n', /not valid YAML: [^]*--> .*cut\.yml:2:1/],
  'tabs.yml': ['global:\n\tscrape_interval: 1s\n', /YAML: Tabs are not allowed[^]*--> .*tabs\.yml:2:1/],
  'long.yml': [Buffer.alloc(20e6, '# x\n'), /long\.yml": got 20000000 bytes, want at most 16777216/],
  'binary.yml': [Buffer.from([0, 255, 1, 2]), /cannot read .*binary\.yml": it is not a text in UTF-8; name/],
  'text.yml': ['hello\n', /must be an object; got string[^]*--> .*text\.yml:1:1/],
  'list.yml': ['- a\n', /must be an object; got array[^]*--> .*list\.yml:1:1/],
  'deep.yml': [`a: ${'['.repeat(100_000)}`, /nested too deeply[^]*--> .*deep\.yml:1:/],
  'bomb.yml': [bombOfAliases(), /YAML: Excessive alias count[^]*--> .*bomb\.yml:1:1/],
  'keys.yml': ['globel: {}\n', /unknown key "globel"[^]*--> .*keys\.yml:1:1[^]*did you mean "global"\?/],
  'names.yml': ['__proto__: {}\nconstructor: {}\n', /key "__proto__"[^]*unknown key "constructor"/],
  'types.yml': ['scrape_configs: { a: 1 }\n', /must be an array; got object[^]*--> .*types\.yml:1:19/],
  'env.yml': ['server: { listen: "${VEDETTE_NOT_SET}" }\n', /variable "VEDETTE_NOT_SET" is not set/],
};

test('faulty configurations are told apart by one check, each with its place', async (t) => {
  const directory = temporaryDirectory(t);
  for (const [name, [content]] of Object.entries(FAULTY_FILES))
    writeFileSync(path.join(directory, name), content);
  const files = Object.keys(FAULTY_FILES).map((name) => path.join(directory, name));
  const { code, stdout, stderr } = await runVedette(t, ['check', 'config', ...files]);
  assert.deepEqual([code, stdout], [1, '']);
  for (const [, want] of Object.values(FAULTY_FILES)) assert.match(stderr, want);
  assert.ok(stderr.length < 10_000, `${stderr.length} characters`);
});

test('a configuration that cannot be used ends the start with 2, and says where and what to do', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'keys.yml');
  writeFileSync(file, 'globel: {}\n');
  const start = (config: string, stderr: RegExp): Ending => ({
    args: ['start', '--config', config, '--data', directory],
    code: 2,
    stderr,
  });
  await assertEndings(t, [
    start(file, /unknown key "globel"[^]*--> .*keys\.yml:1:1[^]*did you mean "global"\?/),
    start(directory, /cannot read configuration ".*": it is a directory, want a file; name a vedette\.yml/),
    start(path.join(directory, 'missing.yml'), /cannot read configuration ".*missing\.yml": no such file; /),
  ]);
});

function bombOfAliases(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}

test('an environment that cannot be used ends the start with 4 and names the remedy', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'file');
  writeFileSync(file, '');
  await assertEndings(t, [
    {
      args: ['start', '--listen', '127.0.0.1:0', '--data', file],
      code: 4,
      stderr: /FATAL: cannot open data directory ".*file": .*; .*choose another with --data/,
    },
    {
      args: ['start', '--listen', '127.0.0.1:0', '--data', unwritableDirectory(directory)],
      code: 4,
      stderr: /FATAL: cannot open data directory ".*": .*; .*choose another with --data/,
    },
  ]);
});

/** Root may write everywhere but where the kernel alone does. */
function unwritableDirectory(directory: string): string {
  if (process.getuid?.() === 0) return '/sys/vedette';
  const locked = path.join(directory, 'locked');
  mkdirSync(locked);
  chmodSync(locked, 0o555);
  return path.join(locked, 'data');
}

test('wrong usage ends with 2 and names what was wrong', async (t) => {
  const usage = (args: readonly string[], stderr: RegExp): Ending => ({ args, code: 2, stderr });
  await assertEndings(t, [
    usage(['strat'], /unknown command "strat"; did you mean "start"\?\nSee "vedette --help"/),
    usage(['start', '--prot', '80'], /unknown option "--prot"/),
    usage(['start', 'vedette.yml'], /unexpected argument "vedette\.yml"/),
    usage(['start', '--data'], /--data/),
    usage(['start', '--data', ''], /cannot use --data "": it is empty/),
    usage(['start', '--listen', 'foo'], /cannot listen on "foo": want HOST:PORT such as/),
    usage(['start', '--listen', '127.0.0.1:65536'], /with a port up to 65535/),
    { ...usage(['start'], /cannot listen on "nonsense"/), env: { VEDETTE_LISTEN: 'nonsense' } },
    usage(['query'], /an expression is missing/),
    usage(['query', '--time', 'yesterday', 'up'], /--time must be RFC 3339 or Unix seconds/),
    usage(['check', 'nothing'], /want "config", "rules", "alerting" or "runbooks"; got "nothing"/),
    usage(['doctor', 'now'], /unexpected argument "now"/),
  ]);
});

test('a question to a server that is none ends in time and says which address', async (t) => {
  const silent = await startHostile(t, (socket) => socket.end());
  const strange = await startHostile(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  const page = await startHostile(t, (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>\u001b[2J'),
  );
  const ask = (port: number, code: number, stderr: RegExp): Ending => ({
    args: ['query', '--url', `http://127.0.0.1:${port}`, 'up'],
    code,
    stderr,
  });
  await assertEndings(t, [
    ask(silent, 3, /^cannot reach http:\/\/127\.0\.0\.1:\d+: .*; is the server running there\?/),
    ask(strange, 3, /^cannot reach http:\/\/127\.0\.0\.1:\d+: /),
    ask(page, 1, /^cannot read the answer of .*: got HTTP 200 and no Prometheus JSON/),
  ]);
});

test('a stop that comes during the start ends it, and the next start works', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  const child = spawn(program, ['start', '--listen', '127.0.0.1:0', '--data', dataDirectory], {
    stdio: 'ignore',
    cwd: temporaryDirectory(t),
  });
  t.after(() => child.kill('SIGKILL'));
  await until('the lock', () => (existsSync(path.join(dataDirectory, 'lock.db')) ? true : undefined));
  child.kill('SIGHUP');
  child.kill('SIGTERM');
  await until('its end', () => child.exitCode ?? child.signalCode ?? undefined);
  const vedette = await startVedette(t, { dataDirectory });
  assert.equal((await vedette.get('/-/ready')).status, 200);
});

test('a reload asked for during the start is made good after it', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'vedette.yml');
  const configOf = (job: string): string =>
    `scrape_configs: [ { job_name: ${job}, static_configs: [ { targets: ["127.0.0.1:1"] } ] } ]\n`;
  writeFileSync(file, configOf('early'));
  const dataDirectory = path.join(directory, 'data');
  const starting = startVedette(t, {
    dataDirectory,
    args: ['--config', file],
    onSpawn: (child) => {
      void until('the lock', () => (existsSync(path.join(dataDirectory, 'lock.db')) ? true : undefined)).then(
        () => {
          writeFileSync(file, configOf('late'));
          child.kill('SIGHUP');
        },
      );
    },
  });
  const vedette = await starting;
  await until('the changed pool', async () => {
    const { data } = await vedette.json<{ data: { activeTargets: { scrapePool: string }[] } }>(
      '/api/v1/targets',
    );
    return data.activeTargets.some(({ scrapePool }) => scrapePool === 'late') ? true : undefined;
  });
});

test('a storm of reloads, most of them of a broken file, leaves the last good configuration', async (t) => {
  const file = path.join(temporaryDirectory(t), 'vedette.yml');
  const configOf = (job: string): string =>
    `scrape_configs: [ { job_name: ${job}, static_configs: [ { targets: ["127.0.0.1:1"] } ] } ]\n`;
  writeFileSync(file, configOf('first'));
  const vedette = await startVedette(t, { args: ['--config', file] });
  const broken = ['scrape_configs: 7\n', '', '\0', 'a: [', configOf('x').slice(0, 40)];
  for (let i = 0; i < 200; i++) {
    writeFileSync(file, broken[i % broken.length] ?? '');
    vedette.kill('SIGHUP');
  }
  writeFileSync(file, configOf('last'));
  vedette.kill('SIGHUP');
  await until('the last pool', async () => {
    const { data } = await vedette.json<{ data: { activeTargets: { scrapePool: string }[] } }>(
      '/api/v1/targets',
    );
    return data.activeTargets.some(({ scrapePool }) => scrapePool === 'last') ? true : undefined;
  });
  assert.equal((await vedette.get('/-/healthy')).status, 200);
  vedette.kill('SIGTERM');
  assert.deepEqual(await vedette.exited(), { code: 0, signal: null });
});
