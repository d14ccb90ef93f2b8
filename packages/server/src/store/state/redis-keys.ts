/** Names of the state store's keys: see `redis-scripts.ts`. */
export interface RedisKeys {
  readonly revisions: string;
  readonly logHeads: string;
  documents(collection: string): string;
  documentKeys(collection: string): string;
  changes(collection: string): string;
  log(name: string): string;
  logTimes(name: string): string;
  /** Of a moment, while a log is written anew. */
  logCopy(name: string): string;
  lease(name: string): string;
}

export function redisKeysOf(prefix: string): RedisKeys {
  return {
    revisions: `${prefix}revisions`,
    logHeads: `${prefix}log-heads`,
    documents: (collection) => `${prefix}documents:${collection}`,
    documentKeys: (collection) => `${prefix}document-keys:${collection}`,
    changes: (collection) => `${prefix}changes:${collection}`,
    log: (name) => `${prefix}log:${name}`,
    logTimes: (name) => `${prefix}log-times:${name}`,
    logCopy: (name) => `${prefix}log-copy:${name}`,
    lease: (name) => `${prefix}lease:${name}`,
  };
}
