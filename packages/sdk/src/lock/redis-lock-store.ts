import type { LockStore } from './lock-store.ts';

/** What a lock asks of a Redis client: node-redis 5 and 6 (`sendCommand`), or ioredis (`call`). Not a cluster's. */
export type LockRedisClient =
  | { sendCommand(args: string[]): Promise<unknown> }
  | { call(command: string, ...args: string[]): Promise<unknown> };

/** Deletes the key only when it holds our token: between a look and a deletion it could become somebody else's. */
const GIVE_BACK =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/** Locks that all processes share: `SET key token NX PX ttl`. */
export class RedisLockStore implements LockStore {
  readonly #client: LockRedisClient;
  readonly #prefix: string;

  constructor(client: LockRedisClient, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  async take(key: string, token: string, ttlMs: number): Promise<boolean> {
    return (await this.#run('SET', this.#prefix + key, token, 'NX', 'PX', String(ttlMs))) === 'OK';
  }

  async giveBack(key: string, token: string): Promise<boolean> {
    return (await this.#run('EVAL', GIVE_BACK, '1', this.#prefix + key, token)) === 1;
  }

  // `async`, since a client may throw where it should reject.
  async #run(command: string, ...args: string[]): Promise<unknown> {
    // ioredis has a `sendCommand`, too, which takes something else.
    return await ('call' in this.#client
      ? this.#client.call(command, ...args)
      : this.#client.sendCommand([command, ...args]));
  }
}
