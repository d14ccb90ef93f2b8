/** Upstream's acceptance scenarios, and those observed on Alertmanager 0.25, against `vedette alertmanager`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { projectRoot, skipWithout } from '../support/peers.ts';
import { temporaryDirectory } from '../support/vedette-process.ts';

const FOLDER = path.resolve(
  projectRoot,
  process.env['VEDETTE_SHARED'] ?? '../shared',
  'alertmanager-configs',
);
const RUNNER = path.join(FOLDER, 'run-scenarios.mjs');
const FILES = ['timing-scenarios.json', 'observed-scenarios.json'];
const COMMAND = `${path.join(projectRoot, 'packages/server/bin/vedette')} alertmanager`;

/**
 * How many scenarios run side by side, in the first run and when those that failed are tried again: their times are
 * real ones, the runner waits 5 s for a start, and a busy machine needs that for a single one.
 */
const PARALLEL = [4, 2, 1];

test('the scenarios of Alertmanager pass', { skip: skipWithout(RUNNER) }, async (t) => {
  const scenarios = FILES.flatMap(
    (file) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as { readonly name: string }[],
  );
  const file = path.join(temporaryDirectory(t), 'scenarios.json');
  writeFileSync(file, JSON.stringify(scenarios));
  assert.ok(scenarios.length >= 12);
  let failed: readonly string[] = scenarios.map(({ name }) => name);
  let lines: readonly string[] = [];
  for (const parallel of PARALLEL) {
    lines = await runScenarios(file, failed, parallel);
    const passed = new Set(lines.filter((line) => line.endsWith(' ok')).map((line) => line.slice(0, -3)));
    failed = failed.filter((name) => !passed.has(name));
    if (failed.length === 0) return;
    t.diagnostic(`once more: ${failed.join(', ')}`);
  }
  assert.deepEqual(failed, [], lines.join('\n'));
});

/** The runner's lines: a name, and `ok` or what was wrong. */
async function runScenarios(
  file: string,
  names: readonly string[],
  parallel: number,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [RUNNER, file, ...names], {
    env: { ...process.env, AM_CMD: COMMAND, PARALLEL: String(parallel) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return output.trim().split('\n');
}
