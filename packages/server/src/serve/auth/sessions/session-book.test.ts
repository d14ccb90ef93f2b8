import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, type VirtualClock } from '@vedette/model';
import { openStateStore } from '../../../store/state/embedded.ts';
import type { StateStore } from '../../../store/state/port.ts';
import { SILENT_LOG } from '../../../telemetry/log.ts';
import { createTestClock } from '../../test-server.ts';
import {
  findCookie,
  ROTATION_GRACE_MS,
  SESSION_IDLE_MS,
  SESSION_MS_MAX,
  SESSION_ROTATE_MS,
  SESSIONS_PER_OWNER_MAX,
  SessionBook,
  type SessionOwner,
} from './session-book.ts';

const ADA: SessionOwner = { kind: 'account', key: 'ada' };
const EVE: SessionOwner = { kind: 'account', key: 'eve' };

interface Scene {
  readonly clock: VirtualClock;
  readonly book: SessionBook;
  readonly state: StateStore;
  readonly reopen: () => Promise<SessionBook>;
}

async function createScene(seed = 7): Promise<Scene> {
  const clock = createTestClock();
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const deps = { clock, random: new SeededRandom(seed), log: SILENT_LOG, documents: state.documents };
  const reopen = async (): Promise<SessionBook> => {
    const book = new SessionBook(deps);
    await book.load();
    return book;
  };
  return { clock, state, book: await reopen(), reopen };
}

/** What is noted behind an answer is in the store: changes come one after the other. */
async function written(book: SessionBook): Promise<void> {
  await book.end((await book.open(EVE)).split('.', 1)[0] ?? '');
}

test('a session is found by its cookie, also after a restart, and cannot be changed or made up', async () => {
  const { book, reopen, state } = await createScene();
  const cookie = await book.open(ADA);
  assert.deepEqual(book.find(cookie)?.owner, ADA);
  assert.deepEqual((await reopen()).find(cookie)?.owner, ADA);
  for (let i = 0; i < cookie.length; i++) {
    const changed = cookie.slice(0, i) + (cookie[i] === 'A' ? 'B' : 'A') + cookie.slice(i + 1);
    assert.equal(book.find(changed), undefined, changed);
  }
  for (const made of ['', '.', cookie.slice(0, -1), `${cookie}A`, cookie.split('.')[0] ?? '', `${cookie}.x`])
    assert.equal(book.find(made), undefined, made);
  const stored = JSON.stringify(await state.documents.list('sessions'));
  assert.ok(!stored.includes(cookie.split('.')[1] ?? cookie), 'the store does not have the secret');
});

test('a secret that was replaced stays out after a restart', async () => {
  const { book, clock, reopen } = await createScene();
  const former = await book.open(ADA);
  const id = former.split('.', 1)[0] ?? '';
  clock.jumpWallClock(SESSION_ROTATE_MS);
  const newest = (await book.rotate(id)) ?? assert.fail('not rotated');
  assert.ok(book.find(newest));
  clock.jumpWallClock(ROTATION_GRACE_MS);
  assert.equal(book.find(former), undefined);
  // Changes come one after the other: after this one the note before it is written.
  await book.rotateAllOf((owner) => owner.kind === 'account');
  const again = await reopen();
  assert.equal(again.find(former), undefined);
  assert.ok(again.find(newest));
});

test('it ends when it is not used, and after a week however much it is', async () => {
  const { book, clock } = await createScene();
  const idle = await book.open(ADA);
  const busy = await book.open(EVE);
  clock.jumpWallClock(SESSION_IDLE_MS - 1);
  assert.ok(book.find(busy));
  clock.jumpWallClock(1);
  assert.equal(book.find(idle), undefined);
  assert.ok(book.find(busy));
  const left = SESSION_MS_MAX - SESSION_IDLE_MS;
  for (let passed = 0; passed < left - 3_600_000; passed += 3_600_000) {
    clock.jumpWallClock(3_600_000);
    assert.ok(book.find(busy), String(passed));
  }
  clock.jumpWallClock(3_600_000);
  assert.equal(book.find(busy), undefined);
});

test('a restart knows when a session was last used, to some minutes', async () => {
  const { book, clock, reopen } = await createScene();
  const cookie = await book.open(ADA);
  clock.jumpWallClock(SESSION_IDLE_MS - 1);
  assert.ok(book.find(cookie));
  await book.rotateAllOf(() => false);
  await new Promise((resolve) => setImmediate(resolve));
  await book.end('none');
  clock.jumpWallClock(3_600_000);
  assert.ok((await reopen()).find(cookie));
});

