import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCli } from './run.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `vedette dashboard check` on files of these names and contents. */
async function check(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  ...options: string[]
): Promise<Ended> {
  const directory = await mkdtemp(path.join(tmpdir(), 'vedette-dashboard-'));
  t.after(() => rm(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
  return run(directory, ['check', ...options, ...Object.keys(files)]);
}

async function run(workingDirectory: string, args: readonly string[]): Promise<Ended> {
  let out = '';
  let err = '';
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    env: {},
    workingDirectory,
  };
  const code = await runCli(['dashboard', ...args], io);
  return { code, out, err };
}

const panel = (type: string, expr: string) => ({
  type,
  title: `the ${type}`,
  targets: [{ refId: 'A', expr }],
});
const file = (...panels: object[]): string => JSON.stringify({ title: 'Mine', schemaVersion: 43, panels });

test('a dashboard that is shown whole ends with 0', async (t) => {
  const ended = await check(t, { 'a.json': file(panel('stat', 'up')) });
  assert.deepEqual(ended, {
    code: 0,
    out: 'a.json: "Mine": 1 panels, 1 in full, 0 in part, 0 not shown\n',
    err: '',
  });
});

test('what is not shown is named with its panel, and ends with 1', async (t) => {
  const row = { type: 'row', title: 'Logs', collapsed: false };
  const { code, out } = await check(t, { 'a.json': file(panel('stat', 'up'), row, panel('geomap', 'up{')) });
  assert.equal(code, 1);
  assert.equal(
    out,
    `a.json: "Mine": 2 panels, 1 in full, 0 in part, 1 not shown
  panel 3 "Logs / the geomap" (geomap): not shown
    geomap: panels of this type are not drawn
    expr of A: 1:4: unexpected end of input inside braces
`,
  );
});

test('as JSON the report is one line per file, faults of files among them', async (t) => {
  const { code, out } = await check(
    t,
    { 'a.json': file(panel('news', 'up')), 'b.json': '{"a" 1}' },
    '--json',
  );
  const [first, second] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(code, 1);
  assert.equal(first?.['title'], 'Mine');
  assert.match(JSON.stringify(first?.['panels']), /^\[\{"id":1,.*"verdict":"none"/);
  assert.deepEqual(second, {
    file: 'b.json',
    error: 'cannot read the dashboard: line 1:6: want ":"; got "1"',
  });
});

test('control characters of a file do not reach the terminal', async (t) => {
  const { out } = await check(t, { 'a.json': JSON.stringify({ title: '\u001b[2Jx', panels: [] }) });
  assert.ok(!out.includes('\u001b'), out);
});

test('a file of 20 MB is refused by its size, one that is not there by its name', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'vedette-dashboard-'));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(path.join(directory, 'a.json'), '');
  await truncate(path.join(directory, 'a.json'), 20 * 1024 * 1024);
  const ended = await run(directory, ['check', 'a.json', 'gone.json']);
  assert.equal(ended.code, 1);
  assert.match(ended.err, /^a\.json: .*got 20971520 bytes, limit is 4194304 \(DASHBOARD_BYTES_MAX\)$/m);
  assert.match(ended.err, /^gone\.json: cannot read the dashboard: ENOENT/m);
});

test('wrong usage ends with 2', async () => {
  assert.equal((await run('/', [])).code, 2);
  assert.equal((await run('/', ['check'])).code, 2);
  assert.match((await run('/', ['show', 'x'])).err, /want "check"; got "show"/);
});
