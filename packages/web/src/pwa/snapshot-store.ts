/**
 * What the pages last showed, for a visit without a server.
 *
 * 1. While the live connection speaks, the newest values of a page worth keeping are written to IndexedDB: once a
 *    minute, and when the page is left or hidden (a phone may not come back to it).
 * 2. The store holds one page's worth each of Overview, Alerts and the dashboards: `ENTRIES_MAX` values of at most
 *    `VALUE_CHARS_MAX`, the oldest go first. Nothing of the guard and no answer to a question is kept: a lost
 *    phone should say how the servers were, not who was banned.
 * 3. Signing out removes everything, and so does a server that says that one is signed out.
 *
 * A browser that refuses to store (a private window, a full disk) has no snapshot; that is all.
 */
import { browserClock } from '../lib/browser-clock.ts';
import type { LiveClient, RememberedValue } from '../live/live-client.ts';
import type { LiveRequest, LiveValueOf } from '../live/live-topic.ts';
import { isKept, VALUE_CHARS_MAX, type KeptValue } from './kept-values.ts';

const DATABASE = 'vedette';
const STORE = 'snapshots';
const KEEP_EVERY_MS = 60_000;

/** Three pages of about thirty charts. */
const ENTRIES_MAX = 100;

/** From now on keeps what the client shows. */
export function keepSnapshots(client: LiveClient): void {
  const keep = (): void => void write(client).catch(() => undefined);
  const again = (): void => {
    keep();
    browserClock.setTimer(KEEP_EVERY_MS, again);
  };
  browserClock.setTimer(KEEP_EVERY_MS / 6, again);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) keep();
  });
  window.addEventListener('pagehide', keep);
  client.onHealth(({ kind }) => {
    if (kind === 'refused') void forgetSnapshots();
  });
}

/** What was kept of a subscription; `undefined` without any. */
export async function recallSnapshot(request: LiveRequest): Promise<RememberedValue | undefined> {
  const kept = await inStore<KeptValue | undefined>('readonly', (store) =>
    store.get(JSON.stringify(request)),
  );
  if (kept === undefined) return undefined;
  return { value: JSON.parse(kept.json) as LiveValueOf, atMs: kept.atMs };
}

/** Removes all that was kept on this device: nobody is signed in any more. Never rejects. */
export async function forgetSnapshots(): Promise<void> {
  await Promise.allSettled([
    inStore('readwrite', (store) => store.clear()),
    'caches' in window ? caches.delete('vedette-answers') : undefined,
  ]);
}

async function write(client: LiveClient): Promise<void> {
  const { health, heardAtMs } = client;
  if (heardAtMs === undefined || (health.kind !== 'live' && health.kind !== 'polling')) return;
  if (!isKept(location.pathname)) return;
  const values = client.values().filter(({ value }) => value.topic !== 'bans');
  for (const { request, value } of values) {
    const json = JSON.stringify(value);
    if (json.length > VALUE_CHARS_MAX) continue;
    const kept: KeptValue = { json, atMs: heardAtMs };
    await inStore('readwrite', (store) => store.put(kept, JSON.stringify(request)));
  }
  await dropOldest();
}

async function dropOldest(): Promise<void> {
  const keys = await inStore('readonly', (store) => store.getAllKeys());
  if (keys.length <= ENTRIES_MAX) return;
  const values = await inStore<KeptValue[]>('readonly', (store) => store.getAll());
  const byAge = keys
    .map((key, i) => ({ key, atMs: values[i]?.atMs ?? 0 }))
    .toSorted((a, b) => a.atMs - b.atMs);
  for (const { key } of byAge.slice(0, keys.length - ENTRIES_MAX))
    await inStore('readwrite', (store) => store.delete(key));
}

/** One request in a transaction of its own; rejects where the browser does not store. */
async function inStore<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    return await answerOf(ask(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
  return await answerOf(request);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () =>
      reject(request.error ?? new Error('cannot store on this device')),
    );
  });
}
