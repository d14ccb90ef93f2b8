import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConflictError, InputError, UnavailableError } from '@vedette/model';
import fc from 'fast-check';
import type { DocumentWrite, StateStore } from './port.ts';

export interface StateStoreFixture {
  readonly store: StateStore;
  /** Lets time pass for the leases: on the clock of the store. */
  readonly passTime: (byMs: number) => Promise<void>;
  /** Closes the store and opens another one over the same content. */
  readonly reopen: () => Promise<StateStore>;
}

type Use = (run: (fixture: StateStoreFixture) => Promise<void>) => Promise<void>;

const put = (key: string, value: unknown, ifVersion?: number): DocumentWrite => ({
  kind: 'put',
  collection: 'c',
  key,
  value,
  ...(ifVersion === undefined ? {} : { ifVersion }),
});

/** What every adapter of `StateStore` promises. `use` runs one case on a fresh, empty store. */
export function stateStoreContract(name: string, use: Use): void {
  const check = (sentence: string, run: (fixture: StateStoreFixture) => Promise<void>): void => {
    test(`${name}: ${sentence}`, () => use(run));
  };
  documentCases(check);
  logCases(check);
  leaseCases(check);
  eraseCases(check);
  check('calls after close reject, and closing twice is safe', async ({ store }) => {
    await store.close();
    await store.close();
    await assert.rejects(store.documents.find('c', 'a'), UnavailableError);
    await assert.rejects(store.logs.append('l', [{ atMs: 1, value: 1 }]), UnavailableError);
  });
}

type Check = (sentence: string, run: (fixture: StateStoreFixture) => Promise<void>) => void;

