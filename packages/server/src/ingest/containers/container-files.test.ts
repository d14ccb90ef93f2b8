import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContainerFiles } from './container-files.ts';

test('directories, names and links of a real tree; what is gone is absent', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'vedette-containers-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'b/inner'), { recursive: true });
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'file'), '7\n');
  symlinkSync('socket:[1]', join(root, 'link'));
  const files = createContainerFiles();
  assert.deepEqual(files.directories(root), ['a', 'b']);
  assert.deepEqual(files.directories(join(root, 'a')), []);
  assert.deepEqual(files.directories(join(root, 'file')), []);
  assert.deepEqual(files.directories(join(root, 'gone')), []);
  assert.equal(files.read(join(root, 'file')), '7\n');
  assert.equal(files.link(join(root, 'link')), 'socket:[1]');
  assert.equal(files.link(join(root, 'file')), undefined);
  assert.equal(files.link(join(root, 'gone')), undefined);
  assert.deepEqual([...(files.names(root, 10) ?? [])].sort(), ['a', 'b', 'file', 'link']);
  assert.equal(files.names(root, 2)?.length, 2);
  assert.deepEqual(files.names(join(root, 'a'), 2), []);
  assert.equal(files.names(join(root, 'gone'), 2), undefined);
});
