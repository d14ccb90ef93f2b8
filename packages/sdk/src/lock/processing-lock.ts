/**
 * One action at a time per user: a double click, or a flood, runs a handler once.
 *
 * 1. The lock of this process is taken first: a second action here is refused without a word to Redis, also in the
 *    moment in which Redis goes away.
 * 2. With a Redis client the lock is then taken there, for all processes. When Redis does not answer within
 *    `REDIS_MS_MAX`, or says something else than yes or no, the lock of this process alone decides, for
 *    `REDIS_PAUSE_MS` without asking: a bot that answers twice at times is better than one that does not answer. What
 *    Redis says too late is given back.
 * 3. A lock has an end (1 s): it does not outlive a process that was killed. It is not made longer while the action
 *    works; an action that takes longer than the lock may run beside the next one, and learns it from `isHeld`.
 *
 * It keeps honest users from doing things twice. It is no mutual exclusion on which money could hang: a process that
 * stands still for longer than the lock lasts goes on as if it held it.
 */
import { LATE, orLate } from '../lib/or-late.ts';
import { systemClock, systemRandom, type SdkClock, type SdkRandom } from '../system/system.ts';
import { LocalLockStore } from './local-lock-store.ts';
import type { LockStore } from './lock-store.ts';
import { RedisLockStore, type LockRedisClient } from './redis-lock-store.ts';

export interface ProcessingLockOptions {
  /** How long an action holds its lock at most, 1 to `LOCK_TTL_MS_MAX`. Default 1000. */
  readonly ttlMs?: number;
  /** A connected client of your own; it is neither connected nor closed here. Absent: this process alone. */
  readonly redis?: LockRedisClient;
  /** Before the subject, as it was given, in keys of Redis, which live for `ttlMs`. Default `vedette:lock:`. */
  readonly keyPrefix?: string;
  /** Hears that Redis fails, at most once per pause. Must not throw. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: SdkClock;
  readonly random?: SdkRandom;
}

export interface ProcessingLock {
  /**
   * Runs `action` unless one of `subject` is at work. Rejects with what `action` rejects with, and with nothing else;
   * the lock is given back either way.
   */
  withLock<T>(subject: string, action: (lease: LockLease) => T | Promise<T>): Promise<LockOutcome<T>>;
}

export interface LockLease {
  /** Whether the lock can still be ours; false once its time is over. */
  readonly isHeld: boolean;
}

export type LockOutcome<T> =
  /** `isLost`: the action took longer than the lock, and another may have run beside it. */
  { readonly kind: 'done'; readonly value: T; readonly isLost: boolean } | { readonly kind: 'busy' };

// A user waits for a handler in seconds; a lock of minutes would keep whoever's process was killed out for minutes.
export const LOCK_TTL_MS_MAX = 60_000;

const TTL_MS_DEFAULT = 1000;

// A healthy Redis answers in a millisecond. A client that has lost it keeps commands for later, without an end.
const REDIS_MS_MAX = 100;

// Short enough that a restarted Redis is soon used again, long enough that its absence costs 1 action in 20 its 100 ms.
const REDIS_PAUSE_MS = 2000;

/** Throws a RangeError when `ttlMs` is out of bounds. */
export function createProcessingLock(options: ProcessingLockOptions = {}): ProcessingLock {
  const { ttlMs = TTL_MS_DEFAULT } = options;
  if (!(Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= LOCK_TTL_MS_MAX))
    throw new RangeError(
      `cannot create a lock: ttlMs must be a whole number of 1 to ${LOCK_TTL_MS_MAX}; got ${ttlMs}`,
    );
  return new TwoStepLock(options, ttlMs);
}

class TwoStepLock implements ProcessingLock {
  readonly #ttlMs: number;
  readonly #clock: SdkClock;
  readonly #random: SdkRandom;
  readonly #local: LockStore;
  readonly #shared: LockStore | undefined;
  readonly #onError: (error: unknown) => void;
  #pausedUntilMs = -Infinity;

  constructor(options: ProcessingLockOptions, ttlMs: number) {
    this.#ttlMs = ttlMs;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#local = new LocalLockStore(this.#clock);
    this.#shared = options.redis && new RedisLockStore(options.redis, options.keyPrefix ?? 'vedette:lock:');
    this.#onError = options.onError ?? (() => undefined);
  }

  async withLock<T>(subject: string, action: (lease: LockLease) => T | Promise<T>): Promise<LockOutcome<T>> {
    const token = this.#random.uuid();
    const heldUntilMs = this.#clock.monotonicMs() + this.#ttlMs;
    const isHeld = (): boolean => this.#clock.monotonicMs() < heldUntilMs;
    if (!(await this.#local.take(subject, token, this.#ttlMs))) return { kind: 'busy' };
    try {
      const shared = await this.#takeShared(subject, token);
      if (shared === 'taken') return { kind: 'busy' };
      try {
        const value = await action({
          get isHeld() {
            return isHeld();
          },
        });
        return { kind: 'done', value, isLost: !isHeld() };
      } finally {
        if (shared === 'ours') this.#giveBackShared(subject, token);
      }
    } finally {
      await this.#local.giveBack(subject, token);
    }
  }

  /** `none`: there is no Redis, or it does not answer; the lock of this process holds alone. */
  async #takeShared(key: string, token: string): Promise<'ours' | 'taken' | 'none'> {
    if (this.#shared === undefined || this.#clock.monotonicMs() < this.#pausedUntilMs) return 'none';
    const taken = this.#shared.take(key, token, this.#ttlMs);
    try {
      const isOurs = await orLate(taken, REDIS_MS_MAX, this.#clock);
      if (isOurs !== LATE) return isOurs ? 'ours' : 'taken';
      this.#giveBackWhenTaken(taken, key, token);
      this.#pause(new Error(`cannot lock in Redis: no answer within ${REDIS_MS_MAX} ms`));
    } catch (error) {
      this.#pause(error);
    }
    return 'none';
  }

  #giveBackWhenTaken(taken: Promise<boolean>, key: string, token: string): void {
    taken.then(
      (isOurs) => {
        if (isOurs) this.#giveBackShared(key, token);
      },
      // It is paused already, and reported.
      () => undefined,
    );
  }

  /** Nobody waits for it: the user's answer does not hang on a lock that ends by itself. */
  #giveBackShared(key: string, token: string): void {
    this.#shared?.giveBack(key, token).catch((error: unknown) => this.#pause(error));
  }

  #pause(error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#pausedUntilMs) return;
    this.#pausedUntilMs = nowMs + REDIS_PAUSE_MS;
    this.#onError(error);
  }
}
