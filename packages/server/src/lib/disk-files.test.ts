import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { DiskFiles } from './disk-files.ts';

test('a link is a second path of one file, a directory is renamed as a whole', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'vedette-files-'));
  t.after(() => rmSync(root, { recursive: true }));
  const files = new DiskFiles();
  await files.makeDirectory(`${root}/a`);
  await files.writeAtomic(`${root}/x`, Uint8Array.of(1, 2));
  await files.link(`${root}/x`, `${root}/a/y`);
  assert.equal(statSync(`${root}/a/y`).nlink, 2);
  await files.remove(`${root}/x`);
  assert.deepEqual([...(await files.read(`${root}/a/y`))], [1, 2]);
  await files.writeAtomic(`${root}/z`, Uint8Array.of(3));
  await assert.rejects(files.link(`${root}/z`, `${root}/a/y`), { code: 'EEXIST' });
  await files.rename(`${root}/a`, `${root}/b`);
  assert.deepEqual([...(await files.read(`${root}/b/y`))], [1, 2]);
});
