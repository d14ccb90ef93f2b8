/** `@vedette/sdk/lock`: one action at a time per user. */
export {
  createProcessingLock,
  LOCK_TTL_MS_MAX,
  type LockLease,
  type LockOutcome,
  type ProcessingLock,
  type ProcessingLockOptions,
} from './processing-lock.ts';
export type { LockRedisClient } from './redis-lock-store.ts';
