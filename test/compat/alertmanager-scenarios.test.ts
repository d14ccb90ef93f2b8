/** Upstream's acceptance scenarios, and those observed on Alertmanager 0.25, against `vedette alertmanager`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { projectRoot, skipWithout } from '../support/peers.ts';

const FOLDER = path.resolve(
  projectRoot,
  process.env['VEDETTE_SHARED'] ?? '../shared',
  'alertmanager-configs',
);
const RUNNER = path.join(FOLDER, 'run-scenarios.mjs');
const COMMAND = `${path.join(projectRoot, 'packages/server/bin/vedette')} alertmanager`;

/** Each scenario is a process that mostly waits; a start takes half a second of one processor. */
const PARALLEL = '4';

/** A scenario that fails is tried once more: its times are real ones, and the machine has other things to do. */
const RUNS_MAX = 2;

void describe('the scenarios of Alertmanager pass', { skip: skipWithout(RUNNER), concurrency: true }, () => {
  for (const file of ['timing-scenarios.json', 'observed-scenarios.json'])
    void test(file, async () => {
      const named = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as { name: string }[];
      let failed: readonly string[] = named.map(({ name }) => name);
      let lines: readonly string[] = [];
      for (let run = 0; run < RUNS_MAX && failed.length > 0; run++) {
        lines = await runScenarios(file, failed);
        const passed = new Set(lines.filter((line) => line.endsWith(' ok')).map((line) => line.slice(0, -3)));
        failed = failed.filter((name) => !passed.has(name));
      }
      assert.deepEqual(failed, [], lines.join('\n'));
    });
});

/** The runner's lines: a name, and `ok` or what was wrong. */
async function runScenarios(file: string, names: readonly string[]): Promise<readonly string[]> {
  const child = spawn(process.execPath, [RUNNER, path.join(FOLDER, file), ...names], {
    env: { ...process.env, AM_CMD: COMMAND, PARALLEL },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return output.trim().split('\n');
}