function documentCases(check: Check): void {
  check('a document that was written is found, with a version that grows', async ({ store }) => {
    assert.equal(await store.documents.find('c', 'a'), undefined);
    await store.documents.write([put('a', { n: [1, 'ü', null] })]);
    assert.deepEqual(await store.documents.find('c', 'a'), {
      key: 'a',
      value: { n: [1, 'ü', null] },
      version: 1,
    });
    await store.documents.write([put('a', 2)]);
    assert.deepEqual(await store.documents.find('c', 'a'), { key: 'a', value: 2, version: 2 });
    assert.equal(await store.documents.find('other', 'a'), undefined);
  });

  check('documents survive reopening', async ({ store, reopen }) => {
    await store.documents.write([put('a', 1)]);
    await store.logs.append('l', [{ atMs: 5, value: 'x' }]);
    const again = await reopen();
    assert.deepEqual((await again.documents.list('c')).length, 1);
    assert.equal((await again.logs.read('l', { direction: 'backward', limit: 1 }))[0]?.seq, 1);
  });

  check('the list is sorted by key bytes and narrowed by a prefix', async ({ store }) => {
    const keys = ['b', 'a/2', 'a/10', 'a', '\u{1F600}', '\uFF5E', 'a0'];
    await store.documents.write(keys.map((key) => put(key, 0)));
    const listed = async (prefix?: string): Promise<string[]> =>
      (await store.documents.list('c', prefix)).map(({ key }) => key);
    assert.deepEqual(await listed(), ['a', 'a/10', 'a/2', 'a0', 'b', '\uFF5E', '\u{1F600}']);
    assert.deepEqual(await listed('a/'), ['a/10', 'a/2']);
    assert.deepEqual(await listed('zz'), []);
  });

  check('a write against another version changes nothing of its batch', async ({ store }) => {
    await store.documents.write([put('a', 1)]);
    await assert.rejects(store.documents.write([put('b', 1), put('a', 2, 7)]), ConflictError);
    assert.equal(await store.documents.find('c', 'b'), undefined);
    await assert.rejects(store.documents.write([put('a', 2, 0)]), ConflictError);
    await store.documents.write([put('a', 2, 1), put('new', 1, 0)]);
    assert.equal((await store.documents.find('c', 'a'))?.version, 2);
  });

  check('a conflict fails alone: calls that overlap it succeed', async ({ store }) => {
    const results = await Promise.allSettled([
      store.documents.write([put('a', 1)]),
      store.documents.write([put('b', 1, 3)]),
      store.documents.write([put('c', 1)]),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((await store.documents.list('c')).length, 2);
  });

  check('a caller sees its own writes in the order of its calls', async ({ store }) => {
    void store.documents.write([put('a', 1)]);
    const first = store.documents.find('c', 'a');
    void store.documents.write([{ kind: 'delete', collection: 'c', key: 'a' }]);
    const second = store.documents.find('c', 'a');
    assert.equal((await first)?.value, 1);
    assert.equal(await second, undefined);
  });

  check('watchers hear committed changes of their collection in order', async ({ store }) => {
    const heard: string[] = [];
    const stop = store.documents.watch('c', (change) => void heard.push(`${change.kind} ${change.key}`));
    await Promise.allSettled([
      store.documents.write([put('a', 1), { kind: 'put', collection: 'other', key: 'x', value: 1 }]),
      store.documents.write([put('never', 1, 9)]),
      store.documents.write([{ kind: 'delete', collection: 'c', key: 'a' }]),
    ]);
    stop();
    await store.documents.write([put('b', 1)]);
    assert.deepEqual(heard, ['put a', 'delete a']);
  });

  check('a throwing watcher harms neither the writer nor other watchers', async ({ store }) => {
    let heard = 0;
    store.documents.watch('c', () => {
      throw new Error('boom');
    });
    store.documents.watch('c', () => void heard++);
    await store.documents.write([put('a', 1)]);
    assert.equal(heard, 1);
  });

  check('keys, values and batches are accepted at their limit and refused above it', async ({ store }) => {
    const atLimit = 'x'.repeat(1024 * 1024 - 2);
    await store.documents.write([put('k'.repeat(512), atLimit)]);
    await assert.rejects(store.documents.write([put('k', `${atLimit}x`)]), InputError);
    await assert.rejects(store.documents.write([put('k'.repeat(513), 1)]), InputError);
    await assert.rejects(store.documents.write([put('', 1)]), InputError);
    await assert.rejects(store.documents.write([put('\ud800', 1)]), InputError);
    await assert.rejects(store.documents.write([put('k', undefined)]), InputError);
    const many = Array.from({ length: 501 }, (_, i) => put(`m${i}`, i));
    await assert.rejects(store.documents.write(many), InputError);
    await store.documents.write(many.slice(1));
    assert.equal((await store.documents.list('c', 'm')).length, 500);
  });

  check('any sequence of writes leaves what a map would hold', async ({ store }) => {
    const key = fc.constantFrom('a', 'b', 'c/d', 'é');
    const write = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key, value: fc.jsonValue() }),
      fc.record({ kind: fc.constant('delete' as const), key }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(write, { maxLength: 5 }), { maxLength: 10 }), async (batches) => {
        const collection = `run${run++}`;
        const model = new Map<string, unknown>();
        for (const one of batches.flat()) {
          if (one.kind === 'put') model.set(one.key, JSON.parse(JSON.stringify(one.value)));
          else model.delete(one.key);
        }
        await Promise.all(
          batches.map((batch) => store.documents.write(batch.map((one) => ({ ...one, collection })))),
        );
        const stored = (await store.documents.list(collection)).map((doc) => [doc.key, doc.value] as const);
        assert.deepEqual(new Map(stored), model);
      }),
      { numRuns: 50 },
    );
  });
}

function logCases(check: Check): void {
  check('log records are numbered from 1 and read in both directions', async ({ store }) => {
    assert.equal(await store.logs.append('l', []), 0);
    assert.equal(
      await store.logs.append(
        'l',
        [1, 2].map((value) => ({ atMs: value, value })),
      ),
      2,
    );
    assert.equal(await store.logs.append('l', [{ atMs: 3, value: 3 }]), 3);
    assert.equal(await store.logs.append('other', [{ atMs: 3, value: 'x' }]), 1);
    const forward = await store.logs.read('l', { direction: 'forward', afterSeq: 1, limit: 10 });
    assert.deepEqual(forward, [
      { seq: 2, atMs: 2, value: 2 },
      { seq: 3, atMs: 3, value: 3 },
    ]);
    const backward = await store.logs.read('l', { direction: 'backward', limit: 2 });
    assert.deepEqual(
      backward.map(({ seq }) => seq),
      [3, 2],
    );
    const older = await store.logs.read('l', { direction: 'backward', beforeSeq: 2, limit: 2 });
    assert.deepEqual(
      older.map(({ seq }) => seq),
      [1],
    );
    for (const limit of [0, -1])
      assert.deepEqual(await store.logs.read('l', { direction: 'backward', limit }), []);
  });

  check('trimming removes older records and never gives a number twice', async ({ store }) => {
    const records = Array.from({ length: 500 }, (_, i) => ({ atMs: i, value: i }));
    await store.logs.append('l', records);
    await store.logs.append('l', records);
    assert.equal(await store.logs.trim('l', 400), 800);
    assert.equal(await store.logs.trim('l', 400), 0);
    assert.equal(await store.logs.trim('l', 1000), 200);
    assert.deepEqual(await store.logs.read('l', { direction: 'backward', limit: 1 }), []);
    assert.equal(await store.logs.append('l', [{ atMs: 1, value: 1 }]), 1001);
  });

  check('more than 500 records in one call are refused', async ({ store }) => {
    const records = Array.from({ length: 501 }, (_, i) => ({ atMs: i, value: i }));
    await assert.rejects(store.logs.append('l', records), InputError);
    assert.equal(await store.logs.append('l', records.slice(1)), 500);
  });
}

