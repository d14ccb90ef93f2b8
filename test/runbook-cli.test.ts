/** A runbook from its first line to an alert that it fits, as somebody at a shell does it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { projectRoot } from './support/peers.ts';
import { runVedette, temporaryDirectory } from './support/vedette-process.ts';

test('a runbook is written from a rule, filled in, checked and found', async (t) => {
  const directory = temporaryDirectory(t);
  const rules = path.join(projectRoot, 'rules/http.yml');
  const file = path.join(directory, 'EndpointDown.md');
  const made = await runVedette(t, ['runbook', 'new', 'EndpointDown', '--dir', directory, '--rules', rules]);
  assert.equal(made.code, 0, made.stderr);

  const unwritten = await runVedette(t, ['check', 'runbooks', directory]);
  assert.equal(unwritten.code, 0, unwritten.stderr);
  assert.match(unwritten.stdout, /is still to be written/);

  const filled = readFileSync(file, 'utf8').replaceAll('TO BE WRITTEN:', 'Now:');
  writeFileSync(file, filled.replace('severity: critical', 'sevrity: critical'));
  const faulty = await runVedette(t, ['check', 'runbooks', file]);
  assert.equal(faulty.code, 1);
  assert.equal(faulty.stderr, `${file}:6:1: unknown key "sevrity"; did you mean "severity"?\n`);

  writeFileSync(file, filled);
  const fine = await runVedette(t, ['check', 'runbooks', file]);
  assert.equal(fine.stdout, `${file}: 1 runbook, nothing to say\n`);

  const args = [
    'runbook',
    'match',
    '--dir',
    directory,
    '--labels',
    'alertname=EndpointDown,instance=a',
    '--json',
  ];
  const matched = await runVedette(t, args);
  assert.equal(matched.code, 0, matched.stderr);
  const { matches } = JSON.parse(matched.stdout) as {
    readonly matches: readonly { readonly file: string }[];
  };
  assert.deepEqual(
    matches.map((one) => one.file),
    [file],
  );
});
