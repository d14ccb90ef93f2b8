import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { ConfigError } from './fault.ts';
import { loadConfig, type LoadedConfig } from './load.ts';

const ROUTING =
  'route: { receiver: ops }\nreceivers: [ { name: ops, webhook_configs: [{ url: http://h }] } ]\n';

/** Loads `vedette.yml` of a folder with these files. */
async function load(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<LoadedConfig> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-config-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), text);
    }
    const loaded = await loadConfig(path.join(directory, 'vedette.yml'), { env, shownAs: 'vedette.yml' });
    const { alertmanagerFile: file } = loaded;
    return { ...loaded, alertmanagerFile: file && path.relative(directory, file) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function faultsOf(
  files: Readonly<Record<string, string>>,
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  return await load(files, env).then(
    () => assert.fail('the configuration must be refused'),
    (error: unknown) => (error instanceof ConfigError ? error.message : Promise.reject(error)),
  );
}

test('the routing may stand in a file of its own, relative to the configuration', async () => {
  const loaded = await load({
    'vedette.yml': 'alertmanager: sub/am.yml\n',
    'sub/am.yml': ROUTING,
  });
  assert.equal(loaded.config.alertmanager.route.receiver, 'ops');
  assert.equal(loaded.alertmanagerFile, path.join('sub', 'am.yml'));
  assert.match(loaded.yaml, /receiver: ops/);
  const inline = await load({ 'vedette.yml': '{}' });
  assert.equal(inline.alertmanagerFile, undefined);
});

test('faults of both files are told at once, each with the line of its file', async () => {
  const faults = await faultsOf({
    'vedette.yml': 'packs: { hots: false }\nalertmanager: sub/am.yml\n',
    'sub/am.yml': `${ROUTING}templatess: [x.tmpl]\n`,
  });
  assert.equal(
    faults,
    [
      'error: unknown key "hots"',
      '  --> vedette.yml:1:10 (packs.hots)',
      ' 1 | packs: { hots: false }',
      '   |          ^^^^',
      '   = help: did you mean "host"?',
      'error: unknown key "templatess"',
      `  --> ${path.join('sub', 'am.yml')}:3:1 (templatess)`,
      ' 3 | templatess: [x.tmpl]',
      '   | ^^^^^^^^^^',
      '   = help: did you mean "templates"?',
    ].join('\n'),
  );
});

test('a file that cannot be read or is no YAML is a fault at its place', async () => {
  const check = async (files: Readonly<Record<string, string>>, text: RegExp): Promise<void> =>
    assert.match(await faultsOf(files), text);
  await check(
    { 'vedette.yml': 'packs: {}\nalertmanager: none.yml\n' },
    /cannot read "none\.yml": no such file\n {2}--> vedette\.yml:2:15 \(alertmanager\)/,
  );
  await check({ 'vedette.yml': 'alertmanager: .\n' }, /cannot read "\.": it is a directory, want a file/);
  await check(
    { 'vedette.yml': 'alertmanager: am.yml', 'am.yml': 'route: [' },
    /not valid YAML[^]*am\.yml:1:9/,
  );
  await check(
    { 'vedette.yml': 'alertmanager: am.yml', 'am.yml': '[]' },
    /must be an object; got array\n {2}--> am\.yml:1:1/,
  );
  await check(
    { 'vedette.yml': 'alertmanager: am.yml', 'am.yml': 'other.yml' },
    /must be an object; got string/,
  );
  await check({ 'vedette.yml': 'alertmanager: [' }, /vedette\.yml:1/);
});

test('inline, our own keys are welcome; in a file for Alertmanager they are not', async () => {
  const cooldown = 'cooldown: { critical: 1m, error: 5m, warning: 15m, info: 1h }';
  const inline = await load({ 'vedette.yml': `alertmanager: { ${cooldown} }\n` });
  assert.equal(inline.config.alertmanager.cooldown?.warning, 900_000);
  assert.equal(inline.config.alertmanager.route.receiver, 'log', 'the routes that we ship');
  const faults = await faultsOf({
    'vedette.yml': 'alertmanager: am.yml\n',
    'am.yml': `${ROUTING}${cooldown}\n`,
  });
  assert.match(faults, /cooldown is not a key of Alertmanager; it works inline[^]*am\.yml:3:/);
});

test('what is valid and cannot be carried out is a fault at its place', async () => {
  const receiver = "{ name: ops, discord_configs: [{ webhook_url: 'http://h' }] }";
  const file = `alertmanager:\n  route: { receiver: ops }\n  receivers: [ ${receiver} ]\n`;
  assert.match(
    await faultsOf({ 'vedette.yml': file }),
    /discord_configs is understood, but this version cannot send it[^]*vedette\.yml:3:/,
  );
});

test('variables are replaced in the name of the file and not in its content', async () => {
  const files = {
    'vedette.yml': 'alertmanager: ${NAME}.yml\n',
    'am.yml': ROUTING.replaceAll('ops', '"${RECEIVER}"'),
  };
  const { config } = await load(files, { NAME: 'am', RECEIVER: 'x' });
  assert.equal(config.alertmanager.route.receiver, '${RECEIVER}');
});
