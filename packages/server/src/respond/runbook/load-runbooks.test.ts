import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { DiskFiles } from '../../lib/disk-files.ts';
import type { LoadedRunbooks } from './library.ts';
import { loadRunbooks } from './load-runbooks.ts';

const files = new DiskFiles();

/** A folder with these files, for one test. */
function folderWith(t: TestContext, contents: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-runbooks-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), content);
  }
  return directory;
}

async function loadedFrom(directory: string, ...patterns: readonly string[]): Promise<LoadedRunbooks> {
  return await loadRunbooks({ files }, { shippedDirectory: `${directory}/shipped`, patterns, directory });
}

const idsOf = ({ runbooks }: LoadedRunbooks): readonly string[] =>
  runbooks.map(({ runbook }) => `${runbook.origin} ${runbook.id}`);

test('own runbooks stand in the place of shipped ones with their id', async (t) => {
  const directory = folderWith(t, {
    'shipped/A.md': '# A',
    'shipped/B.md': '# B',
    'own/b.md': '# own',
    'own/C.md': '# C',
  });
  const loaded = await loadedFrom(directory, 'own');
  assert.deepEqual(idsOf(loaded), ['shipped A', 'own C', 'own b']);
  assert.deepEqual(loaded.problems, []);
  assert.deepEqual(idsOf(await loadedFrom(directory)), ['shipped A', 'shipped B']);
});

test('folders are read with what lies below them, without pages about folders and without links', async (t) => {
  const directory = folderWith(t, {
    'own/node/NodeDown.md': '',
    'own/node/_index.md': '',
    'own/README.md': '',
    'own/notes.txt': '',
    'own/.git/x.md': '',
    'own/node_modules/p/y.md': '',
    'own/1/2/3/4/Deep.md': '',
    'own/1/2/3/4/5/TooDeep.md': '',
  });
  symlinkSync(directory, path.join(directory, 'own/circle'));
  symlinkSync(path.join(directory, 'own'), path.join(directory, 'linked'));
  assert.deepEqual(idsOf(await loadedFrom(directory, 'own')), ['own Deep', 'own NodeDown']);
  assert.deepEqual(idsOf(await loadedFrom(directory, path.join(directory, 'linked'))), [
    'own Deep',
    'own NodeDown',
  ]);
});

test('a link to a file is followed within its folder, and not out of it', async (t) => {
  const directory = folderWith(t, { 'own/.data/In.md': '', 'secret.key': 'k', 'team/T.md': '' });
  const link = (target: string, name: string): void =>
    symlinkSync(path.join(directory, target), path.join(directory, name));
  link('own/.data/In.md', 'own/In.md');
  link('secret.key', 'own/Out.md');
  link('own/Itself.md', 'own/Itself.md');
  link('team/T.md', 'Named.md');
  symlinkSync('nowhere', path.join(directory, 'own/Nowhere.md'));
  const reason = 'is left out: it is a link that leads out of its folder';
  const loaded = await loadedFrom(directory, 'own');
  assert.deepEqual(idsOf(loaded), ['own In']);
  assert.deepEqual(
    loaded.problems.map((problem) => problem.split(';')[0]),
    [`runbook "${path.join(directory, 'own/Out.md')}" ${reason}`],
  );
  assert.deepEqual(idsOf(await loadedFrom(directory, 'Named.md')), ['own Named']);
  assert.deepEqual(idsOf(await loadedFrom(directory, 'own/*.md')), ['own In']);
  // The folder may be reached by a link all the same.
  link('own', 'linked');
  assert.deepEqual(idsOf(await loadedFrom(directory, 'linked')), ['own In']);
});

test('a star stands for any characters in the last part, a name for one file', async (t) => {
  const directory = folderWith(t, { 'team-a/A.md': '', 'team-b/B.md': '', 'other/C.md': '', 'team.md': '' });
  assert.deepEqual(idsOf(await loadedFrom(directory, 'team-*')), ['own A', 'own B']);
  assert.deepEqual(idsOf(await loadedFrom(directory, 'other/C.md')), ['own C']);
  assert.deepEqual(idsOf(await loadedFrom(directory, 't*.md')), ['own team']);
});

test('what cannot be used is left out and told', async (t) => {
  const directory = folderWith(t, {
    'own/Bad.md': '---\nsevrity: x\nowner: 1\n---\n',
    'own/Binary.md': Uint8Array.of(0xff, 0xfe, 0x00),
    'own/Good.md': '# Good',
    'own/Large.md': 'x'.repeat(262_145),
    'own/Twin.md': '---\nid: good\n---\n',
  });
  const loaded = await loadedFrom(directory, 'own', 'nowhere', 'none/*.md');
  const at = (name: string): string => path.join(directory, 'own', name);
  assert.deepEqual(idsOf(loaded), ['own Good']);
  assert.deepEqual(loaded.problems, [
    `runbook "${at('Bad.md')}" is left out: 2:1: unknown key "sevrity"; did you mean "severity"?, and 1 more fault`,
    `runbook "${at('Binary.md')}" is left out: it is not text in UTF-8`,
    `runbook "${at('Large.md')}" is left out: it is too large; got 262145 bytes, want at most 262144; move details to pages of their own`,
    `runbook "${at('Twin.md')}" is left out: "${at('Good.md')}" has its id, "Good"`,
    'agent.runbooks: no file matches "nowhere"',
    'agent.runbooks: no file matches "none/*.md"',
  ]);
});

test('of many problems ten are shown', async (t) => {
  const names = Array.from({ length: 15 }, (_, index) => [`own/a${index}.md`, '---\n'] as const);
  const { problems } = await loadedFrom(folderWith(t, Object.fromEntries(names)), 'own');
  assert.equal(problems.length, 11);
  assert.equal(problems.at(-1), '5 more runbooks are left out');
});

test('beyond the limit of characters the rest is left out, and the shipped ones are there', async (t) => {
  const large = Array.from({ length: 33 }, (_, at) => [`own/A${at + 10}.md`, 'x'.repeat(262_144)] as const);
  const loaded = await loadedFrom(
    folderWith(t, { ...Object.fromEntries(large), 'shipped/Z.md': '# Z' }),
    'own',
  );
  assert.equal(loaded.runbooks.length, 33);
  assert.equal(idsOf(loaded).at(-1), 'shipped Z');
  assert.deepEqual(loaded.problems, [
    'agent.runbooks: more than 2000 files or 8388608 characters; the rest is left out',
  ]);
});

test('beyond the limit of files, too', async (t) => {
  const many = Array.from({ length: 2002 }, (_, at) => [`own/A${at}.md`, ''] as const);
  const loaded = await loadedFrom(folderWith(t, Object.fromEntries(many)), 'own');
  assert.equal(loaded.runbooks.length, 2000);
  assert.equal(loaded.problems.length, 1);
});
