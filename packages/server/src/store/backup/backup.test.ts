import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ExpectedError, SeededRandom, VirtualClock, type FileAppender } from '@vedette/model';
import { DiskFiles } from '../../lib/disk-files.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { lockDataDirectory } from '../data-directory.ts';
import { openForKill } from '../metrics/embedded-kill-harness.ts';
import { batchOf } from '../metrics/port.contract.ts';
import { openStateStore } from '../state/embedded.ts';
import { BACKUP_IDLE_MS_MAX, StagedBackups } from './hot-backups.ts';
import type { Manifest } from './manifest.ts';
import type { HotBackups, StagedBackup } from './port.ts';
import { restoreBackup } from './restore-backup.ts';
import { assertNoRestore } from './restore-staging.ts';
import { createStoppedMetrics } from './stopped-metrics.ts';
import { verifyBackup } from './verify-backup.ts';
import { writeBackup } from './write-backup.ts';

const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
const { signal } = new AbortController();
const T = 1_700_000_000_000;

/** A data directory with a block, a log and some documents, and a place for backups. */
async function createScene(t: TestContext) {
  const root = mkdtempSync(path.join(tmpdir(), 'vedette-backup-'));
  t.after(() => rmSync(root, { recursive: true }));
  const data = path.join(root, 'data');
  const lock = lockDataDirectory(data);
  const clock = new VirtualClock({ startMs: T });
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: path.join(data, 'state.db') });
  const value = { by: 'me' };
  await state.documents.write([{ kind: 'put', collection: 'silences', key: 's1', value }]);
  const store = await openForKill(path.join(data, 'metrics'));
  await store.writer.append(batchOf([{ __name__: 'x', i: '1' }, [T, 1], [T + 10, 2]]));
  await store.admin.snapshot({ hasHead: true });
  await store.writer.append(batchOf([{ __name__: 'x', i: '2' }, [T + 20, 3]]));
  const files = new DiskFiles();
  const deps = { files, clock, random: new SeededRandom(1), log: SILENT_LOG };
  const close = async (): Promise<void> => {
    await store.close();
    await state.close();
    lock.release();
  };
  t.after(close);
  const hot = new StagedBackups({ ...deps, admin: store.admin }, data);
  const write = (target: string, backups: HotBackups = hot, on: DiskFiles = files): Promise<Manifest> =>
    writeBackup(
      { files: on, clock, slicer, onProgress: () => undefined },
      backups,
      {
        target: path.join(root, target),
        source: 'here',
        vedetteVersion: '9',
        extra: [{ path: 'config/v.yml', bytes: Buffer.from('ui: {}\n') }],
      },
      signal,
    );
  const restore = (from: string, to: string): Promise<Manifest> =>
    restoreBackup(
      { files, slicer },
      { from: path.join(root, from), dataDirectory: path.join(root, to) },
      signal,
    );
  return { root, data, clock, files, deps, store, state, hot, write, restore, close };
}

