import { ExpiringMap } from '../lib/expiring-map.ts';
import type { SdkClock } from '../system/system.ts';
import type { LockStore } from './lock-store.ts';

// Users at work within one second in one process; about 200 bytes each.
export const LOCAL_LOCKS_MAX = 50_000;

/** Locks of this process. At the limit the oldest are taken from their holders. */
export class LocalLockStore implements LockStore {
  readonly #tokens: ExpiringMap<string>;

  constructor({ monotonicMs }: Pick<SdkClock, 'monotonicMs'>) {
    this.#tokens = new ExpiringMap({ entriesMax: LOCAL_LOCKS_MAX, monotonicMs });
  }

  take(key: string, token: string, ttlMs: number): Promise<boolean> {
    const isFree = this.#tokens.get(key) === undefined;
    if (isFree) this.#tokens.set(key, token, ttlMs);
    return Promise.resolve(isFree);
  }

  giveBack(key: string, token: string): Promise<boolean> {
    const isOurs = this.#tokens.get(key) === token;
    if (isOurs) this.#tokens.delete(key);
    return Promise.resolve(isOurs);
  }
}
