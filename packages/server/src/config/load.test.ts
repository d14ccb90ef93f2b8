import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from './load.ts';
import { loadStartSettings } from './start-settings.ts';
import { CONFIG_BYTES_MAX } from './yaml-source.ts';

const temporaryDirectory = (t: TestContext): string => {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-config-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
};

const refusalOf = async (file: string): Promise<string> =>
  await loadConfig(file, { env: {}, shownAs: 'my.yml' }).then(
    () => '',
    ({ message }: Error) => message,
  );

test('what is no file of text is refused with what it is', async (t) => {
  const directory = temporaryDirectory(t);
  const check = async (make: (file: string) => void, want: RegExp): Promise<void> => {
    const file = path.join(directory, 'x.yml');
    make(file);
    const message = await refusalOf(file);
    assert.match(message, want);
    assert.match(message, /^cannot read configuration "my.yml": .*; name a vedette.yml .* with --config/);
    rmSync(file, { recursive: true, force: true });
  };
  await check(() => undefined, /no such file/);
  await check((file) => mkdirSync(file), /it is a directory, want a file/);
  await check((file) => execFileSync('mkfifo', [file]), /it is a pipe or device, want a file/);
  await check((file) => writeFileSync(file, 'global: {}\0'), /not a text in UTF-8/);
  await check((file) => writeFileSync(file, 'global: {}', 'utf16le'), /not a text in UTF-8/);
  await check((file) => writeFileSync(file, Buffer.from([0x61, 0xff])), /not a text in UTF-8/);
  const tooLong = new RegExp(`got ${CONFIG_BYTES_MAX + 1} bytes, want at most ${CONFIG_BYTES_MAX} `);
  await check((file) => writeFileSync(file, ' '.repeat(CONFIG_BYTES_MAX + 1)), tooLong);
});

test('a byte order mark and Windows line ends are fine', async (t) => {
  const file = path.join(temporaryDirectory(t), 'x.yml');
  writeFileSync(file, '\uFEFFglobal:\r\n  scrape_interval: 7s\r\n');
  assert.equal((await loadConfig(file, { env: {}, shownAs: file })).config.global.scrape_interval, 7000);
});

test('keys without a value count as not written, as in the prometheus.yml that Prometheus ships', async (t) => {
  const file = path.join(temporaryDirectory(t), 'prometheus.yml');
  writeFileSync(
    file,
    'alerting:\n  alertmanagers:\n    - static_configs:\n        - targets:\n          # - alertmanager:9093\nrule_files:\n  # - "first_rules.yml"\n',
  );
  const { config } = await loadConfig(file, { env: {}, shownAs: file });
  assert.deepEqual(config.alerting.alertmanagers[0]?.static_configs, [{ targets: [], labels: {} }]);
  assert.deepEqual(config.rule_files, []);
});

test('an error stays readable whatever the file holds', async (t) => {
  const file = path.join(temporaryDirectory(t), 'x.yml');
  const check = async (text: string, want: RegExp): Promise<void> => {
    writeFileSync(file, text);
    const message = await refusalOf(file);
    assert.match(message, want);
    assert.ok(message.length < 8000, `${message.length} characters for ${text.slice(0, 20)}`);
    assert.ok(!message.includes('\u001b'));
  };
  await check('x'.repeat(2e6), /must be an object; got string\n[^]* 1 \| x{140}…\n/);
  await check(`{ ${' '.repeat(1000)}globel: 1 }`, / 1 \| … +globel: 1 \}\n   \| {42}\^{6}\n/);
  await check('a\u001b[2J: 1\n', /unknown key "a\uFFFD\[2J"/);
  await check(`a: ${'['.repeat(20_000)}`, /nested too deeply/);
  await check('a: {b}c}d}\ne: ]\n', /^error: not valid YAML: [^\n]+\n  --> \S+:1:7\n(?: .*\n?){2}$/);
  await check('a: 1\n---\nb: 1\n', /several documents; leave one and remove the "---" line/);
  const unknown = Array.from({ length: 51 }, (_, i) => `key${i}: 1\n`).join('');
  await check(unknown, /unknown key "key49"[^]*\n… and 1 more$/);
});

