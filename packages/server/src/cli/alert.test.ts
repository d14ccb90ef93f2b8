import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCli } from './run.ts';

const ROUTES = `route:
  receiver: ops
  routes:
  - { matchers: [service="db"], receiver: dba, continue: true, routes: [{ matchers: [severity="critical"], receiver: pager }] }
  - { matchers: [service=~"db|web"], receiver: all }
receivers: [{ name: ops }, { name: dba }, { name: pager }, { name: all }]
`;

async function run(
  t: TestContext,
  text: string,
  args: readonly string[],
): Promise<{ code: number; out: string; err: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'vedette-alert-'));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(path.join(directory, 'am.yml'), text);
  let out = '';
  let err = '';
  const code = await runCli(args, {
    out: (part) => void (out += part),
    err: (part) => void (err += part),
    env: {},
    workingDirectory: directory,
  });
  return { code, out, err };
}

test('the routing tree is drawn as amtool draws it', async (t) => {
  const { code, out } = await run(t, ROUTES, ['alert', 'routes', 'show', '--config', 'am.yml']);
  assert.equal(code, 0);
  assert.equal(
    out.replaceAll('\u00a0', ' '),
    `Routing tree:
.
└── default-route  receiver: ops
    ├── {service="db"}  continue: true  receiver: dba
    │   └── {severity="critical"}  receiver: pager
    └── {service=~"db|web"}  receiver: all
`,
  );
});

test('labels are routed, and the receivers can be verified', async (t) => {
  const check = async (args: readonly string[], wantCode: number, want: RegExp): Promise<void> => {
    const { code, out, err } = await run(t, ROUTES, [
      'alert',
      'routes',
      'test',
      '--config.file',
      'am.yml',
      ...args,
    ]);
    assert.equal(code, wantCode, err);
    assert.match(out + err, want);
  };
  await check(['service=db'], 0, /^dba,all\n$/);
  await check(['service=db', 'severity="critical"'], 0, /^pager,all\n$/);
  await check([], 0, /^ops\n$/);
  await check(['service=web', '--json'], 0, /^\{"receivers":\["all"\]\}\n$/);
  await check(['service=web', '--verify.receivers', 'all'], 0, /^all\n$/);
  await check(['service=web', '--verify.receivers', 'dba'], 1, /got all, want dba/);
  await check(
    ['service=web', '--tree'],
    0,
    /^Matching routes:\n\.\n└── default-route {2}receiver: ops\n {4}└── \{service=~"db\|web"\}/,
  );
  await check(['service!=web'], 2, /want a label as NAME=VALUE; got "service!=web"/);
});

test('wrong usage is told', async (t) => {
  const check = async (args: readonly string[], want: RegExp): Promise<void> => {
    const { code, err } = await run(t, ROUTES, ['alert', ...args]);
    assert.equal(code, 2);
    assert.match(err, want);
  };
  await check([], /want query, add, explain, silence or routes; got nothing/);
  await check(['routes'], /want --config with an alertmanager\.yml/);
  await check(['routes', 'draw', '--config', 'am.yml'], /want "show" or "test"; got "draw"/);
  await check(['routes', '--config', 'none.yml'], /cannot read "none\.yml": no such file/);
  await check(
    ['routes', '--config', 'am.yml', '--enable-feature', 'magic'],
    /must be one of utf8-strict-mode, classic-mode/,
  );
});

test('check alerting counts what is in a valid file', async (t) => {
  const { code, out } = await run(t, ROUTES, ['check', 'alerting', 'am.yml']);
  assert.deepEqual(
    [code, out],
    [0, 'am.yml: valid alerting configuration, 4 routes, 0 inhibit rules, 4 receivers, 0 templates\n'],
  );
});

test('check alerting tells every fault with file, line and column', async (t) => {
  const text = ROUTES.replace('receiver: all }', 'receiver: everybody }').replace(
    '{ name: dba }',
    '{ name: ops }',
  );
  const { code, err } = await run(t, text, ['check', 'alerting', 'am.yml']);
  assert.equal(code, 1);
  assert.match(
    err,
    /error: notification config name "ops" is not unique\n {2}--> am\.yml:6:36 \(receivers\[1\]\.name\)/,
  );
  assert.match(err, /error: undefined receiver "everybody" used in route\n {2}--> am\.yml:5:48/);
  assert.match(err, /error: undefined receiver "dba" used in route/);
});

test('check alerting names what is valid and cannot be carried out', async (t) => {
  const text = ROUTES.replace(
    '{ name: ops }',
    "{ name: ops, discord_configs: [{ webhook_url: 'http://h' }] }",
  );
  const { code, err } = await run(t, text, ['check', 'alerting', 'am.yml']);
  assert.equal(code, 1);
  assert.match(
    err,
    /discord_configs is understood, but this version cannot send it; remove it from receiver "ops"\n {2}--> am\.yml:6:/,
  );
});

test('check alerting reads matchers as Alertmanager would with the feature', async (t) => {
  const text = ROUTES.replace('service="db"', 'service=');
  const check = async (features: readonly string[], want: number): Promise<void> => {
    const args = features.flatMap((name) => ['--enable-feature', name]);
    assert.equal((await run(t, text, ['check', 'alerting', ...args, 'am.yml'])).code, want, features.join());
  };
  await check([], 0);
  await check(['classic-mode'], 0);
  await check(['utf8-strict-mode'], 1);
  await check(['utf8-strict-mode', 'classic-mode'], 2);
});
