/**
 * The state store in Redis or Valkey, for several servers that share what they know. Single writes, lists and trims are
 * scripts (`redis-scripts.ts`); watchers hear through pub/sub and re-read after an outage (`redis-watches.ts`).
 *
 * What a write that resolves means here is what Redis' own settings make of it:
 *
 * - `appendonly yes`, `appendfsync always`: on disk, as the embedded store's; Redis answers after its sync.
 * - `everysec`: handed to the system; a kill of Redis loses nothing, a power loss the last one or two seconds.
 * - without an append-only file: in memory alone.
 * - a primary that fails over may lose what its replica had not received; leases and numbers of logs with it.
 *
 * `problems()` says which of these holds. Rejected: WAITAOF (Redis 7.2). With `everysec` it makes each write wait up to a
 * second, and all others on the connection behind it; `always` gives the same at a tenth of a millisecond.
 *
 * A call that rejects with VED_STATE_UNAVAILABLE because the answer did not come may have been carried out, like a write
 * to a disk that fails to sync. Leases run by Redis' clock. `vedette backup` copies the embedded store only: Redis has its own
 * ways (a copy of its append-only or RDB file).
 */
import {
  bug,
  FatalError,
  UnavailableError,
  type Clock,
  type ConflictError,
  type Random,
} from '@vedette/model';
import {
  openRedisConnection,
  RedisRefusal,
  RedisUnavailable,
  REDIS_CALLS_MAX,
  type RedisConnection,
  type RedisConnectionOptions,
  type RedisReply,
} from '../../lib/redis-connection.ts';
import type { Log } from '../../telemetry/log.ts';
import { ROWS_PER_TRANSACTION_MAX } from './group-commit.ts';
import { assertCount, assertKeys, conflictOf, jsonOf } from './limits.ts';
import type { Document, DocumentWrite, StateStore } from './port.ts';
import { createRedisEraser } from './redis-erase.ts';
import { inspectRedis } from './redis-health.ts';
import { redisKeysOf, type RedisKeys } from './redis-keys.ts';
import { ACQUIRE, APPEND, LIST, RELEASE, TRIM, WRITE } from './redis-scripts.ts';
import { arrayOf, evalOf, logRecordOf, parseStored } from './redis-replies.ts';
import { RedisWatches, type CollectionRead, type StoredDocument } from './redis-watches.ts';
import { Turnstile } from './turnstile.ts';

export interface RedisStateStoreDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface RedisStateStoreOptions extends Pick<RedisConnectionOptions, 'url' | 'password'> {
  /** In front of every key and channel; another program's keys must not begin with it. */
  readonly keyPrefix: string;
}

interface Use {
  readonly deps: RedisStateStoreDeps;
  readonly keys: RedisKeys;
  readonly watches: RedisWatches;
  readonly turnstile: Turnstile;
  /** One command, with errors of the port. */
  readonly call: (args: readonly string[]) => Promise<RedisReply>;
}

/** Connects and looks at Redis' settings. Rejects with `FatalError` (VED_STATE_UNAVAILABLE) when it cannot be used. */
export async function openRedisStateStore(
  deps: RedisStateStoreDeps,
  options: RedisStateStoreOptions,
): Promise<StateStore> {
  const connection = await connect(deps, options);
  const keys = redisKeysOf(options.keyPrefix);
  const call = async (args: readonly string[]): Promise<RedisReply> => {
    try {
      return await connection.call(args);
    } catch (error) {
      throw portErrorOf(error, connection.address);
    }
  };
  const health = await createHealth(deps, connection);
  const watches = new RedisWatches({
    ...deps,
    isReachable: () => connection.isReady,
    openSubscriber: () => connection.openSubscriber(),
    channelOf: (collection) => keys.changes(collection),
    read: (collection) => readCollection(call, keys, collection, ''),
    onEpochChange: health.noteLoss,
  });
  const use: Use = { deps, keys, watches, turnstile: new Turnstile(REDIS_CALLS_MAX), call };
  connection.onReconnect(() => watches.retry());
  const documents = createDocuments(use);
  return {
    documents,
    ...createRedisEraser({ keys, documents, call: (args) => use.turnstile.pass(() => call(args)) }),
    logs: createLogs(use),
    leases: createLeases(use),
    problems: () => [...health.problems(), ...(connection.isReady ? watches.problems() : [])],
    close: () => {
      watches.close();
      return connection.close();
    },
  };
}