async function refusal(task: Promise<unknown>): Promise<string> {
  const error = await task.then(
    () => assert.fail('it was accepted'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ExpectedError, String(error));
  return `${error.code}: ${error.message}`;
}

test('a backup of a running store has samples, state and configuration, and a restore gives them back', async (t) => {
  const scene = await createScene(t);
  const manifest = await scene.write('b');
  assert.equal(manifest.content.samples, 3);
  assert.equal(manifest.content.logSamples, 0);
  assert.deepEqual([manifest.content.fromMs, manifest.content.untilMs], [T, T + 20]);
  assert.deepEqual(manifest.content.state, { silences: 1 });
  assert.ok(manifest.files.some((file) => file.path === 'config/v.yml'));
  assert.equal(existsSync(path.join(scene.data, 'backup.tmp')), false);
  await scene.store.writer.append(batchOf([{ __name__: 'later' }, [T + 30, 1]]));
  assert.deepEqual(await scene.restore('b', 'r'), manifest);

  const restored = await openForKill(path.join(scene.root, 'r', 'metrics'));
  const found: [string, number[]][] = [];
  for await (const batch of restored.reader.select([], { fromMs: 0, untilMs: 1e15 }, signal))
    for (const { labels, values } of batch) found.push([labels.join(), [...values]]);
  await restored.close();
  assert.deepEqual(found, [
    ['__name__,x,i,1', [1, 2]],
    ['__name__,x,i,2', [3]],
  ]);
  const file = path.join(scene.root, 'r', 'state.db');
  const state = openStateStore({ clock: scene.clock, log: SILENT_LOG }, { path: file });
  assert.deepEqual(
    (await state.documents.list('silences')).map(({ value }) => value),
    [{ by: 'me' }],
  );
  await state.close();
});

test('a backup of a stopped directory has its log, and leaves the directory as it was', async (t) => {
  const scene = await createScene(t);
  await scene.close();
  appendFileSync(path.join(scene.data, 'metrics/wal/00000002.wal'), Buffer.from([1, 2, 3]));
  writeFileSync(path.join(scene.data, 'metrics/blocks/x.block.damaged'), 'x');
  writeFileSync(path.join(scene.data, 'metrics/wal/.nfs0001'), 'of others');
  writeFileSync(path.join(scene.data, 'metrics/a note.txt'), 'of others');
  const before = readdirSync(scene.data, { recursive: true }).map(String).toSorted();
  const metrics = createStoppedMetrics(scene.files, path.join(scene.data, 'metrics'));
  const stopped = new StagedBackups({ ...scene.deps, admin: metrics }, scene.data);
  const { content, files } = await scene.write('b', stopped);
  assert.deepEqual([content.samples, content.logSamples], [3, 1], 'the torn tail costs nothing before it');
  assert.ok(files.every((file) => !file.path.includes('damaged') && !file.path.includes('snapshots')));
  const after = readdirSync(scene.data, { recursive: true }).map(String).toSorted();
  const isOurs = (name: string): boolean => !name.startsWith('state.db-');
  assert.deepEqual(after.filter(isOurs), before.filter(isOurs));
  await scene.restore('b', 'r');
});

test('a server that names files outside of a backup gets nothing written there', async (t) => {
  const { hot, root, write } = await createScene(t);
  const outside = [
    '../out',
    'metrics/../../out',
    '/out',
    'metrics/..',
    'manifest.json',
    'config/v.yml',
    'other/x',
  ];
  for (const name of outside) {
    const foreign: HotBackups = {
      begin: async () => ({ ...(await hot.begin()), files: [{ path: name, sizeBytes: 1 }] }),
      open: () =>
        Promise.resolve(
          (async function* () {
            yield await Promise.resolve(Buffer.from('x'));
          })(),
        ),
      end: (backup) => hot.end(backup),
    };
    const words = await refusal(write('b', foreign));
    assert.ok(
      words.startsWith(`VED_BACKUP_INVALID: cannot use backup "here": it names the file "${name}"`),
      words,
    );
    assert.deepEqual(readdirSync(root), ['data']);
  }
  await hot.end((await hot.begin()).name);
});

test('a second backup to the same place leaves the first one alone, whenever it comes', async (t) => {
  const { hot, files, root, write } = await createScene(t);
  const refusals: string[] = [];
  class Rival extends DiskFiles {
    override async openReader(file: string) {
      if (file.startsWith(path.join(root, 'b.tmp'))) refusals.push(await refusal(write('b', hot, files)));
      return await super.openReader(file);
    }
  }
  await write('b', hot, new Rival());
  assert.ok(refusals.length >= 2, 'while blocks and log are read back');
  for (const words of refusals) assert.match(words, /^VED_BACKUP_BUSY/);
  const late: HotBackups = {
    begin: async () => {
      await write('c');
      return await hot.begin();
    },
    open: (name, file) => hot.open(name, file),
    end: (name) => hot.end(name),
  };
  assert.match(await refusal(write('c', late)), /^VED_BACKUP_TARGET: .*a backup is there/);
  await verifyBackup({ files, slicer }, path.join(root, 'b'), signal);
  await verifyBackup({ files, slicer }, path.join(root, 'c'), signal);
  assert.deepEqual(readdirSync(root).toSorted(), ['b', 'c', 'data']);
});

test('a second backup is refused by the name of the first, until that ends or nobody asks for it', async (t) => {
  const { hot, clock, data } = await createScene(t);
  const first = await hot.begin();
  const busy = await refusal(hot.begin());
  assert.ok(busy.startsWith(`VED_BACKUP_BUSY: cannot begin a backup: "${first.name}" is under way`), busy);
  await hot.end('another');
  await refusal(hot.begin());
  await clock.advance(BACKUP_IDLE_MS_MAX - 1);
  for await (const piece of await hot.open(first.name, 'state.db')) assert.ok(piece.length > 0);
  await clock.advance(BACKUP_IDLE_MS_MAX - 1);
  assert.ok(existsSync(path.join(data, 'backup.tmp')), 'asked for lately');
  await clock.advance(1);
  assert.match(await refusal(hot.open(first.name, 'state.db')), /it has ended; begin another one/);
  // The removal goes on behind the timer.
  let second: StagedBackup | undefined;
  for (let turn = 0; second === undefined && turn < 10_000; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    second = await hot.begin().catch(() => undefined);
  }
  assert.ok(second !== undefined);
  assert.match(await refusal(hot.open(second.name, '../state.db')), /it has no such file/);
  await hot.end(second.name);
});

test('what a killed server or client left goes', async (t) => {
  const { root, data, hot, write, files } = await createScene(t);
  await files.makeDirectory(path.join(data, 'backup.tmp/metrics'));
  await hot.start();
  assert.equal(existsSync(path.join(data, 'backup.tmp')), false);
  await files.makeDirectory(path.join(root, 'b.tmp/metrics'));
  writeFileSync(path.join(root, 'b.tmp/metrics/old'), 'x');
  await write('b');
  assert.equal(existsSync(path.join(root, 'b.tmp')), false);
  assert.equal(existsSync(path.join(root, 'b/metrics/old')), false);
});

/** A disk that is full after so many bytes. */
class SmallDisk extends DiskFiles {
  leftBytes: number;

  constructor(leftBytes: number) {
    super();
    this.leftBytes = leftBytes;
  }

  override async openAppender(file: string): Promise<FileAppender> {
    const appender = await super.openAppender(file);
    const append = async (bytes: Uint8Array): Promise<void> => {
      if ((this.leftBytes -= bytes.length) < 0)
        throw Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' });
      await appender.append(bytes);
    };
    return {
      append,
      sync: () => appender.sync(),
      close: () => appender.close(),
      get sizeBytes() {
        return appender.sizeBytes;
      },
    };
  }
}

test('a full disk ends a backup with its words and leaves nothing, wherever it strikes', async (t) => {
  const { root, write, hot } = await createScene(t);
  for (const leftBytes of [0, 100, 5000, 20_000]) {
    const text = await refusal(write('b', hot, new SmallDisk(leftBytes)));
    assert.match(
      text,
      /^VED_STORAGE_FULL: cannot write ".*\/b": the disk is full; what was written was removed/,
    );
    assert.deepEqual(readdirSync(root), ['data']);
  }
  await write('b');
});

test('a target with something in it is refused before anything is set aside', async (t) => {
  const { write, hot, restore, root } = await createScene(t);
  await write('b');
  const begin = t.mock.method(hot, 'begin');
  assert.match(await refusal(write('b')), /^VED_BACKUP_TARGET: .*: a backup is there; name a directory/);
  assert.match(await refusal(write('data')), /^VED_BACKUP_TARGET: .*: something is in it/);
  assert.equal(begin.mock.callCount(), 0);
  assert.match(
    await refusal(restore('b', 'data')),
    /^VED_BACKUP_TARGET: .*"(?:metrics|state\.db[^"]*)" is there/,
  );
  assert.deepEqual(readdirSync(root).toSorted(), ['b', 'data']);
});

