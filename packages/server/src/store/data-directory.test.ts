import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { lockDataDirectory } from './data-directory.ts';

function temporary(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-lock-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('a directory is made with its parents, locked, and free again after release', (t) => {
  const directory = path.join(temporary(t), 'a/b/data');
  const lock = lockDataDirectory(directory);
  assert.throws(() => lockDataDirectory(directory), {
    code: 'VED_DATA_LOCKED',
    message: /another process works on it; stop that process/,
  });
  assert.throws(() => lockDataDirectory(directory, '--storage.path'), {
    message: /choose another directory with --storage\.path$/,
  });
  lock.release();
  lock.release();
  lockDataDirectory(directory).release();
});

test('a place where no directory can be is refused at once, with its name and the remedy', (t) => {
  const file = path.join(temporary(t), 'file');
  writeFileSync(file, '');
  for (const place of [path.join(file, 'data'), file, '/proc/nope/data']) {
    assert.throws(() => lockDataDirectory(place), {
      code: 'VED_STORAGE_UNUSABLE',
      message: new RegExp(`cannot open data directory "${place}".*--data`),
    });
  }
});
