import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { FatalError, UnavailableError, VirtualClock } from '@vedette/model';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { lockDataDirectory } from '../data-directory.ts';
import { openStateStore } from './embedded.ts';
import { WAITING_CALLS_MAX } from './group-commit.ts';
import { stateStoreContract } from './port.contract.ts';
import type { StateStore } from './port.ts';

const deps = { clock: new VirtualClock({ startMs: 1_000_000 }), log: SILENT_LOG };

stateStoreContract('embedded', (run) =>
  inDirectory(async (directory) => {
    const clock = new VirtualClock({ startMs: 1_000_000 });
    const path = join(directory, 'state.db');
    let store = openStateStore({ clock, log: SILENT_LOG }, { path });
    const reopen = async (): Promise<StateStore> => {
      await store.close();
      store = openStateStore({ clock, log: SILENT_LOG }, { path });
      return store;
    };
    try {
      await run({ store, passTime: async (byMs) => clock.jumpWallClock(byMs), reopen });
    } finally {
      await store.close();
    }
  }),
);

test('a lease ends at its very millisecond', () =>
  inDirectory(async (directory) => {
    const clock = new VirtualClock({ startMs: 1_000_000 });
    const store = openStateStore({ clock, log: SILENT_LOG }, { path: join(directory, 'state.db') });
    assert.equal(await store.leases.acquire('x', 'a', 1000), true);
    clock.jumpWallClock(999);
    assert.equal(await store.leases.acquire('x', 'b', 1000), false);
    clock.jumpWallClock(1);
    assert.equal(await store.leases.acquire('x', 'b', 1000), true);
    await store.close();
  }));

test('a commit reaches the write-ahead log before the promise resolves', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'state.db');
    const store = openStateStore(deps, { path });
    await store.documents.write([putOf('needle-in-the-log')]);
    assert.ok(readFileSync(`${path}-wal`).includes('needle-in-the-log'));
    await store.close();
  }));

test('after an erasure no byte of a text is in the file, its log, or free space of either', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'state.db');
    const store = openStateStore(deps, { path });
    const hidden = 'planted-5b1d77';
    for (let i = 0; i < 50; i++) {
      const value = { who: hidden, text: 'x'.repeat(500 + i * 20) };
      await store.documents.write([
        { ...putOf(`k${i}`), value },
        { ...putOf('over'), value },
      ]);
      await store.logs.append('l', [{ atMs: i, value }]);
    }
    // Old versions and deleted rows, whose bytes stay in free space.
    await store.documents.write([{ ...putOf('over'), value: 1 }]);
    await store.logs.trim('l', 25);
    const written = (): boolean =>
      readdirSync(directory).some((file) => readFileSync(join(directory, file)).includes(hidden));
    assert.ok(written());
    assert.equal(await store.erase([hidden]), 75);
    assert.equal(written(), false);
    await store.documents.write([putOf('after')]);
    await store.close();
    assert.equal(written(), false);
  }));

test('overlapping writes share one transaction of at most 500 rows', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'state.db');
    const store = openStateStore(deps, { path });
    await store.documents.write([putOf('warm')]);
    const before = walFramesOf(path);
    await Promise.all(Array.from({ length: 400 }, (_, i) => store.documents.write([putOf(`k${i}`)])));
    // One page of the table and one commit take a handful of frames; 400 commits would take 400.
    assert.ok(walFramesOf(path) - before < 40, `got ${walFramesOf(path) - before} frames`);
    await store.close();
  }));

test('a full disk rejects with VED_STORAGE_FULL, changes nothing, and reading goes on', () =>
  inDirectory(async (directory) => {
    const store = openStateStore(deps, { path: join(directory, 'state.db'), fileBytesMax: 256 * 1024 });
    const big = (key: string) => ({ ...putOf(key), value: 'x'.repeat(100_000) });
    await store.documents.write([big('a')]);
    await assert.rejects(store.documents.write([big('b'), big('c'), big('d')]), isStorageFull);
    assert.deepEqual((await store.documents.list('c')).length, 1);
    await store.documents.write([{ kind: 'delete', collection: 'c', key: 'a' }]);
    await store.documents.write([big('b')]);
    await store.close();
  }));

test('the queue of waiting calls is bounded and names its limit', () =>
  inDirectory(async (directory) => {
    const store = openStateStore(deps, { path: join(directory, 'state.db') });
    const calls = Array.from({ length: WAITING_CALLS_MAX }, () => store.documents.find('c', 'a'));
    await assert.rejects(store.documents.find('c', 'a'), /10000 calls wait already, which is the limit/);
    await Promise.all(calls);
    await store.close();
  }));

