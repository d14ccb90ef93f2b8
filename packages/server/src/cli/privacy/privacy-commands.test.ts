/** The commands of privacy, against a server that notes what it is asked. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseKeyFile, pseudonymsOf } from '@vedette/sdk';
import { runCli } from '../run.ts';

const REPORT = {
  atMs: 1,
  decisions: 2,
  actions: 3,
  series: 4,
  stateRecords: 5,
  remarks: ['see\u001b[2J there'],
};
const EXPORT = { atMs: 1, subjects: [], decisions: [], actions: [], seriesLabels: [], stateRecords: [] };

interface Scene {
  readonly directory: string;
  readonly asked: { readonly path: string; readonly subjects: unknown; readonly text: string }[];
  status: number;
  /** What the person says; `undefined`: nobody is there. */
  answer: boolean | undefined;
  readonly questions: string[];
  run(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
}

async function start(t: TestContext): Promise<Scene> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-privacy-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const { subjects } = JSON.parse(text) as { subjects: unknown };
      scene.asked.push({ path: request.url ?? '', subjects, text });
      response.statusCode = scene.status;
      const isErasure = request.url?.endsWith('erase') === true;
      response.end(JSON.stringify(isErasure ? REPORT : { ...EXPORT, isCut: true }));
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => (server.closeAllConnections(), void server.close()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const run: Scene['run'] = async (...args) => {
    let [out, err] = ['', ''];
    const { answer } = scene;
    const code = await runCli(['privacy', ...args], {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      env: { VEDETTE_URL: url },
      workingDirectory: directory,
      ...(answer === undefined
        ? {}
        : { confirm: async (question) => (scene.questions.push(question), answer) }),
    });
    return { code, out, err };
  };
  const scene: Scene = { directory, asked: [], status: 200, answer: undefined, questions: [], run };
  return scene;
}

test('an erasure asks first, and what went and the remarks are printed', async (t) => {
  const scene = await start(t);
  scene.answer = false;
  assert.deepEqual(await scene.run('erase', '--id', 'ann'), {
    code: 1,
    out: '',
    err: 'nothing was erased\n',
  });
  assert.equal(scene.asked.length, 0);
  assert.match(scene.questions.join(), /erased for good:\n {2}user ann\nGo on\? \[y\/N\] $/);
  scene.answer = true;
  const { code, out } = await scene.run('erase', '--id', 'ann', '--id', 'bob');
  assert.equal(code, 0);
  assert.match(out, /^erased 2 decisions, 3 actions, 4 series, 5 other records\nnot erased: see\S* there\n/);
  assert.ok(!out.includes('\u001b'));
  assert.deepEqual(scene.asked[0]?.subjects, [
    { scope: 'user', subject: 'ann' },
    { scope: 'user', subject: 'bob' },
  ]);
});

test('with nobody to ask an erasure needs --yes', async (t) => {
  const scene = await start(t);
  const { code, err } = await scene.run('erase', '--id', 'ann');
  assert.deepEqual([code, scene.asked.length], [2, 0]);
  assert.match(err, /say --yes/);
  const erased = await scene.run('erase', '--id', 'ann', '--yes', '--json');
  assert.deepEqual([erased.code, JSON.parse(erased.out)], [0, REPORT]);
});

test('with a key file every live pseudonym is asked for, and the id is not sent', async (t) => {
  const scene = await start(t);
  assert.equal((await scene.run('key', 'new', 'k')).out, '1  names who acts\n');
  assert.equal((await scene.run('key', 'rotate', 'k')).out, '2  names who acts\n1  still looked for\n');
  const keys = parseKeyFile(readFileSync(path.join(scene.directory, 'k'), 'utf8'));
  const who = [
    '--id',
    'ann@x',
    '--scope',
    'user',
    '--scope',
    'session',
    '--key-file',
    'k',
    '--tenant',
    'shop',
  ];
  assert.equal((await scene.run('erase', '--yes', ...who)).code, 0);
  const wanted = (['user', 'session'] as const).flatMap((scope) =>
    pseudonymsOf('ann@x', scope, keys, 'shop').map((subject) => ({ scope, subject })),
  );
  assert.equal(wanted.length, 4);
  assert.deepEqual(scene.asked[0]?.subjects, wanted);
  assert.ok(!scene.asked[0].text.includes('ann'));
});

