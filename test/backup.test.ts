/** Backup and restore as operators do them: the real program, under load, by its command line. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { routeOf, rulesOf, startHook } from './support/alerting-scene.ts';
import { checkWriter, Faults } from './support/crash/check.ts';
import { Writer } from './support/crash/writers.ts';
import { until } from './support/until.ts';
import {
  runVedette,
  startVedette,
  temporaryDirectory,
  type VedetteProcess,
} from './support/vedette-process.ts';

interface Entry {
  readonly id: string;
}

const notificationsOf = (vedette: VedetteProcess): Promise<readonly Entry[]> =>
  vedette.json<readonly Entry[]>('/api/vedette/notifications');

test('a backup under load, restored elsewhere, has everything that was acknowledged before it began, once', async (t) => {
  const root = temporaryDirectory(t);
  const hook = await startHook(t);
  const token = path.join(root, 'token');
  writeFileSync(token, 'a-token-of-some-length-0123456789\n');
  const authorized = { headers: { Authorization: `Bearer ${readFileSync(token, 'utf8').trim()}` } };
  const config = `server: { token_file: ${token} }
global: { evaluation_interval: 200ms }
packs: { host: false, containers: false }
rule_files: [ ${path.join(root, 'rules.yml')} ]
${routeOf([hook])}`;
  writeFileSync(path.join(root, 'rules.yml'), rulesOf('alert: Always, expr: vector(1)'));
  const running = await startVedette(t, { config, args: ['--no-host'] });
  const vedette: VedetteProcess = {
    ...running,
    get: (at, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('Authorization', authorized.headers.Authorization);
      return running.get(at, { ...init, headers });
    },
  };
  await until('a notification in the log', async () => {
    const response = await running.get('/api/vedette/notifications', authorized);
    return ((await response.json()) as readonly Entry[]).length > 0 ? true : undefined;
  });
  const startMs = Date.now() - 3_600_000;
  const writers = [0, 1].map((id) => new Writer(id, startMs, new SeededRandom(id)));
  let isOver = false;
  const writing = writers.map((writer) => writer.run(vedette, () => isOver));
  await until('some batches', () => (writers.every(({ states }) => states.length > 20) ? true : undefined));

  const target = path.join(root, 'b');
  const args = ['backup', '--url', running.url, '--out', target];
  const refused = await runVedette(t, args);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /give the server's token with --token-file/);
  const acknowledged = writers.map(({ states }) => states.length - 1);
  const done = await runVedette(t, [...args, '--token-file', token]);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^wrote backup .*\n(.*\n)*  state     .*notification_log 1/);
  isOver = true;
  await Promise.all(writing);
  assert.ok(!running.stderr().includes('"level":"warn"'), running.stderr());
  running.kill('SIGTERM');
  await running.exited();

  const dataDirectory = path.join(root, 'restored');
  const restored = await runVedette(t, ['restore', '--from', target, '--data', dataDirectory]);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stdout, /^restored .*\n(.*\n)*  samples   [1-9][\d,]*, /);
  if (process.platform !== 'win32')
    for (const file of [target, path.join(target, 'state.db'), path.join(dataDirectory, 'state.db')])
      assert.equal(statSync(file).mode & 0o077, 0, `${file} is for this user alone`);
  const plain = 'packs: { host: false, containers: false }\n';
  const second = await startVedette(t, { dataDirectory, config: plain, args: ['--no-host'] });
  const faults = new Faults();
  for (const [i, writer] of writers.entries()) {
    // What came while it was taken may be in it or not, but each batch only as a whole.
    writer.states.fill('open', acknowledged[i]);
    const samples = await checkWriter(second, writer, faults);
    assert.ok(samples > 20);
  }
  assert.deepEqual(faults.texts, []);
  assert.deepEqual(
    (await notificationsOf(second)).map(({ id }) => id),
    [hook.messages[0]?.key],
  );
});

test('a stopped directory is backed up by name, a running one refused; exit codes tell why', async (t) => {
  const root = temporaryDirectory(t);
  const data = path.join(root, 'data');
  const out = path.join(root, 'b');
  const config = path.join(root, 'vedette.yml');
  writeFileSync(config, 'packs: { host: false, containers: false }\n');
  const run = (...args: string[]) => runVedette(t, args);
  const vedette = await startVedette(t, { dataDirectory: data, args: ['--no-host'] });
  const busy = await run('backup', '--data', data, '--out', out);
  assert.equal(busy.code, 4);
  assert.match(busy.stderr, /another process works on it/);
  vedette.kill('SIGKILL');
  await vedette.exited();
  assert.equal((await run('backup', '--url', vedette.url, '--out', out)).code, 3);
  assert.equal((await run('backup', '--url', vedette.url)).code, 2);
  assert.equal((await run('backup', '--data', path.join(root, 'none'), '--out', out)).code, 2);
  assert.equal(existsSync(out), false);
  const done = await run('backup', '--data', data, '--config', config, '--out', out, '--json');
  assert.equal(done.code, 0, done.stderr);
  const { files } = JSON.parse(done.stdout) as { files: readonly { path: string }[] };
  assert.ok(files.some((file) => file.path === 'config/vedette.yml'));
  assert.equal((await run('backup', '--data', data, '--out', out)).code, 4, 'a backup is there');
  assert.equal((await run('backup', '--verify', out)).code, 0);
  assert.equal((await run('restore', '--from', out, '--data', data)).code, 4, 'something is there');
  writeFileSync(path.join(out, 'state.db'), 'x');
  assert.equal((await run('backup', '--verify', out)).code, 1);
  assert.equal((await run('restore', '--from', out, '--data', path.join(root, 'r'))).code, 1);
  assert.equal(
    (await run('restore', '--from', path.join(root, 'none'), '--data', path.join(root, 'r'))).code,
    1,
  );
});
