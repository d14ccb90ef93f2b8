import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UnavailableError, VirtualClock } from '@vedette/model';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { openStateStore } from './embedded.ts';
import { DiskSyncs, type FileSyncs } from './file-syncs.ts';
import { WAITING_CALLS_MAX } from './group-commit.ts';
import type { DocumentWrite, StateStore } from './port.ts';
import { openSqliteFile, pragmaNumberOf } from './sqlite-file.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

const clock = new VirtualClock({ startMs: 1_000_000 });

/** Syncs that end when the test says so. */
class GatedSyncs implements FileSyncs {
  readonly begun: string[] = [];
  isOpen = true;
  failsOn: RegExp | undefined;
  /** Called at both ends of each sync. */
  look: (path: string, moment: 'begin' | 'end') => void = () => {};
  readonly #waiting: (() => void)[] = [];

  async sync(path: string): Promise<void> {
    this.begun.push(path);
    this.look(path, 'begin');
    await nextTurn();
    if (!this.isOpen) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    if (this.failsOn?.test(path) === true) throw new Error('EIO: i/o error, fsync');
    this.look(path, 'end');
  }

  release(): void {
    this.isOpen = true;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface Scene {
  readonly store: StateStore;
  readonly syncs: GatedSyncs;
  readonly path: string;
}

async function inScene(
  run: (scene: Scene) => Promise<void>,
  walBytesMax: number = 1024 * 1024,
): Promise<void> {
  await inDirectory(async (directory) => {
    const path = join(directory, 'state.db');
    const syncs = new GatedSyncs();
    const store = openStateStore({ clock, log: SILENT_LOG, syncs }, { path, walBytesMax });
    await run({ store, syncs, path });
    await store.close();
  });
}

test('a write is acknowledged, and watchers hear of it, after the sync of the log and not before', () =>
  inScene(async ({ store, syncs, path }) => {
    const heard: string[] = [];
    store.documents.watch('c', ({ key }) => void heard.push(`watcher ${key}`));
    syncs.isOpen = false;
    const written = store.documents.write([put('a', 1)]).then(() => heard.push('writer'));
    await turns(10);
    assert.deepEqual(heard, []);
    syncs.release();
    await written;
    assert.deepEqual(heard, ['watcher a', 'writer']);
    assert.deepEqual(syncs.begun, [join(path, '..'), `${path}-wal`]);
  }));

test('while a sync hangs, reads go on and writers wait; then they share one transaction', () =>
  inScene(async ({ store, syncs }) => {
    await store.documents.write([put('old', 0), { ...put('other', 0), collection: 'd' }]);
    syncs.isOpen = false;
    const before = syncs.begun.length;
    const first = store.documents.write([put('a', 1)]);
    await turns(3);
    assert.equal((await store.documents.find('c', 'old'))?.value, 0);
    assert.equal((await store.documents.find('c', 'a'))?.value, 1, 'what is committed is seen');
    const others = Array.from({ length: 50 }, (_, i) => store.documents.write([put(`k${i}`, i)]));
    await turns(3);
    assert.equal((await store.documents.list('d')).length, 1, 'no write to it waits');
    const behind = store.documents.find('c', 'k49');
    assert.equal(await settledWithin(10, behind), false, 'it must see a write that waits');
    assert.equal(syncs.begun.length - before, 1);
    syncs.release();
    await Promise.all([first, ...others]);
    assert.equal((await behind)?.value, 49);
    assert.equal(syncs.begun.length - before, 2, 'one sync for the fifty');
  }));

test('while a sync hangs, the queue takes so many calls and refuses the next one, by name', () =>
  inScene(async ({ store, syncs }) => {
    syncs.isOpen = false;
    const writes = Array.from({ length: WAITING_CALLS_MAX }, () => store.documents.write([put('a', 1)]));
    await turns(3);
    await assert.rejects(store.documents.write([put('a', 2)]), /10000 calls wait already.*disk is too slow/);
    syncs.release();
    await Promise.all(writes);
    await store.documents.write([put('a', 2)]);
  }));

test('a read sees the writes before it and none after it, however many wait', () =>
  inScene(async ({ store }) => {
    const seen: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i++) {
      void store.documents.write([put('a', i)]);
      if (i % 3 > 0) continue;
      // Enough to be cut into several slices of reads.
      for (let j = 0; j < 60; j++)
        seen.push(store.documents.find('c', 'a').then((found) => [i, found?.value]));
    }
    for (const pair of await Promise.all(seen)) {
      const [want, got] = pair as [number, number];
      assert.equal(got, want);
    }
  }));

test('a failed sync rejects its group and all later writes, by name; reading goes on and the log is kept', () =>
  inScene(async ({ store, syncs, path }) => {
    await store.documents.write([put('a', 1)]);
    assert.deepEqual(store.problems(), []);
    syncs.failsOn = /-wal$/;
    const group = await Promise.allSettled(
      [2, 3].map((value) => store.documents.write([put(`b${value}`, value)])),
    );
    assert.ok(group.every((one) => one.status === 'rejected' && isStorageFailed(one.reason)));
    syncs.failsOn = undefined;
    await assert.rejects(store.documents.write([put('c', 1)]), (error: unknown) => {
      assert.ok(isStorageFailed(error));
      assert.match(String(error), /cannot write state file ".*state\.db": the disk failed to sync it \(EIO/);
      assert.match(String(error), /look at the disk, then restart the server/);
      return true;
    });
    assert.match(
      store.problems().join(),
      /^cannot write state file .* restart the server; until then reading goes on$/,
    );
    assert.equal(await store.documents.find('c', 'c'), undefined);
    assert.equal((await store.documents.find('c', 'a'))?.value, 1);
    const begun = syncs.begun.length;
    await store.close();
    assert.equal(syncs.begun.length, begun, 'no sync is believed any more');
    assert.ok(statSync(`${path}-wal`).size > 0, 'the next start writes it again');
    const again = openStateStore({ clock, log: SILENT_LOG }, { path });
    assert.equal(statSync(`${path}-wal`).size, 0);
    assert.equal((await again.documents.find('c', 'a'))?.value, 1);
    await again.documents.write([put('c', 1)]);
    await again.close();
  }));

test('a failed sync of the database file ends writing with the log uncut', () =>
  inScene(async ({ store, syncs, path }) => {
    syncs.failsOn = /\.db$/;
    await store.documents.write([put('a', 'x'.repeat(30_000))]);
    await assert.rejects(store.documents.write([put('b', 1)]), isStorageFailed);
    await store.close();
    assert.ok(statSync(`${path}-wal`).size > 30_000);
  }, 16_384));

test('nothing is written from the copying of the log until the empty log is synced', () =>
  inScene(async ({ store, syncs, path }) => {
    const wal = `${path}-wal`;
    let atBegin = Buffer.alloc(0);
    let cuts = 0;
    const order: string[] = [];
    syncs.look = (synced, moment) => {
      const bytes = readFileSync(wal);
      if (moment === 'begin') atBegin = bytes;
      else assert.ok(atBegin.equals(bytes), `the log changed during the sync of ${synced}`);
      if (moment === 'begin') order.push(synced === path ? 'database' : bytes.length === 0 ? 'cut' : 'log');
      if (moment === 'end' && bytes.length === 0) cuts++;
    };
    const writes: Promise<void>[] = [];
    for (let i = 0; i < 60; i++) {
      writes.push(store.documents.write([put(`k${i % 7}`, 'x'.repeat(3000 + i))]));
      await nextTurn();
    }
    await Promise.all(writes);
    await store.close();
    assert.ok(cuts >= 3, `got ${cuts} checkpoints`);
    assert.match(order.join(' '), /^(log )+(database cut ?(log )*)+$/);
  }, 16_384));

test('while a checkpoint waits for the disk, reads of what nobody writes to go on', () =>
  inScene(async ({ store, syncs, path }) => {
    await store.documents.write([{ ...put('a', 1), collection: 'd' }]);
    syncs.look = (synced, moment) => {
      if (synced === path && moment === 'begin') syncs.isOpen = false;
    };
    await store.documents.write([put('a', 'x'.repeat(30_000))]);
    const written = store.documents.write([put('b', 1)]);
    await turns(5);
    assert.equal(syncs.isOpen, false, 'the checkpoint is under way');
    assert.equal((await store.documents.list('d')).length, 1);
    assert.equal(await settledWithin(10, written), false);
    syncs.look = () => {};
    syncs.release();
    await written;
  }, 16_384));

test('closing copies the log, syncs and leaves one file', () =>
  inScene(async ({ store, syncs, path }) => {
    await store.documents.write([put('a', 1)]);
    syncs.begun.length = 0;
    await Promise.all([store.close(), store.close()]);
    assert.deepEqual(syncs.begun, [path, `${path}-wal`]);
    assert.equal(existsSync(`${path}-wal`), false);
  }));

test('a process that ends without closing leaves the log, which is not synced into the file', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'state.db');
    const script = `
      const { openStateStore } = await import(${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))});
      const { SystemClock } = await import(${JSON.stringify(join(import.meta.dirname, '../../lib/system-clock.ts'))});
      const store = openStateStore({ clock: new SystemClock(), log: undefined }, { path: ${JSON.stringify(path)} });
      await store.documents.write([{ kind: 'put', collection: 'c', key: 'a', value: 1 }]);
      process.exit(0);`;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      stdio: 'inherit',
    });
    assert.equal(status, 0);
    assert.ok(statSync(`${path}-wal`).size > 0);
    const store = openStateStore({ clock, log: SILENT_LOG }, { path });
    assert.equal((await store.documents.find('c', 'a'))?.value, 1);
    await store.close();
  }));

