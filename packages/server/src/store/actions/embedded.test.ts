import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { UnavailableError, VirtualClock } from '@vedette/model';
import { createMetricsRegistry, type ActionCount } from '@vedette/sdk';
import fc from 'fast-check';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { decodeChunk, encodeChunk } from './action-chunk.ts';
import { CHUNK_ROWS, openActionStore, PENDING_ROWS_MAX } from './embedded.ts';
import type { ActionRange, ActionStore } from './port.ts';

const NOW_MS = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const ALL: ActionRange = { fromMs: 0, toMs: Infinity };

function startStore(
  t: TestContext,
  { bytesMax = 1e9, directory = mkdtempSync(path.join(tmpdir(), 'vedette-actions-')) } = {},
): { store: ActionStore; clock: VirtualClock; directory: string } {
  const clock = new VirtualClock({ startMs: NOW_MS });
  const store = openActionStore(
    { clock, log: SILENT_LOG, metrics: createMetricsRegistry() },
    { path: path.join(directory, 'actions.db'), retentionMs: 7 * DAY_MS, bytesMax },
  );
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { store, clock, directory };
}

function actionOf(subject: string, atMs = NOW_MS, overrides: Partial<ActionCount> = {}): ActionCount {
  return {
    scope: 'user',
    subject,
    action: 'search',
    source: 'http',
    outcome: 'ok',
    count: 1,
    atMs,
    ...overrides,
  };
}

async function readAll(store: ActionStore, range: ActionRange = ALL): Promise<ActionCount[]> {
  const rows: ActionCount[] = [];
  for await (const batch of store.read(range)) rows.push(...batch);
  return rows;
}

test('a chunk gives back what went in, whatever it was', () => {
  const anyAction = fc.record(
    {
      scope: fc.constantFrom('user' as const, 'ip' as const),
      subject: fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed()),
      action: fc.string({ minLength: 1 }),
      source: fc.constantFrom('__proto__', 'a', '\0'),
      outcome: fc.constantFrom('ok' as const, 'refused' as const),
      count: fc.integer({ min: 1 }),
      atMs: fc.integer({ min: 0, max: NOW_MS * 2 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(anyAction, { maxLength: 50 }), (rows) =>
      assert.deepEqual(decodeChunk(encodeChunk(rows)), rows),
    ),
  );
});

test('rows are read in order of arrival, whether they wait, are written or folded', async (t) => {
  const { store, clock } = startStore(t);
  const want: ActionCount[] = [];
  for (let i = 0; i < 30; i++) {
    const rows = Array.from({ length: 500 }, (_, j) =>
      actionOf(`u${j % 90}`, NOW_MS + i * 1000 + j, { count: i + 1 }),
    );
    store.append(rows);
    want.push(...rows);
    if (i < 29) await clock.advance(1000);
  }
  assert.deepEqual(await readAll(store), want);
  assert.equal((await store.stats()).rowCount, want.length);
  const range = {
    fromMs: NOW_MS + 5100,
    toMs: NOW_MS + 9000,
    subject: { scope: 'user', subject: 'u7' },
  } as const;
  assert.deepEqual(
    await readAll(store, range),
    want.filter((row) => row.atMs >= range.fromMs && row.atMs < range.toMs && row.subject === 'u7'),
  );
});

test('a reader sees each row once while chunks are folded under it', async (t) => {
  const { store, clock } = startStore(t);
  for (let i = 0; i < 3 * CHUNK_ROWS; i += 512) {
    store.append(Array.from({ length: 512 }, (_, j) => actionOf(`u${i + j}`)));
    await clock.advance(1000);
  }
  const seen: string[] = [];
  let more = 0;
  for await (const batch of store.read(ALL)) {
    seen.push(...batch.map(({ subject }) => subject));
    if (more++ > 3) continue;
    store.append(Array.from({ length: CHUNK_ROWS }, (_, j) => actionOf(`more${more}-${j}`)));
    await clock.advance(1000);
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(seen.filter((subject) => subject.startsWith('u')).length, 3 * CHUNK_ROWS);
});

test('rows survive a restart', async (t) => {
  const first = startStore(t);
  first.store.append([actionOf('u1')]);
  await first.store.close();
  await first.store.close();
  const { store } = startStore(t, { directory: first.directory });
  assert.deepEqual(await readAll(store), [actionOf('u1')]);
});

test('what is older than the retention goes, also while nothing comes in', async (t) => {
  const { store, clock } = startStore(t);
  store.append([actionOf('old')]);
  await clock.advance(1000);
  await clock.advance(6 * DAY_MS);
  assert.equal((await readAll(store)).length, 1);
  await clock.advance(2 * DAY_MS);
  assert.equal((await readAll(store)).length, 0);
});

test('beyond its size the oldest rows go', async (t) => {
  const { store, clock } = startStore(t, { bytesMax: 30_000 });
  for (let i = 0; i < 40; i++) {
    store.append(Array.from({ length: 400 }, (_, j) => actionOf(`user-${i}-${j * 7919}`, NOW_MS + i * 1000)));
    await clock.advance(1000);
  }
  const { bytes } = await store.stats();
  assert.ok(bytes <= 30_000 && bytes > 5000, String(bytes));
  const rows = await readAll(store);
  assert.ok(rows[0]!.atMs > NOW_MS && rows.at(-1)!.atMs === NOW_MS + 39_000);
});

test('as many rows as wait at most are taken, the next ones are not', async (t) => {
  const { store } = startStore(t);
  const rows = Array.from({ length: PENDING_ROWS_MAX }, (_, i) => actionOf(`u${i}`));
  store.append(rows);
  assert.throws(() => store.append([actionOf('x')]), UnavailableError);
});

test('after an erasure no byte of a subject is in any file', async (t) => {
  const { store, clock, directory } = startStore(t);
  const hidden = 'planted-7f3a9c';
  for (let i = 0; i < 12; i++) {
    store.append(
      Array.from({ length: 500 }, (_, j) =>
        actionOf(j % 50 === 0 ? hidden : `other-${j}`, NOW_MS + i * 1000, j === 0 ? { scope: 'ip' } : {}),
      ),
    );
    if (i < 11) await clock.advance(1000);
  }
  const erased = await store.erase([
    { scope: 'user', subject: hidden },
    { scope: 'ip', subject: hidden },
  ]);
  assert.equal(erased, 120);
  assert.equal((await readAll(store)).length, 12 * 490);
  await store.close();
  const { store: again } = startStore(t, { directory });
  assert.ok((await readAll(again)).every(({ subject }) => subject !== hidden));
  // Chunks are compressed: what is in them was just read; here is what lies between them.
  for (const file of readdirSync(directory))
    assert.equal(readFileSync(path.join(directory, file)).includes(hidden), false, file);
});

test('only the named scope is erased', async (t) => {
  const { store } = startStore(t);
  store.append([actionOf('a'), actionOf('a', NOW_MS, { scope: 'ip' })]);
  assert.equal(await store.erase([{ scope: 'user', subject: 'a' }]), 1);
  assert.deepEqual(
    (await readAll(store)).map(({ scope }) => scope),
    ['ip'],
  );
});
