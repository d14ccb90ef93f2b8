import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles, SeededRandom, type FileEntry } from '@vedette/model';
import { sourceHash } from './source-hash.ts';

class CountedFiles extends MemoryFiles {
  readonly listed = new Map<string, number>();

  override list(path: string): Promise<readonly FileEntry[]> {
    this.listed.set(path, (this.listed.get(path) ?? 0) + 1);
    return super.list(path);
  }
}

async function projectOf(texts: Readonly<Record<string, string>>): Promise<CountedFiles> {
  const files = new CountedFiles(new SeededRandom(1));
  for (const [name, text] of Object.entries(texts)) {
    const file = `/project/${name}`;
    await files.makeDirectory(file.slice(0, file.lastIndexOf('/')));
    await files.writeAtomic(file, new TextEncoder().encode(text));
  }
  return files;
}

const SOURCES = { 'packages/web/src/a/b/one.ts': '1', 'packages/web/src/two.ts': '2' };

const hashOf = async (texts: Readonly<Record<string, string>>): Promise<string | undefined> =>
  await sourceHash(await projectOf(texts), '/project');

test('the hash follows names and contents at any depth, and no tests', async () => {
  const hash = await hashOf(SOURCES);
  assert.equal(await hashOf({ ...SOURCES, 'packages/web/src/a/one.test.ts': '3' }), hash);
  const others = [
    { ...SOURCES, 'packages/web/src/a/b/one.ts': '2' },
    { ...SOURCES, 'packages/model/src/three.ts': '' },
    { ...SOURCES, 'packages/web/build/plugin.ts': '' },
    { 'packages/web/src/a/c/one.ts': '1', 'packages/web/src/two.ts': '2' },
  ];
  for (const other of others) assert.notEqual(await hashOf(other), hash);
  assert.equal(await hashOf({ 'packages/model/src/three.ts': '3' }), undefined);
});

test('a directory of sources is listed once, however many files it has', async () => {
  const many = Array.from({ length: 50 }, (_, i) => [`packages/web/src/part/${i}.ts`, ''] as const);
  const files = await projectOf(Object.fromEntries(many));
  await sourceHash(files, '/project');
  assert.equal(files.listed.get('/project/packages/web/src/part'), 1);
  assert.equal(files.listed.get('/project/packages/web/src'), 1);
});
