/** Where locks are kept: one token per key, each with an end. */
export interface LockStore {
  /** Takes `key` for `ttlMs` unless it is taken; says whether it is ours now. Rejects when that cannot be known. */
  take(key: string, token: string, ttlMs: number): Promise<boolean>;
  /** Gives `key` back if `token` still holds it; false when it was over, or somebody else's by now. */
  giveBack(key: string, token: string): Promise<boolean>;
}