function leaseCases(check: Check): void {
  check('a lease has one holder until it expires or is given back', async ({ store, passTime }) => {
    assert.equal(await store.leases.acquire('x', 'a', 600_000), true);
    assert.equal(await store.leases.acquire('x', 'b', 600_000), false);
    await passTime(300_000);
    assert.equal(await store.leases.acquire('x', 'a', 600_000), true);
    await passTime(500_000);
    assert.equal(await store.leases.acquire('x', 'b', 600_000), false);
    await passTime(100_000);
    assert.equal(await store.leases.acquire('x', 'b', 600_000), true);
    await store.leases.release('x', 'a');
    assert.equal(await store.leases.acquire('x', 'a', 600_000), false);
    await store.leases.release('x', 'b');
    assert.equal(await store.leases.acquire('x', 'a', 600_000), true);
  });
}

function eraseCases(check: Check): void {
  check('what speaks of a text is erased, and nothing else', async ({ store, reopen }) => {
    const told: string[] = [];
    store.documents.watch('c', ({ kind, key }) => told.push(`${kind} ${key}`));
    await store.documents.write([
      put('a', { who: 'user-42', n: 1 }),
      put('b', { who: 'user-421', n: 1 }),
      put('c', ['said "user-42"\nagain']),
      put('user-42', 1),
      put('d', { 'user-42': { deep: true } }),
      put('e', { n: 42 }),
    ]);
    await store.logs.append('l', [
      { atMs: 1, value: { subject: 'user-42' } },
      { atMs: 2, value: { subject: 'other' } },
      { atMs: 3, value: 'ü" and user-42' },
    ]);
    const found = await store.mentionsOf(['user-42', 'ü"\\'], 100);
    assert.deepEqual(
      found.map((one) => (one.kind === 'document' ? one.key : `${one.log} ${one.seq} ${one.atMs}`)).sort(),
      ['a', 'c', 'd', 'l 1 1', 'l 3 3', 'user-42'],
    );
    assert.deepEqual(found.find((one) => one.kind === 'record')?.value, { subject: 'user-42' });
    assert.equal((await store.mentionsOf(['user-42'], 3)).length, 3);
    assert.equal(await store.erase(['user-42', 'ü"\\']), 6);
    assert.deepEqual(await store.mentionsOf(['user-42'], 100), []);
    for (const openIt of [() => Promise.resolve(store), reopen]) {
      const open = await openIt();
      assert.deepEqual(
        (await open.documents.list('c')).map(({ key }) => key),
        ['b', 'e'],
      );
      const left = await open.logs.read('l', { direction: 'forward', afterSeq: 0, limit: 10 });
      assert.deepEqual(
        left.map(({ seq, value }) => [seq, value]),
        [[2, { subject: 'other' }]],
      );
    }
    assert.deepEqual(told.slice(6).sort(), ['delete a', 'delete c', 'delete d', 'delete user-42']);
  });

  check('more than 500 rows are erased, and numbers are not given again', async ({ store }) => {
    const records = Array.from({ length: 500 }, (_, i) => ({ atMs: i, value: { who: 'x', i } }));
    await store.logs.append('l', records);
    await store.logs.append('l', records.slice(0, 100));
    assert.equal(await store.erase(['x']), 600);
    assert.equal(await store.logs.append('l', [{ atMs: 1, value: 1 }]), 601);
    assert.equal(await store.erase(['x']), 0);
  });

  check('too many texts to erase, or an empty one, are refused', async ({ store }) => {
    await assert.rejects(store.erase(Array.from({ length: 101 }, (_, i) => `t${i}`)), InputError);
    await assert.rejects(store.erase(['']), InputError);
  });
}