test('a restore into a directory that somebody works on is refused, and leaves it alone', async (t) => {
  const { write, restore, root } = await createScene(t);
  await write('b');
  const lock = lockDataDirectory(path.join(root, 'r'));
  assert.match(await refusal(restore('b', 'r')), /^VED_DATA_LOCKED/);
  lock.release();
  await restore('b', 'r');
});

test('an interrupted restore keeps servers away; the same command begins anew', async (t) => {
  const { write, restore, root, files } = await createScene(t);
  await write('b');
  const directory = path.join(root, 'r');
  await files.makeDirectory(path.join(directory, 'restore.tmp'));
  await files.makeDirectory(path.join(directory, 'metrics/blocks'));
  writeFileSync(path.join(directory, 'metrics/blocks/half'), 'x');
  assert.match(
    await refusal(assertNoRestore(files, directory)),
    /^VED_RESTORE_UNFINISHED: .*run vedette restore again/,
  );
  await restore('b', 'r');
  await assertNoRestore(files, directory);
  assert.equal(existsSync(path.join(directory, 'metrics/blocks/half')), false);
});

test('every damage to any file of a backup is found before a restore writes anything', async (t) => {
  const { write, restore, root, files } = await createScene(t);
  const { files: wanted } = await write('good');
  const names = ['manifest.json', 'manifest.sha256', ...wanted.map((file) => file.path)];
  for (const name of names) {
    for (const damage of ['flip', 'cut', 'remove'] as const) {
      const bad = path.join(root, 'bad');
      cpSync(path.join(root, 'good'), bad, { recursive: true });
      const file = path.join(bad, name);
      if (damage === 'flip') {
        const bytes = readFileSync(file);
        const at = Math.floor(bytes.length / 2);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        writeFileSync(file, bytes);
      } else if (damage === 'cut') truncateSync(file, readFileSync(file).length - 1);
      else rmSync(file);
      const text = await refusal(restore('bad', 'r'));
      assert.match(
        text,
        /^VED_(?:BACKUP_INVALID|FORMAT_UNKNOWN): cannot (?:use|read) backup/,
        `${name} ${damage}`,
      );
      if (!name.startsWith('manifest')) assert.ok(text.includes(`"${name}"`), text);
      assert.equal(existsSync(path.join(root, 'r')), false);
      await refusal(verifyBackup({ files, slicer }, bad, signal));
      rmSync(bad, { recursive: true });
    }
  }
});