async function connect(deps: RedisStateStoreDeps, options: RedisStateStoreOptions): Promise<RedisConnection> {
  const { url, password } = options;
  try {
    return await openRedisConnection(deps, { url, password, name: 'vedette-state' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FatalError(
      'VED_STATE_UNAVAILABLE',
      `cannot open the state store: ${reason}; start Redis, or look at storage.state.url`,
      { cause: error },
    );
  }
}

interface Health {
  readonly problems: () => readonly string[];
  readonly noteLoss: () => void;
}

async function createHealth({ log }: RedisStateStoreDeps, connection: RedisConnection): Promise<Health> {
  let settings: readonly string[] = [];
  const losses = new Set<string>();
  const inspect = async (): Promise<void> => {
    settings = await inspectRedis(connection);
    for (const problem of settings) log.warn('Redis does not keep state as safely as it could', { problem });
  };
  try {
    await inspect();
  } catch (error) {
    await connection.close();
    throw error instanceof FatalError
      ? error
      : new FatalError('VED_STATE_UNAVAILABLE', `cannot open the state store: ${String(error)}`, {
          cause: error,
        });
  }
  connection.onLost(() => log.error('the connection to Redis is lost', { error: connection.lastError }));
  connection.onReconnect(() => {
    log.info('the connection to Redis is there again', { address: connection.address });
    inspect().catch((error: unknown) => log.warn('cannot look at the settings of Redis', { error }));
  });
  return {
    problems: () => [
      ...(connection.isReady
        ? []
        : [
            `Redis at ${connection.address} cannot be reached: ${connection.lastError?.message ?? 'no answer'}`,
          ]),
      ...settings,
      ...losses,
    ],
    noteLoss: () => {
      losses.add(
        `Redis at ${connection.address} has lost what was stored in it; look at its appendonly and at who flushed it`,
      );
      log.error('Redis has lost the state that was stored in it', { address: connection.address });
    },
  };
}

function createDocuments({ deps, keys, watches, turnstile, call }: Use): StateStore['documents'] {
  return {
    find: async (collection, key) => {
      assertKeys(collection, key);
      const text = await turnstile.pass(() => call(['HGET', keys.documents(collection), key]));
      return typeof text === 'string' ? documentOf(parseStored(key, text)) : undefined;
    },
    list: async (collection, prefix = '') => {
      assertKeys(collection);
      const read = await turnstile.pass(() => readCollection(call, keys, collection, prefix));
      if (prefix === '') watches.noteListed(collection, read);
      return read.documents.map(documentOf);
    },
    write: async (writes) => {
      assertCount('writes', writes.length);
      const collections = [...new Set(writes.map(({ collection }) => collection))];
      const args = writeArgs(keys, deps.random.uuid(), collections, writes);
      if (writes.length === 0) return;
      const reply = arrayOf(await turnstile.pass(() => call(args)));
      if (reply[0] === 'conflict') throw conflictIn(writes, reply);
      const putKeys = (collection: string): readonly string[] =>
        writes.filter((one) => one.kind === 'put' && one.collection === collection).map(({ key }) => key);
      await Promise.all(collections.map((one, i) => watches.heard(one, Number(reply[i]), putKeys(one))));
    },
    watch: (collection, listener) => {
      const { ready, stop } = watches.add(collection, listener);
      turnstile.hold(ready);
      return stop;
    },
  };
}

function writeArgs(
  keys: RedisKeys,
  epoch: string,
  collections: readonly string[],
  writes: readonly DocumentWrite[],
): readonly string[] {
  const rows = writes.flatMap((write) => {
    assertKeys(write.collection, write.key);
    const place = String(collections.indexOf(write.collection) + 1);
    const version = String(write.ifVersion ?? -1);
    return write.kind === 'put'
      ? [place, 'p', write.key, version, jsonOf(write.value, write.key)]
      : [place, 'd', write.key, version, ''];
  });
  const names = collections.flatMap((collection) => [
    keys.documents(collection),
    keys.documentKeys(collection),
  ]);
  const channels = collections.flatMap((collection) => [collection, keys.changes(collection)]);
  return evalOf(WRITE, [keys.revisions, ...names], [epoch, String(collections.length), ...channels, ...rows]);
}

function conflictIn(
  writes: readonly DocumentWrite[],
  [, place, version]: readonly RedisReply[],
): ConflictError {
  const write = writes[Number(place)];
  return write === undefined
    ? bug(`a conflict must name its write; got ${String(place)}`)
    : conflictOf(write, Number(version));
}

async function readCollection(
  call: Use['call'],
  keys: RedisKeys,
  collection: string,
  prefix: string,
): Promise<CollectionRead> {
  const names = [keys.revisions, keys.documents(collection), keys.documentKeys(collection)];
  const [epoch, revision, ...rows] = arrayOf(await call(evalOf(LIST, names, [collection, prefix])));
  const documents: StoredDocument[] = [];
  for (let i = 0; i < rows.length; i += 2) documents.push(parseStored(String(rows[i]), String(rows[i + 1])));
  return { epoch: String(epoch), revision: Number(revision), documents };
}

function documentOf({ key, value, version }: StoredDocument): Document {
  return { key, value, version };
}

function createLogs({ keys, turnstile, call }: Use): StateStore['logs'] {
  return {
    append: async (name, records) => {
      assertKeys(name);
      assertCount('log records', records.length);
      const rows = records.flatMap(({ atMs, value }) => {
        if (!Number.isFinite(atMs)) bug(`a log record must have a time; got ${atMs}`);
        return [String(atMs), jsonOf(value, name)];
      });
      const names = [keys.logHeads, keys.log(name), keys.logTimes(name)];
      return Number(await turnstile.pass(() => call(evalOf(APPEND, names, [name, ...rows]))));
    },
    read: async (name, request) => {
      assertKeys(name);
      const { direction, limit } = request;
      // Numbers begin at 1, and Redis takes no end below that.
      if (
        limit <= 0 ||
        (direction === 'backward' && request.beforeSeq !== undefined && request.beforeSeq <= 1)
      )
        return [];
      const range =
        direction === 'forward'
          ? ['XRANGE', keys.log(name), String(Math.max(0, request.afterSeq) + 1), '+']
          : [
              'XREVRANGE',
              keys.log(name),
              request.beforeSeq === undefined ? '+' : String(request.beforeSeq - 1),
              '-',
            ];
      const reply = await turnstile.pass(() => call([...range, 'COUNT', String(limit)]));
      return arrayOf(reply).map(logRecordOf);
    },
    trim: async (name, beforeMs) => {
      assertKeys(name);
      const names = [keys.log(name), keys.logTimes(name)];
      const args = evalOf(TRIM, names, [String(beforeMs), String(ROWS_PER_TRANSACTION_MAX)]);
      let total = 0;
      for (;;) {
        const removed = Number(await turnstile.pass(() => call(args)));
        total += removed;
        if (removed < ROWS_PER_TRANSACTION_MAX) return total;
      }
    },
  };
}

function createLeases({ keys, turnstile, call }: Use): StateStore['leases'] {
  return {
    acquire: async (name, holder, ttlMs) => {
      assertKeys(name, holder);
      // Redis knows no lease of no time; whoever asks for one has it for a moment.
      const args = evalOf(ACQUIRE, [keys.lease(name)], [holder, String(Math.max(1, Math.ceil(ttlMs)))]);
      return (await turnstile.pass(() => call(args))) === 1;
    },
    release: async (name, holder) => {
      assertKeys(name, holder);
      await turnstile.pass(() => call(evalOf(RELEASE, [keys.lease(name)], [holder])));
    },
  };
}

function portErrorOf(error: unknown, address: string): unknown {
  if (error instanceof RedisUnavailable)
    return new UnavailableError('VED_STATE_UNAVAILABLE', `cannot use the state store: ${error.message}`, {
      cause: error,
    });
  if (!(error instanceof RedisRefusal)) return error;
  const said = `Redis at ${address} says "${error.message.slice(0, 200)}"`;
  if (error.kind === 'OOM' || /No space left/.test(error.message))
    return new UnavailableError(
      'VED_STORAGE_FULL',
      `cannot write to the state store: ${said}; give it more memory or disk`,
      { cause: error },
    );
  if (error.kind === 'MISCONF')
    return new UnavailableError('VED_STORAGE_FAILED', `cannot write to the state store: ${said}`, {
      cause: error,
    });
  const advice =
    error.kind === 'WRONGTYPE'
      ? '; another program uses the same keys: delete them, or choose another storage.state.key_prefix'
      : '';
  return new UnavailableError('VED_STATE_UNAVAILABLE', `cannot use the state store: ${said}${advice}`, {
    cause: error,
  });
}
