import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { FatalError, SeededRandom, UnavailableError, VirtualClock, type Clock } from '@vedette/model';
import { openRedisConnection, type RedisConnection } from '../../lib/redis-connection.ts';
import { skipWithoutRedis, startRedis, type RedisServer } from '../../lib/redis-fixture.ts';
import { Secret } from '../../lib/secret.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { stateStoreContract } from './port.contract.ts';
import type { DocumentWrite, StateStore } from './port.ts';
import { openRedisStateStore } from './redis.ts';

const skip = skipWithoutRedis();
const clock = new VirtualClock({ startMs: 1_000_000 });
const realClock = new SystemClock();
const deps = { clock, random: new SeededRandom(1), log: SILENT_LOG };

interface Fixture {
  readonly redis: RedisServer;
  readonly store: StateStore;
  /** Another server's store on the same Redis; closed with the fixture when the test has not. */
  readonly open: (ownClock?: Clock) => Promise<StateStore>;
  /** Another program at the same Redis. */
  readonly raw: RedisConnection;
}

/** One Redis for a test, `args` in its configuration. */
async function withRedis(
  run: (fixture: Fixture) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  const redis = await startRedis(args);
  const stores: StateStore[] = [];
  const open = async (ownClock: Clock = clock): Promise<StateStore> => {
    const store = await openRedisStateStore(
      { ...deps, clock: ownClock },
      { url: redis.url, keyPrefix: 'v:' },
    );
    stores.push(store);
    return store;
  };
  const store = await open();
  const raw = await openRedisConnection(deps, { url: redis.url, name: 'test' });
  try {
    await run({ redis, store, open, raw });
  } finally {
    redis.thaw();
    await Promise.all(stores.map((one) => one.close()));
    await raw.close();
    await redis.close();
  }
}

const put = (key: string, value: unknown, ifVersion?: number): DocumentWrite => ({
  kind: 'put',
  collection: 'c',
  key,
  value,
  ...(ifVersion === undefined ? {} : { ifVersion }),
});

if (skip === false) {
  stateStoreContract('redis', (run) =>
    withRedis(async ({ store: first, open, raw }) => {
      let store = first;
      const reopen = async (): Promise<StateStore> => {
        await store.close();
        store = await open();
        return store;
      };
      // Redis has no clock to turn; what a lease has left is shortened instead.
      const passTime = async (byMs: number): Promise<void> => {
        const leftMs = Number(await raw.call(['PTTL', 'v:lease:x']));
        await raw.call(['PEXPIRE', 'v:lease:x', String(leftMs - byMs)]);
      };
      await run({ store, passTime, reopen });
    }),
  );
}

test('a process hears what another one writes, in the order of the commits', { skip }, () =>
  withRedis(async ({ store, open }) => {
    const other = await open();
    const heard = hearing(store);
    await store.documents.find('c', 'a');
    await Promise.all(Array.from({ length: 300 }, (_, i) => other.documents.write([put(`k${i % 7}`, i)])));
    await other.documents.write([{ kind: 'delete', collection: 'c', key: 'k0' }]);
    await heard.until((changes) => changes.length === 301);
    assert.deepEqual(
      heard.changes.slice(0, 300).map((change) => (change.kind === 'put' ? change.value : undefined)),
      Array.from({ length: 300 }, (_, i) => i),
    );
    assert.deepEqual(heard.changes.at(-1), { kind: 'delete', collection: 'c', key: 'k0' });
  }),
);

test('texts of JSON come out as they went in', { skip }, () =>
  withRedis(async ({ store }) => {
    const value = {
      a: [],
      o: {},
      n: 1e21,
      big: 2 ** 53 - 1,
      s: 'ü\u0000\n"\\/😀',
      ['__proto__x']: null,
      '': 0.1,
    };
    const key = 'k "\\/\n\u0000\u007f😀__proto__';
    const heard = hearing(store);
    await store.documents.write([put(key, value)]);
    assert.deepEqual((await store.documents.find('c', key))?.value, value);
    assert.deepEqual((await store.documents.list('c', 'k "'))[0]?.value, value);
    assert.deepEqual(heard.changes, [put(key, value)]);
  }),
);