test('what differs from the manifest although every checksum holds is found, too', async (t) => {
  const { write, restore, root } = await createScene(t);
  await write('b');
  const rewrite = (
    change: (manifest: {
      content: { samples: number };
      formatVersion: number;
      files: { path: string }[];
    }) => void,
  ): void => {
    const manifest = JSON.parse(readFileSync(path.join(root, 'b/manifest.json'), 'utf8')) as Parameters<
      typeof change
    >[0];
    change(manifest);
    const text = JSON.stringify(manifest);
    writeFileSync(path.join(root, 'b/manifest.json'), text);
    const sum = createHash('sha256').update(text).digest('hex');
    writeFileSync(path.join(root, 'b/manifest.sha256'), `${sum}  manifest.json\n`);
  };
  rewrite((manifest) => (manifest.content.samples += 1));
  assert.match(await refusal(restore('b', 'r')), /it holds 3 samples, want 4/);
  assert.deepEqual(
    readdirSync(path.join(root, 'r')).filter((name) => !name.startsWith('lock.db')),
    [],
    'the directory is empty again',
  );
  rewrite((manifest) => (manifest.formatVersion = 2));
  assert.match(
    await refusal(restore('b', 'r')),
    /^VED_FORMAT_UNKNOWN: .*got format version 2, want 1; use the newer/,
  );
  rewrite((manifest) => {
    manifest.formatVersion = 1;
    manifest.content.samples = 3;
    manifest.files[0]!.path = 'metrics/../../escape';
  });
  assert.match(await refusal(restore('b', 'r')), /^VED_BACKUP_INVALID: .*files\.0\.path/);
  writeFileSync(path.join(root, 'b/manifest.json'), '{"format":"tar"}');
  assert.match(
    await refusal(restore('b', 'r')),
    /is not that of a backup; name a directory that vedette backup wrote/,
  );
});

test('a block that is damaged in the original is found when it is backed up', async (t) => {
  const scene = await createScene(t);
  await scene.close();
  const blocks = path.join(scene.data, 'metrics/blocks');
  const block = path.join(
    blocks,
    readdirSync(blocks).find((name) => name.endsWith('.block'))!,
  );
  const bytes = readFileSync(block);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  writeFileSync(block, bytes);
  const metrics = createStoppedMetrics(scene.files, path.join(scene.data, 'metrics'));
  const stopped = new StagedBackups({ ...scene.deps, admin: metrics }, scene.data);
  const text = await refusal(scene.write('b', stopped));
  assert.match(
    text,
    /^VED_BACKUP_INVALID: .*checksum of the bytes at 16 is wrong.*vedette doctor --data DIR tells/,
  );
  assert.deepEqual(readdirSync(scene.root), ['data']);
});