test('an export goes to a file for its owner alone, and never over another one', async (t) => {
  const scene = await start(t);
  const first = await scene.run('export', '--id', 'ann', '--out', 'ann.json');
  assert.deepEqual([first.code, first.out], [0, '']);
  assert.match(first.err, /wrote "ann.json"\nmore is kept .* cut/);
  const file = path.join(scene.directory, 'ann.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal((JSON.parse(readFileSync(file, 'utf8')) as { isCut: boolean }).isCut, true);
  const second = await scene.run('export', '--id', 'ann', '--out', 'ann.json');
  assert.deepEqual([second.code, /exists already/.test(second.err)], [2, true]);
  assert.equal((await scene.run('export', '--id', 'ann', '--out', 'no/such/ann.json')).code, 4);
});

test('keys are made once, rotated up to four, dropped by name, and never printed', async (t) => {
  const scene = await start(t);
  const read = (): string => readFileSync(path.join(scene.directory, 'k'), 'utf8');
  await scene.run('key', 'new', 'k');
  assert.equal(statSync(path.join(scene.directory, 'k')).mode & 0o777, 0o600);
  const before = read();
  assert.equal((await scene.run('key', 'new', 'k')).code, 2);
  assert.equal(read(), before);
  for (let i = 0; i < 3; i++) assert.equal((await scene.run('key', 'rotate', 'k')).code, 0);
  const full = await scene.run('key', 'rotate', 'k');
  assert.equal(full.code, 2);
  assert.match(full.err, /has 4 keys, 4 may live at once.*--drop KID \(the oldest is "1"\)/);
  assert.equal((await scene.run('key', 'rotate', 'k', '--drop', '9')).code, 2);
  assert.equal((await scene.run('key', 'rotate', 'k', '--drop', '1')).code, 0);
  const list = await scene.run('key', 'list', 'k', '--json');
  assert.deepEqual(JSON.parse(list.out), { kids: ['5', '4', '3', '2'] });
  for (const { key } of parseKeyFile(read()))
    assert.ok(!list.out.includes(Buffer.from(key).toString('base64')));
  assert.equal(statSync(path.join(scene.directory, 'k')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(scene.directory), ['k']);
});

test('what is wrong is said, and nothing is asked', async (t) => {
  const scene = await start(t);
  const cases: readonly [readonly string[], RegExp][] = [
    [[], /want export, erase, key; got nothing/],
    [['erase', '--yes'], /want --id/],
    [['erase', '--yes', '--id', ' '], /--id must not be empty/],
    [['erase', '--yes', '--id', 'a', '--scope', 'range'], /--scope must be one of user, ip, session, key/],
    [['erase', '--yes', '--id', 'a', '--tenant', 'x'], /--tenant goes with --key-file/],
    [['erase', '--yes', '--id', 'a', '--key-file', 'none'], /cannot use the key file "/],
    [
      ['erase', '--yes', ...Array.from({ length: 51 }, (_, i) => ['--id', `u${i}`]).flat()],
      /51 names, 50 go/,
    ],
    [['key', 'make', 'k'], /want key new, rotate or list; got "make"/],
    [['key', 'list', 'k', '--drop', '1'], /--drop belongs to key rotate/],
  ];
  for (const [args, wanted] of cases) {
    const { code, err } = await scene.run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(err, wanted);
  }
  assert.deepEqual(scene.asked, []);
  scene.status = 401;
  assert.equal((await scene.run('erase', '--yes', '--id', 'a')).code, 1);
  assert.equal((await scene.run('export', '--id', 'a', '--url', 'http://127.0.0.1:1')).code, 3);
});
