/**
 * `StateStore.erase` in Redis.
 *
 * 1. Every collection and log that there ever was is in two hashes. Each is read in pieces; `mentions` judges.
 * 2. Documents go by ordinary writes, of which watchers hear. Records go from the log, then the log is copied: a stream keeps the
 *    bytes of removed entries within its nodes, and would write them to disk.
 * 3. Redis is asked to write its append-only file anew. It does so in the background; the old file, and RDB files that somebody
 *    saved, hold the bytes until they are replaced.
 */
import { RedisRefusal, type RedisReply } from '../../lib/redis-connection.ts';
import { assertTexts } from './erase.ts';
import { ROWS_PER_TRANSACTION_MAX } from './group-commit.ts';
import { mentions } from './mentions.ts';
import type { DocumentStore, StateStore } from './port.ts';
import type { RedisKeys } from './redis-keys.ts';
import { arrayOf, evalOf, logRecordOf, parseStored } from './redis-replies.ts';
import { COPY_LOG, REMOVE_RECORDS } from './redis-scripts.ts';

interface Use {
  readonly keys: RedisKeys;
  readonly documents: DocumentStore;
  readonly call: (args: readonly string[]) => Promise<RedisReply>;
}

export function createRedisEraser(use: Use): StateStore['erase'] {
  const { keys, call } = use;
  return async (texts) => {
    assertTexts(texts);
    let count = 0;
    for (const collection of arrayOf(await call(['HKEYS', keys.revisions])).map(String))
      // The field without a name is the epoch.
      if (collection !== '') count += await eraseDocuments(use, collection, texts);
    for (const log of arrayOf(await call(['HKEYS', keys.logHeads])).map(String))
      count += await eraseRecords(use, log, texts);
    await rewriteFile(call);
    return count;
  };
}

async function eraseDocuments(
  { keys, call, documents }: Use,
  collection: string,
  texts: readonly string[],
): Promise<number> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const reply = arrayOf(
      await call(['HSCAN', keys.documents(collection), cursor, 'COUNT', String(ROWS_PER_TRANSACTION_MAX)]),
    );
    cursor = String(reply[0]);
    const rows = arrayOf(reply[1] ?? null).map(String);
    for (let i = 0; i < rows.length; i += 2) {
      const { key, value } = parseStored(rows[i] ?? '', rows[i + 1] ?? '');
      if (mentions(key, texts) || mentions(value, texts)) found.add(key);
    }
  } while (cursor !== '0');
  const all = [...found];
  for (let i = 0; i < all.length; i += ROWS_PER_TRANSACTION_MAX)
    await documents.write(
      all.slice(i, i + ROWS_PER_TRANSACTION_MAX).map((key) => ({ kind: 'delete', collection, key })),
    );
  return all.length;
}

async function eraseRecords({ keys, call }: Use, log: string, texts: readonly string[]): Promise<number> {
  const names = [keys.log(log), keys.logTimes(log)];
  let count = 0;
  for (let from = 0; ;) {
    const page = ['XRANGE', keys.log(log), `${from + 1}`, '+', 'COUNT', String(ROWS_PER_TRANSACTION_MAX)];
    const records = arrayOf(await call(page)).map(logRecordOf);
    const last = records.at(-1);
    if (last === undefined) break;
    from = last.seq;
    const found = records.filter(({ value }) => mentions(value, texts)).map(({ seq }) => String(seq));
    if (found.length > 0) await call(evalOf(REMOVE_RECORDS, names, found));
    count += found.length;
  }
  if (count > 0) await call(evalOf(COPY_LOG, [keys.log(log), keys.logCopy(log)], []));
  return count;
}

async function rewriteFile(call: Use['call']): Promise<void> {
  try {
    await call(['BGREWRITEAOF']);
  } catch (error) {
    // One is under way and another scheduled, or the command is refused: a hosted Redis does it in its own time.
    if (!(error instanceof Error && error.cause instanceof RedisRefusal)) throw error;
  }
}