test('an empty variable counts as not set', async (t) => {
  const workingDirectory = temporaryDirectory(t);
  const env = { VEDETTE_CONFIG: '', VEDETTE_LISTEN: '', VEDETTE_DATA: '' };
  const settings = await loadStartSettings({}, { env, workingDirectory });
  assert.equal(settings.configFile, undefined);
  assert.equal(settings.dataDirectory, path.join(workingDirectory, 'data'));
  assert.equal(settings.config.server.listen, '127.0.0.1:8080');
});

test('a selector of a retention rule that is none is a fault at its place', async (t) => {
  const file = path.join(temporaryDirectory(t), 'vedette.yml');
  const text = (match: string): string =>
    `storage:\n  metrics:\n    retention_rules:\n      - match: '${match}'\n        retention: 3d\n`;
  writeFileSync(file, text('{job="debug"'));
  await assert.rejects(loadConfig(file, { env: {}, shownAs: 'my.yml' }), /my\.yml:4:16/);
  writeFileSync(file, text('{job="debug"}'));
  await loadConfig(file, { env: {}, shownAs: 'my.yml' });
});

test('a file of alerting that says nothing of routes is refused for that, not for defaults it does not have', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'vedette.yml');
  writeFileSync(file, 'alertmanager: am.yml\n');
  for (const text of ['', '# nothing\n', 'global: {}\n']) {
    writeFileSync(path.join(directory, 'am.yml'), text);
    const message = await refusalOf(file);
    assert.match(message, /^error: no route provided in config\n/, text);
    assert.doesNotMatch(message, /is not a key of Alertmanager/);
  }
});

test('a tier of reports must lead to people, and a name that is nearly one is guessed', async (t) => {
  const file = path.join(temporaryDirectory(t), 'vedette.yml');
  const check = async (agent: string, want: RegExp): Promise<void> => {
    const receivers =
      '[ { name: oncall, log_configs: [ {} ] }, { name: guard, guard_configs: [ {} ] }, { name: silent } ]';
    writeFileSync(
      file,
      `alertmanager: { route: { receiver: oncall }, receivers: ${receivers} }\nagent: ${agent}\n`,
    );
    assert.match((await refusalOf(file)) || 'accepted', want);
  };
  await check(
    '{ notify: [ { receiver: oncall, repeat: 1h, priorities: [P1, P4], wait: 5m } ] }',
    /^accepted$/,
  );
  await check(
    '{ notify: [ { receiver: oncal } ] }',
    /names no receiver of the alertmanager configuration; got "oncal"; did you mean "oncall"\?\n  --> my\.yml:2:32 \(agent\.notify\[0\]\.receiver\)/,
  );
  await check(
    '{ automatic: false, notify: [ { receiver: oncall } ] }',
    /agent\.automatic is false: nothing would ever be sent.*\n  --> my\.yml:2:\d+ \(agent\.notify\)/,
  );
  await check('{ notify: [ { receiver: x } ] }', /known receivers: oncall, guard, silent/);
  await check('{ notify: [ { receiver: guard } ] }', /without a channel that shows messages; got "guard"/);
  await check('{ notify: [ { receiver: silent } ] }', /without a channel that shows messages; got "silent"/);
  await check('{ notify: [ { receiver: oncall, priorities: [] } ] }', /must name at least one of P1/);
  await check(
    '{ notify: [ { receiver: oncall, priorities: [P5] } ] }',
    /must be one of "P1", "P2", "P3", "P4"/,
  );
  await check('{ notify: [ { receiver: oncall, repeat: 5s } ] }', /must be between 1m and 7d/);
  await check('{ notify: [ { receiver: oncall, wait: 2d } ] }', /must be at most 1d/);
  await check('{ notify: [ { reciever: oncall } ] }', /did you mean "receiver"\?/);
  await check('{ notify: [ {} ] }', /missing key "receiver"/);
  await check('{ notify_max_per_hour: 0 }', /notify_max_per_hour/);
});
