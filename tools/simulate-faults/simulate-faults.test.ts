import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { test } from 'node:test';

const COMMAND = path.join(import.meta.dirname, '../simulate-faults.ts');

/** In a process of its own: it takes the threads from the compressor. */
function run(...args: string[]): {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', COMMAND, ...args],
    { encoding: 'utf8' },
  );
  return { code: status, stdout, stderr };
}

test('on disks that tear, forget, lie, slow down, fill up and refuse every promise holds; a seed repeats', () => {
  const first = run('--seeds', '1..3', '--hours', '0.2');
  assert.equal(first.code, 0, first.stderr);
  assert.match(
    first.stdout,
    /^seeds 1 to 3, 0\.2 h each: \d+ events, \d{4,} acknowledged samples .* hash [0-9a-f]{16}$/m,
  );
  for (const what of ['ended by process', 'power loss', 'delay', 'error', 'flipped bit', 'queries answered'])
    assert.match(first.stdout, new RegExp(`^ +[1-9]\\d* ${what}$`, 'm'));
  assert.deepEqual(run('--seeds', '1..3', '--hours', '0.2'), first);
});

test('a store that skips the syncs of its log is found out', () => {
  const { code, stdout, stderr } = run('--seeds', '1..1', '--hours', '0.5', '--canary', 'skip-sync');
  assert.equal(code, 1);
  assert.match(stdout, /^failed: seeds /m);
  assert.match(stderr, /acknowledged batch \d+ is lost; acknowledged at \d+, safe until \d+/);
});

test('arguments that mean nothing are refused with the right ones', () => {
  for (const args of [
    ['--seeds', '7'],
    ['--hours', '0'],
    ['--canary', 'x'],
  ]) {
    const { code, stderr } = run(...args);
    assert.equal(code, 2);
    assert.match(stderr, /^usage: npm run simulate-faults -- /);
  }
});