test('a watcher learns after an outage what was written and removed meanwhile', { skip }, () =>
  withRedis(async ({ store, open, raw }) => {
    const heard = hearing(store);
    await store.documents.write([put('stays', 1), put('goes', 1), put('changes', 1)]);
    const other = await open();
    const filter = ['CLIENT', 'KILL', 'TYPE', 'pubsub'];
    await raw.call(filter);
    await other.documents.write([
      put('changes', 2),
      { kind: 'delete', collection: 'c', key: 'goes' },
      put('new', 3),
    ]);
    await heard.until((changes) => changes.length >= 6);
    const kinds = heard.changes.slice(3).map((change) => `${change.kind} ${change.key}`);
    assert.deepEqual(kinds.toSorted(), ['delete goes', 'put changes', 'put new']);
    await other.documents.write([put('after', 4)]);
    await heard.until((changes) => changes.length === 7);
  }),
);

test('a watcher hears in the end when Redis refused its connection at first', { skip }, () =>
  withRedis(async ({ store, open, raw }) => {
    const other = await open();
    await other.documents.write([put('goes', 1)]);
    await raw.call(['CONFIG', 'SET', 'maxclients', '3']);
    const heard = hearing(store);
    assert.equal((await store.documents.list('c')).length, 1);
    assert.match(store.problems().join('\n'), /what other servers write is not heard for now \(c\)/);
    await other.documents.write([{ kind: 'delete', collection: 'c', key: 'goes' }, put('new', 1)]);
    await raw.call(['CONFIG', 'SET', 'maxclients', '100']);
    await clock.advance(5000);
    await heard.until((changes) => changes.length === 2);
    assert.deepEqual(
      heard.changes.map((change) => `${change.kind} ${change.key}`),
      ['delete goes', 'put new'],
    );
  }),
);

test(
  'a killed Redis rejects calls at once, is named among the problems, and what it acknowledged is there after it',
  { skip },
  () =>
    withRedis(
      async ({ redis, open }) => {
        // While Redis loads its file it refuses, and is asked again by the clock.
        const store = await open(realClock);
        const heard = hearing(store);
        const acknowledged = new Set<string>();
        const refused: unknown[] = [];
        let hasKilled = false;
        for (let i = 0; i < 400; i++) {
          const writes = [`a${i}`, `b${i}`].map((key) =>
            store.documents.write([put(key, i)]).then(
              () => acknowledged.add(key),
              (error: unknown) => refused.push(error),
            ),
          );
          if (i === 200) {
            hasKilled = true;
            await redis.kill();
          }
          await Promise.all(writes);
        }
        assert.ok(hasKilled && acknowledged.size > 100 && refused.length > 100);
        assert.ok(
          refused.every(
            (error) => error instanceof UnavailableError && error.code === 'VED_STATE_UNAVAILABLE',
          ),
        );
        assert.match(store.problems().join('\n'), /cannot be reached/);
        await redis.start();
        const second = await open();
        const stored = new Set((await second.documents.list('c')).map(({ key }) => key));
        for (const key of acknowledged) assert.ok(stored.has(key), `${key} was acknowledged and is gone`);
        // The first store connects again by itself: its watcher hears of this in the end.
        await second.documents.write([put('again', 1)]);
        await heard.until((changes) => changes.some(({ key }) => key === 'again'));
        assert.equal((await store.documents.find('c', 'again'))?.value, 1);
        // It may have been told by what it read, before its subscription was back.
        while (store.problems().length > 0) await realClock.yield();
      },
      ['--appendonly', 'yes', '--appendfsync', 'always'],
    ),
);