test('a reader elsewhere delays the cut; until then SQLite syncs the header of a log that begins anew', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'state.db');
    const migrations = ['CREATE TABLE t (a)'];
    const database = openSqliteFile({ clock }, { path, migrations, bytesMax: 1 << 20 });
    const log = new WriteAheadLog(
      { database, syncs: new DiskSyncs(), log: SILENT_LOG },
      { path, bytesMax: 1 },
    );
    const synchronous = (): number => pragmaNumberOf(database, 'synchronous');
    assert.equal(synchronous(), 0);
    database.exec('INSERT INTO t VALUES (1)');
    await log.sync();
    const reader = new DatabaseSync(path, { readOnly: true });
    reader.exec('BEGIN');
    assert.deepEqual({ ...reader.prepare('SELECT count(*) AS n FROM t').get() }, { n: 1 });
    await log.checkpointIfLarge();
    assert.ok(statSync(`${path}-wal`).size > 0);
    assert.equal(synchronous(), 1);
    database.exec('INSERT INTO t VALUES (2)');
    assert.deepEqual({ ...reader.prepare('SELECT count(*) AS n FROM t').get() }, { n: 1 });
    reader.close();
    await log.sync();
    database.exec(`INSERT INTO t VALUES ('${'x'.repeat(10_000)}')`);
    await log.checkpointIfLarge();
    assert.equal(statSync(`${path}-wal`).size, 0);
    assert.equal(synchronous(), 0);
    await log.close();
    await log.close();
  }));

function put(key: string, value: unknown): DocumentWrite {
  return { kind: 'put', collection: 'c', key, value };
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}

async function settledWithin(count: number, promise: Promise<unknown>): Promise<boolean> {
  return await Promise.race([promise.then(() => true), turns(count).then(() => false)]);
}

function isStorageFailed(error: unknown): boolean {
  return error instanceof UnavailableError && error.code === 'VED_STORAGE_FAILED';
}

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-wal-'));
  try {
    await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
