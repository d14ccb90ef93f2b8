/** The commands that start nothing, as a user and as a script meet them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { projectRoot } from './support/peers.ts';
import { runVedette, startVedette, temporaryDirectory } from './support/vedette-process.ts';

test('check config tells everything at once, and how many rules a good file brings', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(
    path.join(directory, 'rules.yml'),
    'groups: [ { name: a, rules: [ { record: x, expr: up } ] } ]\n',
  );
  writeFileSync(
    path.join(directory, 'good.yml'),
    'rule_files: [ rules.yml ]\nscrape_configs: [ { job_name: a } ]\n',
  );
  writeFileSync(path.join(directory, 'bad.yml'), 'scrape_configs: [ { job_nam: a } ]\nrule_files: 7\n');
  const good = await runVedette(t, ['check', 'config', path.join(directory, 'good.yml')]);
  assert.deepEqual([good.code, good.stderr], [0, '']);
  assert.match(good.stdout, /good\.yml: valid configuration, 1 scrape jobs, 1 rules in 1 groups\n$/);
  const bad = await runVedette(t, ['check', 'config', path.join(directory, 'bad.yml')]);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /bad\.yml:1:21 [\s\S]*did you mean "job_name"[\s\S]*bad\.yml:2:13/);
});

test('check rules names file, line and column of every fault, in every file', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'a.yml');
  writeFileSync(
    file,
    'groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: "up =="\n        annotations: { summary: "{{ .Nope" }\n      - record: "1x"\n        expr: up\n        for: 5m\n',
  );
  const { code, stderr } = await runVedette(t, [
    'check',
    'rules',
    file,
    path.join(projectRoot, 'rules/host.yml'),
  ]);
  assert.equal(code, 1);
  for (const place of [':5:', ':6:', ':9:'])
    assert.ok(stderr.includes(`${file}${place}`), `${place} in ${stderr}`);
  const json = await runVedette(t, ['check', 'rules', '--json', path.join(projectRoot, 'rules/host.yml')]);
  assert.equal(json.code, 0);
  assert.equal((JSON.parse(json.stdout) as { isFine: boolean }).isFine, true);
});

test('doctor finds a sound installation sound', async (t) => {
  const { code, stdout } = await runVedette(t, [
    'doctor',
    '--json',
    '--listen',
    '127.0.0.1:0',
    '--data',
    temporaryDirectory(t),
  ]);
  const findings = JSON.parse(stdout) as { check: string; level: string; message: string }[];
  assert.equal(code, 0);
  assert.deepEqual(
    findings.map(({ check }) => check),
    ['runtime', 'memory', 'configuration', 'address', 'disk', 'writing'],
  );
  assert.ok(
    findings.every(({ level }) => level !== 'fail'),
    stdout,
  );
});

test('doctor names a taken port, a broken configuration and a data directory that cannot be', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'] });
  const taken = await runVedette(t, [
    'doctor',
    '--listen',
    new URL(vedette.url).host,
    '--data',
    temporaryDirectory(t),
  ]);
  assert.match(
    taken.stdout,
    /warn {2}address +cannot listen on .*EADDRINUSE\n +→ fine if that is Vedette itself/,
  );
  const file = path.join(temporaryDirectory(t), 'x.yml');
  writeFileSync(file, 'sever: {}\n');
  const broken = await runVedette(t, ['doctor', '--config', file]);
  assert.equal(broken.code, 1);
  assert.match(
    broken.stdout,
    /FAIL {2}configuration +error: unknown key "sever"[\s\S]*did you mean "server"/,
  );
  const blocked = await runVedette(t, [
    'doctor',
    '--listen',
    '127.0.0.1:0',
    '--data',
    path.join(file, 'data'),
  ]);
  assert.equal(blocked.code, 1);
  assert.match(blocked.stdout, /FAIL {2}writing +cannot write in/);
});

test('query asks a running server', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'] });
  const { code, stdout } = await runVedette(t, ['query', '--url', vedette.url, 'vector(1) + 1']);
  assert.deepEqual([code, stdout], [0, '{}  2\n']);
});