test('a Redis that stands still rejects calls at their deadline', { skip }, () =>
  withRedis(async ({ redis, store }) => {
    redis.freeze();
    const call = assert.rejects(
      store.documents.find('c', 'a'),
      /no answer of Redis at unix:.* within 5000 ms/,
    );
    await clock.advance(5000);
    await call;
    redis.thaw();
    assert.equal(await store.documents.find('c', 'a'), undefined);
  }),
);

test('ten thousand calls may wait, and one more is refused by name', { skip }, () =>
  withRedis(async ({ redis }) => {
    // The virtual clock is slow with ten thousand timers; with those of the real one a slow machine would run out of time.
    const clock = new SystemClock();
    const store = await openRedisStateStore({ ...deps, clock }, { url: redis.url, keyPrefix: 'v:' });
    clock.setTimer = () => ({ cancel: () => undefined });
    redis.freeze();
    const calls = Array.from({ length: 10_000 }, () => store.documents.find('c', 'a'));
    await assert.rejects(store.documents.find('c', 'a'), /10000 calls wait already, which is the limit/);
    redis.thaw();
    await Promise.all(calls);
    await store.close();
  }),
);

test('a full Redis rejects with VED_STORAGE_FULL, changes nothing, and reading goes on', { skip }, () =>
  withRedis(async ({ store, raw }) => {
    await store.documents.write([put('a', 1)]);
    await raw.call(['CONFIG', 'SET', 'maxmemory', '1']);
    const isFull = (error: unknown): boolean =>
      error instanceof UnavailableError && error.code === 'VED_STORAGE_FULL';
    await assert.rejects(store.documents.write([put('b', 1), put('c', 1)]), isFull);
    await assert.rejects(store.logs.append('l', [{ atMs: 1, value: 1 }]), isFull);
    assert.equal((await store.documents.list('c')).length, 1);
    await raw.call(['CONFIG', 'SET', 'maxmemory', '0']);
    assert.equal(await store.logs.append('l', [{ atMs: 1, value: 1 }]), 1);
  }),
);

test('keys of another type fail whole writes and name the way out', { skip }, () =>
  withRedis(async ({ store, raw }) => {
    await raw.call(['SET', 'v:document-keys:c', 'x']);
    const isAdvised = /another program uses the same keys.*storage\.state\.key_prefix/;
    await assert.rejects(store.documents.write([put('b', 1)]), isAdvised);
    assert.equal(await raw.call(['EXISTS', 'v:documents:c']), 0);
    await raw.call(['SET', 'v:log-times:l', 'x']);
    await assert.rejects(store.logs.append('l', [{ atMs: 1, value: 1 }]), isAdvised);
    assert.equal(await raw.call(['EXISTS', 'v:log:l']), 0);
  }),
);

test('versions count on within one call', { skip }, () =>
  withRedis(async ({ store }) => {
    await store.documents.write([
      put('a', 1, 0),
      put('a', 2, 1),
      { kind: 'delete', collection: 'c', key: 'a' },
      put('a', 3, 0),
    ]);
    assert.equal((await store.documents.find('c', 'a'))?.version, 1);
    await assert.rejects(store.documents.write([put('a', 1, 1), put('a', 2, 1)]), /got version 2, want 1/);
    assert.equal((await store.documents.find('c', 'a'))?.value, 3);
  }),
);

test('what is not durable stands among the problems', { skip }, async () => {
  const check = async (args: readonly string[], want: readonly RegExp[]): Promise<void> =>
    withRedis(async ({ store }) => {
      const got = store.problems();
      assert.equal(got.length, want.length, got.join('\n'));
      for (const [i, pattern] of want.entries()) assert.match(got[i] ?? '', pattern);
    }, args);
  await check([], [/keeps no append-only file/]);
  await check(['--appendonly', 'yes', '--appendfsync', 'everysec'], [/takes the last one or two seconds/]);
  await check(
    ['--appendonly', 'yes', '--appendfsync', 'no', '--maxmemory-policy', 'allkeys-lru'],
    [/half a minute/, /throws any state away/],
  );
  await check(['--appendonly', 'yes', '--appendfsync', 'always'], []);
});

