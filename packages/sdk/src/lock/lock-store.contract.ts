import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { LockStore } from './lock-store.ts';

export interface LockStoreScene {
  readonly store: LockStore;
  /** Lets time pass as the store knows it. */
  readonly advance: (byMs: number) => Promise<void>;
}

/** What every store of locks does. */
export function testLockStore(
  name: string,
  skip: string | false,
  open: (t: TestContext) => Promise<LockStoreScene>,
): void {
  const run = (sentence: string, body: (scene: LockStoreScene) => Promise<void>): void =>
    void test(`${name}: ${sentence}`, { skip }, async (t) => body(await open(t)));

  run('a key is one holder’s until given back', async ({ store }) => {
    assert.equal(await store.take('k', 'a', 60_000), true);
    assert.equal(await store.take('k', 'b', 60_000), false);
    assert.equal(await store.take('k', 'a', 60_000), false);
    assert.equal(await store.take('other', 'b', 60_000), true);
    assert.equal(await store.giveBack('k', 'a'), true);
    assert.equal(await store.take('k', 'b', 60_000), true);
  });

  run('only the token that holds a key gives it back, once', async ({ store }) => {
    await store.take('k', 'a', 60_000);
    assert.equal(await store.giveBack('k', 'b'), false);
    assert.equal(await store.take('k', 'b', 60_000), false);
    assert.equal(await store.giveBack('k', 'a'), true);
    assert.equal(await store.giveBack('k', 'a'), false);
    assert.equal(await store.giveBack('never', 'a'), false);
  });

  run(
    'a lock ends by itself, and its late holder takes nothing from the next one',
    async ({ store, advance }) => {
      await store.take('k', 'a', 50);
      await advance(80);
      assert.equal(await store.take('k', 'b', 60_000), true);
      assert.equal(await store.giveBack('k', 'a'), false);
      assert.equal(await store.take('k', 'c', 60_000), false);
    },
  );

  run('of many at the same moment one gets it', async ({ store }) => {
    const taken = await Promise.all(Array.from({ length: 50 }, (_, i) => store.take('k', `t${i}`, 60_000)));
    assert.equal(taken.filter(Boolean).length, 1);
  });

  run('strange keys are keys', async ({ store }) => {
    for (const key of ['', '\0', 'a\r\nDEL k', '__proto__', '😀', '*']) {
      assert.equal(await store.take(key, 'a', 60_000), true);
      assert.equal(await store.take(key, 'b', 60_000), false);
      assert.equal(await store.giveBack(key, 'a'), true);
    }
  });
}