test('an old secret is replaced; it counts until the new one was seen, and a minute on', async () => {
  const { book, clock } = await createScene();
  const first = await book.open(ADA);
  assert.equal(book.find(first)?.isRotationDue, false);
  clock.jumpWallClock(SESSION_ROTATE_MS);
  const { id, isRotationDue } = book.find(first) ?? assert.fail('no session');
  assert.equal(isRotationDue, true);
  const [second, twin] = await Promise.all([book.rotate(id), book.rotate(id)]);
  assert.equal(twin, undefined, 'of overlapping requests one gets the new secret');
  assert.ok(second);
  clock.jumpWallClock(2 * ROTATION_GRACE_MS);
  assert.equal(book.find(first)?.isRotationDue, true, 'the answer was lost: another one');
  const third = (await book.rotate(id)) ?? assert.fail('no secret');
  assert.ok(book.find(first), 'what the browser has still counts');
  assert.equal(book.find(second), undefined, 'what nobody ever showed does not');
  assert.ok(book.find(third));
  clock.jumpWallClock(ROTATION_GRACE_MS - 1);
  assert.ok(book.find(first));
  clock.jumpWallClock(1);
  assert.equal(book.find(first), undefined);
  assert.ok(book.find(third));
});

test('a session that is used at one server has not ended at another', async () => {
  const { book: one, clock, reopen } = await createScene();
  const other = await reopen();
  const cookie = await one.open(ADA);
  assert.ok(one.find(cookie));
  for (let hour = 0; hour < 12; hour++) {
    clock.jumpWallClock(3_600_000);
    assert.ok(other.find(cookie));
    await written(other);
  }
  await one.open(EVE);
  assert.ok(other.find(cookie), 'a sign-in elsewhere removes what has ended, not this');
  assert.ok(one.find(cookie));
});

test('a secret that another server has replaced counts until the new one was seen', async () => {
  const { book: one, clock, reopen } = await createScene();
  const other = await reopen();
  const first = await one.open(ADA);
  const { id } = one.find(first) ?? assert.fail('no session');
  assert.ok(other.find(first));
  clock.jumpWallClock(SESSION_ROTATE_MS);
  const second = (await other.rotate(id)) ?? assert.fail('no secret');
  assert.ok(one.find(first), 'of a request that was under way');
  clock.jumpWallClock(2 * ROTATION_GRACE_MS);
  assert.ok(one.find(second));
  await written(one);
  clock.jumpWallClock(ROTATION_GRACE_MS);
  assert.deepEqual([one.find(first), other.find(first)], [undefined, undefined]);
});

test('of requests that overlap at two servers one gets the new secret', async () => {
  const { book: one, clock, reopen } = await createScene();
  const other = await reopen();
  const first = await one.open(ADA);
  const { id } = one.find(first) ?? assert.fail('no session');
  clock.jumpWallClock(SESSION_ROTATE_MS);
  const given = await Promise.all([one.rotate(id), other.rotate(id)]);
  const [second, ...more] = given.filter((secret) => secret !== undefined);
  assert.ok(second);
  assert.deepEqual(more, []);
  for (const book of [one, other]) for (const cookie of [first, second]) assert.ok(book.find(cookie), cookie);
});

test('a change of rights makes the next request get a new secret', async () => {
  const { book } = await createScene();
  const ada = await book.open(ADA);
  const eve = await book.open(EVE);
  await book.rotateAllOf((owner) => owner.kind === 'account' && owner.key === 'ada');
  assert.equal(book.find(ada)?.isRotationDue, true);
  assert.equal(book.find(eve)?.isRotationDue, false);
});

test('sessions of an account end together, but for the one that asks', async () => {
  const { book, reopen } = await createScene();
  const cookies = [await book.open(ADA), await book.open(ADA), await book.open(EVE)] as const;
  const mine = book.find(cookies[0])?.id;
  const ended: string[] = [];
  book.onChange((id, isOpen) => (isOpen ? undefined : ended.push(id)));
  await book.endAllOf((owner) => owner.kind === 'account' && owner.key === 'ada', mine);
  assert.equal(ended.length, 1);
  for (const one of [book, await reopen()])
    assert.deepEqual(
      cookies.map((cookie) => one.find(cookie) !== undefined),
      [true, false, true],
    );
});

test('of one owner the session that was used longest ago makes room', async () => {
  const { book, clock } = await createScene();
  const cookies: string[] = [];
  for (let i = 0; i < SESSIONS_PER_OWNER_MAX; i++) {
    cookies.push(await book.open(ADA));
    clock.jumpWallClock(1000);
  }
  assert.ok(book.find(cookies[0] ?? ''), 'used just now');
  await book.open(EVE);
  await book.open(ADA);
  assert.ok(book.find(cookies[0] ?? ''));
  assert.equal(book.find(cookies[1] ?? ''), undefined);
  assert.ok(book.find(cookies[2] ?? ''));
});

test('a cookie is found among others', () => {
  assert.equal(findCookie('a=b; vedette_session=x.y; c', 'vedette_session'), 'x.y');
  assert.equal(findCookie('xvedette_session=1', 'vedette_session'), undefined);
  assert.equal(findCookie(undefined, 'a'), undefined);
});