test('after an erasure no byte of a text is in what Redis would write to disk', { skip }, () =>
  withRedis(
    async ({ redis, store, raw }) => {
      const hidden = 'planted-5b1d77';
      for (let i = 0; i < 20; i++) {
        await store.documents.write([put(`k${i}`, { who: i % 2 === 0 ? hidden : 'other' })]);
        await store.logs.append('l', [{ atMs: i, value: { who: i % 2 === 0 ? hidden : 'other' } }]);
      }
      const saved = async (): Promise<string> => {
        await raw.call(['SAVE']);
        return readFileSync(join(redis.socketPath, '..', 'dump.rdb'), 'latin1');
      };
      assert.match(await saved(), /planted-5b1d77/);
      assert.equal(await store.erase([hidden]), 20);
      assert.doesNotMatch(await saved(), /planted/);
      assert.equal((await store.logs.read('l', { direction: 'forward', afterSeq: 0, limit: 99 })).length, 10);
      assert.equal(await store.logs.trim('l', 100), 10);
      assert.equal(await store.erase(['other']), 10);
    },
    ['--rdbcompression', 'no'],
  ),
);

test('a store that was emptied is named among the problems', { skip }, () =>
  withRedis(async ({ store, raw }) => {
    const heard = hearing(store);
    await store.documents.write([put('a', 1)]);
    await raw.call(['FLUSHALL']);
    await store.documents.write([put('b', 1)]);
    await heard.until((changes) => changes.length === 3);
    assert.deepEqual(
      heard.changes.map((change) => `${change.kind} ${change.key}`),
      ['put a', 'delete a', 'put b'],
    );
    assert.match(store.problems().join('\n'), /has lost what was stored in it/);
  }),
);

test('cluster mode is refused by its name', { skip }, async () => {
  const redis = await startRedis(['--cluster-enabled', 'yes']);
  try {
    await assert.rejects(
      openRedisStateStore(deps, { url: redis.url, keyPrefix: 'v:' }),
      (error: unknown) =>
        error instanceof FatalError && /runs in cluster mode, which is not supported/.test(error.message),
    );
  } finally {
    await redis.close();
  }
});

test(
  'a password that is wrong and a Redis that is not there end the start with words',
  { skip },
  async () => {
    const redis = await startRedis(['--requirepass', 'right-password']);
    try {
      const password = async (): Promise<Secret> => new Secret('wrong-password');
      await assert.rejects(
        openRedisStateStore(deps, { url: redis.url, keyPrefix: 'v:' }),
        /NOAUTH|Authentication required/,
      );
      await assert.rejects(
        openRedisStateStore(deps, { url: redis.url, password, keyPrefix: 'v:' }),
        /WRONGPASS/,
      );
      const right = async (): Promise<Secret> => new Secret('right-password');
      await (await openRedisStateStore(deps, { url: redis.url, password: right, keyPrefix: 'v:' })).close();
      await assert.rejects(
        openRedisStateStore(deps, {
          url: `unix://${join(redis.socketPath, '..', 'none.sock')}`,
          keyPrefix: 'v:',
        }),
        (error: unknown) => error instanceof FatalError && /ENOENT.*start Redis/.test(error.message),
      );
    } finally {
      await redis.close();
    }
  },
);

test('a server that is no Redis ends the start', { skip }, async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await assert.rejects(
    openRedisStateStore({ ...deps, clock: realClock }, { url: `redis://127.0.0.1:${port}`, keyPrefix: 'v:' }),
    FatalError,
  );
  server.close();
});

/** What a watcher of `c` hears. */
function hearing(store: StateStore): {
  readonly changes: DocumentWrite[];
  readonly until: (isEnough: (changes: readonly DocumentWrite[]) => boolean) => Promise<void>;
} {
  const changes: DocumentWrite[] = [];
  let wake = (): void => undefined;
  store.documents.watch('c', (change) => {
    changes.push(change);
    wake();
  });
  return {
    changes,
    until: async (isEnough) => {
      while (!isEnough(changes)) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}
