import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { DiskFiles } from '../lib/disk-files.ts';
import { DashboardFiles } from './dashboard-files.ts';

const json = (uid: string, title = uid): string => JSON.stringify({ uid, title, panels: [] });

/** Folders with dashboards, for one test. */
async function withFolders(
  files: Readonly<Record<string, string>>,
  run: (scene: {
    readonly of: (...patterns: string[]) => DashboardFiles;
    readonly directory: string;
  }) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-dashboard-files-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), text);
    }
    const of = (...patterns: string[]): DashboardFiles =>
      new DashboardFiles(
        { files: new DiskFiles() },
        { shippedDirectory: `${directory}/shipped`, patterns, directory },
      );
    await run({ of, directory });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const uidsOf = async (files: DashboardFiles): Promise<string[]> => [...(await files.list()).keys()];

test('shipped dashboards come first, then those of the folders and patterns in their order', async () => {
  const files = {
    'shipped/a.json': json('a'),
    'own/b.json': json('b'),
    'own/c.txt': json('c'),
    'team/x-1.json': json('x1'),
    'team/y.json': json('y'),
    'team/x.2.json': json('x2'),
  };
  await withFolders(files, async ({ of }) => {
    assert.deepEqual(await uidsOf(of()), ['a']);
    assert.deepEqual(await uidsOf(of('team/x-*.json', 'own')), ['a', 'x1', 'b']);
    assert.deepEqual(await uidsOf(of('team/y.json')), ['a', 'y']);
    assert.deepEqual(await uidsOf(of('team/x.*')), ['a', 'x2']);
  });
});

test('a faulty file is left out with its reason; the others are shown', async () => {
  const files = {
    'shipped/a.json': json('a'),
    'own/1.json': '{"uid":"b","title":"x","pan',
    'own/2.json': '[]',
    'own/3.json': '{"uid":"b","title":"x"}',
    'own/4.json': '{"title":"x","panels":[]}',
    'own/5.json': json('a'),
    'own/6.json': json('fine'),
    'own/7.json': `${json('big')}${' '.repeat(4 * 1024 * 1024)}`,
  };
  await withFolders(files, async ({ of, directory }) => {
    const own = of('own', 'nowhere');
    assert.deepEqual(await uidsOf(own), ['a', 'fine']);
    const problems = own.problems().map((text) => text.replaceAll(`${directory}/`, ''));
    assert.equal(problems.length, 7);
    assert.equal(problems[0], 'ui.dashboards: no file matches "nowhere"');
    assert.match(problems[1] ?? '', /^dashboard "own\/1.json" is left out: cannot use .* no JSON/);
    assert.match(problems[2] ?? '', /want an object/);
    assert.match(problems[3] ?? '', /no list of panels/);
    assert.match(problems[4] ?? '', /no uid/);
    assert.equal(problems[5], 'dashboard "own/5.json" is left out: "shipped/a.json" has its uid, "a"');
    assert.match(problems[6] ?? '', /it has 4194\d+ bytes, limit is 4194304/);
  });
});

test('ten problems are told, and how many more there are', async () => {
  const names = Array.from({ length: 12 }, (_, i) => [`own/${i}.json`, 'x'] as const);
  await withFolders(Object.fromEntries(names), async ({ of }) => {
    const own = of('own');
    await own.list();
    assert.equal(own.problems().length, 11);
    assert.equal(own.problems().at(-1), '2 more dashboards are left out');
  });
});

test('a reload reads the files again, and the problems of before are gone', async () => {
  await withFolders({ 'own/a.json': 'x', 'other/b.json': json('b') }, async ({ of, directory }) => {
    const own = of('own');
    await own.apply({ patterns: ['own'], directory });
    assert.equal(own.problems().length, 1);
    writeFileSync(path.join(directory, 'own/a.json'), json('a', 'First'));
    await own.apply({ patterns: ['own', 'other'], directory });
    assert.deepEqual(own.problems(), []);
    assert.deepEqual(await uidsOf(own), ['a', 'b']);
    await own.apply({ patterns: [], directory });
    assert.deepEqual(await uidsOf(own), []);
  });
});

test('nothing is read before somebody asks, and the JSON each time it is opened', async () => {
  await withFolders({ 'shipped/a.json': json('a') }, async ({ of, directory }) => {
    const files = of();
    await files.apply({ patterns: [], directory });
    writeFileSync(path.join(directory, 'shipped/b.json'), json('b'));
    assert.deepEqual(await uidsOf(files), ['a', 'b']);
    assert.deepEqual(await files.read('b'), { uid: 'b', title: 'b', panels: [] });
    writeFileSync(path.join(directory, 'shipped/b.json'), '{');
    await assert.rejects(files.read('b'), /no JSON/);
    assert.equal(await files.read('__proto__'), undefined);
  });
});

test('wrappers of the API and V1 resources are taken off', async () => {
  const files = {
    'shipped/a.json': `{"dashboard":${json('a')},"meta":{}}`,
    'shipped/b.json': `{"kind":"Dashboard","spec":${json('b')}}`,
  };
  await withFolders(files, async ({ of }) => {
    const shipped = of();
    assert.deepEqual(await uidsOf(shipped), ['a', 'b']);
    assert.deepEqual(await shipped.read('b'), { uid: 'b', title: 'b', panels: [] });
  });
});

test('panels in rows are counted, rows are not', async () => {
  const row = { type: 'row', panels: [{ type: 'stat' }, { type: 'stat' }] };
  const dashboard = { uid: 'a', title: 'A', panels: [{ type: 'stat' }, row, null] };
  const legacy = { uid: 'b', title: 'B', rows: [{ panels: [{ type: 'graph' }] }] };
  const files = { 'shipped/a.json': JSON.stringify(dashboard), 'shipped/b.json': JSON.stringify(legacy) };
  await withFolders(files, async ({ of }) => {
    const list = await of().list();
    assert.equal(list.get('a')?.panelCount, 3);
    assert.equal(list.get('b')?.panelCount, 1);
  });
});

test('a place that cannot be listed is a problem, and the others are shown', async () => {
  await withFolders({ 'shipped/a.json': json('a'), 'own/b.json': json('b') }, async ({ of }) => {
    const files = of('own/b.json/*.json', 'own');
    assert.deepEqual(await uidsOf(files), ['a', 'b']);
    assert.match(
      files.problems().join('\n'),
      /^ui\.dashboards: "own\/b\.json\/\*\.json" cannot be read: ENOTDIR/,
    );
  });
});