test('a damaged file is set aside and named, and the next start is empty', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'state.db');
    const store = openStateStore(deps, { path });
    await store.documents.write(Array.from({ length: 400 }, (_, i) => putOf(`key-${i}`)));
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xaa, 4096, 4096 * 3);
    writeFileSync(path, bytes);
    assert.throws(
      () => openStateStore(deps, { path }),
      isFatal('VED_STORAGE_CORRUPT', /was set aside as ".*corrupt-1000000"/),
    );
    assert.deepEqual(readFileSync(`${path}.corrupt-1000000`), bytes);
    const fresh = openStateStore(deps, { path });
    assert.deepEqual(await fresh.documents.list('c'), []);
    await fresh.close();
  }));

test('a file that is cut off or no database at all is set aside, never deleted', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'state.db');
    const store = openStateStore(deps, { path });
    await store.documents.write(Array.from({ length: 400 }, (_, i) => putOf(`key-${i}`)));
    await store.close();
    truncateSync(path, 5000);
    assert.throws(() => openStateStore(deps, { path }), isFatal('VED_STORAGE_CORRUPT', /set aside/));
    writeFileSync(path, 'this is no database, but long enough to be looked at as one'.repeat(20));
    assert.throws(() => openStateStore(deps, { path }), isFatal('VED_STORAGE_CORRUPT', /set aside/));
    const aside = readdirSync(directory).filter((name) => name.includes('.corrupt-'));
    assert.equal(aside.length, 2, `two damages keep two files; got ${aside.join(', ')}`);
  }));

test('a newer schema and a foreign database are refused with a remedy and left untouched', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'state.db');
    await openStateStore(deps, { path }).close();
    editWith(path, 'PRAGMA user_version = 99');
    assert.throws(
      () => openStateStore(deps, { path }),
      isFatal('VED_FORMAT_UNKNOWN', /got schema version 99, want at most 1; start the newer Vedette/),
    );
    const foreign = join(directory, 'foreign.db');
    editWith(foreign, 'CREATE TABLE theirs (a)');
    assert.throws(
      () => openStateStore(deps, { path: foreign }),
      isFatal('VED_FORMAT_UNKNOWN', /SQLite file of another program/),
    );
  }));

test('a directory that does not exist is a clear error', () => {
  assert.throws(
    () => openStateStore(deps, { path: '/nonexistent/state.db' }),
    isFatal('VED_STORAGE_UNUSABLE', /cannot open state file "\/nonexistent\/state.db"/),
  );
});

test('a data directory has one owner at a time, who may release it', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'new', 'data');
    const lock = lockDataDirectory(path);
    assert.throws(
      () => lockDataDirectory(path),
      isFatal('VED_DATA_LOCKED', new RegExp(`"${path}": another process works on it; .*--data`)),
    );
    lock.release();
    lock.release();
    lockDataDirectory(path).release();
  }));

test('the lock of a killed process is free again', () =>
  inDirectory(async (directory) => {
    const module = join(import.meta.dirname, '..', 'data-directory.ts');
    const script = `import { lockDataDirectory } from ${JSON.stringify(module)};
      globalThis.lock = lockDataDirectory(${JSON.stringify(directory)});
      process.stdout.write('locked'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    assert.throws(() => lockDataDirectory(directory), isFatal('VED_DATA_LOCKED', /another process/));
    child.kill('SIGKILL');
    await exit;
    lockDataDirectory(directory).release();
  }));

test('a data directory below a file is refused with a remedy', () =>
  inDirectory(async (directory) => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    assert.throws(
      () => lockDataDirectory(join(file, 'data')),
      isFatal('VED_STORAGE_UNUSABLE', /cannot open data directory/),
    );
  }));

function putOf(key: string): { kind: 'put'; collection: string; key: string; value: unknown } {
  return { kind: 'put', collection: 'c', key, value: key };
}

function walFramesOf(path: string): number {
  // A frame is a header of 24 bytes and a page; the file begins with a header of 32.
  return Math.floor((readFileSync(`${path}-wal`).length - 32) / (4096 + 24));
}

function editWith(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function isStorageFull(error: unknown): boolean {
  return error instanceof UnavailableError && error.code === 'VED_STORAGE_FULL';
}

function isFatal(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof FatalError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };
}

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-state-'));
  try {
    await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
