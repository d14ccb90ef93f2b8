import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { ConflictError, ExecutionError, InputError, VirtualClock } from '@vedette/model';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { openStateStore } from '../state/embedded.ts';
import type { StateStore } from '../state/port.ts';
import type { DashboardHead, StoredDashboardWrite } from './port.ts';
import {
  DASHBOARD_STORED_BYTES_MAX,
  DASHBOARDS_MAX,
  StateDashboards,
  VERSIONS_KEPT_MAX,
} from './state-dashboards.ts';

const summary = { title: 'Shop', description: '', tags: ['web'], panelCount: 1 };

function draft(uid: string, more: Partial<StoredDashboardWrite> = {}): StoredDashboardWrite {
  return { uid, dashboard: { uid, panels: [] }, summary, by: 'ada', message: 'why', ...more };
}

interface Scene {
  readonly clock: VirtualClock;
  readonly state: StateStore;
  readonly store: StateDashboards;
  readonly reopen: () => Promise<StateDashboards>;
}

async function withStore(run: (scene: Scene) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-dashboards-'));
  const clock = new VirtualClock({ startMs: 1000 });
  const open = (): StateStore =>
    openStateStore({ clock, log: SILENT_LOG }, { path: path.join(directory, 'state.db') });
  let state = open();
  const reopen = async (): Promise<StateDashboards> => {
    await state.close();
    state = open();
    return new StateDashboards({ clock, state });
  };
  try {
    await run({ clock, state, store: new StateDashboards({ clock, state }), reopen });
  } finally {
    await state.close();
    rmSync(directory, { recursive: true });
  }
}

test('what is written is there after a restart, with who wrote it and when', async () => {
  await withStore(async ({ store, clock, reopen }) => {
    await store.write(draft('a'));
    clock.jumpWallClock(500);
    const head = await store.write(draft('a', { by: 'bob', message: 'more', dashboard: { panels: [1] } }));
    const want: DashboardHead = {
      uid: 'a',
      ...summary,
      version: 2,
      atMs: 1500,
      by: 'bob',
      message: 'more',
    };
    assert.deepEqual(head, want);
    const again = await reopen();
    assert.deepEqual(await again.list(), [want]);
    assert.deepEqual(await again.find('a'), want);
    assert.deepEqual(await again.read('a'), { panels: [1] });
    assert.deepEqual(await again.read('a', 1), { uid: 'a', panels: [] });
    assert.deepEqual(await again.versions('a'), [
      { version: 2, atMs: 1500, by: 'bob', message: 'more' },
      { version: 1, atMs: 1000, by: 'ada', message: 'why' },
    ]);
  });
});

test('a write that began at an older version is a conflict and changes nothing', async () => {
  await withStore(async ({ store }) => {
    await store.write(draft('a', { ifVersion: 0 }));
    await store.write(draft('a', { ifVersion: 1 }));
    for (const ifVersion of [0, 1, 3])
      await assert.rejects(
        store.write(draft('a', { ifVersion })),
        (error) =>
          error instanceof ConflictError &&
          error.message ===
            `cannot store dashboard "a": somebody else changed it; its newest version is 2, yours began at ${ifVersion}; load it again`,
      );
    assert.equal((await store.find('a'))?.version, 2);
    await assert.rejects(store.write(draft('b', { ifVersion: 1 })), ConflictError);
    assert.equal(await store.find('b'), undefined);
  });
});

test('of two writes at once from one version one wins; without a condition both are stored', async () => {
  await withStore(async ({ store }) => {
    const raced = await Promise.allSettled([1, 2].map(() => store.write(draft('a', { ifVersion: 0 }))));
    assert.deepEqual(raced.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    const heads = await Promise.all([1, 2, 3].map(() => store.write(draft('a'))));
    assert.deepEqual(
      heads.map(({ version }) => version),
      [2, 3, 4],
    );
  });
});

test('two processes do not overwrite each other unseen', async () => {
  await withStore(async ({ store, clock, state }) => {
    const other = new StateDashboards({ clock, state });
    const results = await Promise.allSettled([store.write(draft('a')), other.write(draft('a'))]);
    const failed = results.filter((result) => result.status === 'rejected');
    for (const { reason } of failed) assert.ok(reason instanceof ConflictError);
    assert.equal((await store.versions('a')).length, results.length - failed.length);
  });
});

test('a removal takes with it what another process stores meanwhile', async () => {
  await withStore(async ({ store, clock, state }) => {
    await store.write(draft('a'));
    const other = new StateDashboards({ clock, state });
    let isFirst = true;
    const documents: StateStore['documents'] = {
      ...state.documents,
      write: async (writes) => {
        if (isFirst) await other.write(draft('a', { dashboard: { by: 'other' } }));
        isFirst = false;
        await state.documents.write(writes);
      },
    };
    assert.equal(await new StateDashboards({ clock, state: { documents } }).remove('a'), true);
    assert.deepEqual(await state.documents.list('dashboard_versions'), []);
    assert.deepEqual(await store.list(), []);
  });
});

test('the last 50 versions are kept', async () => {
  await withStore(async ({ store, state }) => {
    for (let i = 0; i < VERSIONS_KEPT_MAX + 1; i++) await store.write(draft('a', { dashboard: { i } }));
    const versions = await store.versions('a');
    assert.equal(versions.length, VERSIONS_KEPT_MAX);
    assert.equal(versions.at(-1)?.version, 2);
    assert.equal(await store.read('a', 1), undefined);
    assert.deepEqual(await store.read('a', 2), { i: 1 });
    assert.equal((await state.documents.list('dashboard_versions')).length, VERSIONS_KEPT_MAX);
    assert.equal(await store.remove('a'), true);
    assert.deepEqual(await state.documents.list('dashboard_versions'), []);
    assert.deepEqual(await store.versions('a'), []);
    assert.equal(await store.remove('a'), false);
  });
});

test('the largest dashboard is stored, one byte more is refused with both numbers', async () => {
  await withStore(async ({ store }) => {
    const dashboardOf = (bytes: number) => ({ t: 'x'.repeat(bytes - '{"t":""}'.length) });
    await store.write(draft('a', { dashboard: dashboardOf(DASHBOARD_STORED_BYTES_MAX) }));
    await assert.rejects(
      store.write(draft('b', { dashboard: dashboardOf(DASHBOARD_STORED_BYTES_MAX + 1) })),
      (error) =>
        error instanceof InputError &&
        error.code === 'VED_DASHBOARD_TOO_LARGE' &&
        /has 1044481 bytes without spaces, DASHBOARD_STORED_BYTES_MAX is 1044480/.test(error.message),
    );
    assert.equal(await store.find('b'), undefined);
  });
});

test('a thousand dashboards are stored, one more is refused, and a stored one still changes', async () => {
  const documents = {
    list: () => Promise.resolve(Array.from({ length: DASHBOARDS_MAX - 1 + Number(isFull) })),
    find: (collection: string, key: string) =>
      Promise.resolve(
        collection === 'dashboards' && key === 'old' ? { key, version: 7, value: { version: 7 } } : undefined,
      ),
    write: () => Promise.resolve(),
  } as unknown as StateStore['documents'];
  let isFull = false;
  const store = new StateDashboards({ clock: new VirtualClock({ startMs: 0 }), state: { documents } });
  assert.equal((await store.write(draft('new'))).version, 1);
  isFull = true;
  await assert.rejects(
    store.write(draft('new')),
    (error) =>
      error instanceof ExecutionError && /there are 1000 of them, DASHBOARDS_MAX/.test(error.message),
  );
  assert.equal((await store.write(draft('old'))).version, 8);
});
