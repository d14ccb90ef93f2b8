/**
 * `StateStore.erase` and `mentionsOf` in Redis.
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
import { mentions } from '../../lib/mentions.ts';
import type { DocumentStore, LogRecord, StateMention, StateStore } from './port.ts';
import type { RedisKeys } from './redis-keys.ts';
import { arrayOf, evalOf, logRecordOf, parseStored } from './redis-replies.ts';
import { COPY_LOG, REMOVE_RECORDS } from './redis-scripts.ts';

interface Use {
  readonly keys: RedisKeys;
  readonly documents: DocumentStore;
  readonly call: (args: readonly string[]) => Promise<RedisReply>;
}

export function createRedisEraser(use: Use): Pick<StateStore, 'erase' | 'mentionsOf'> {
  const erase: StateStore['erase'] = async (texts) => {
    assertTexts(texts);
    let count = 0;
    for (const collection of await collectionsOf(use)) count += await eraseDocuments(use, collection, texts);
    for (const log of await logsOf(use)) count += await eraseRecords(use, log, texts);
    await rewriteFile(use.call);
    return count;
  };
  const mentionsOf: StateStore['mentionsOf'] = async (texts, countMax) => {
    assertTexts(texts);
    const found: StateMention[] = [];
    for (const collection of await collectionsOf(use)) {
      // A scan may meet a document twice.
      const byKey = new Map<string, StateMention>();
      for await (const page of documentsWith(use, collection, texts))
        for (const { key, value } of page) byKey.set(key, { kind: 'document', collection, key, value });
      found.push(...byKey.values());
      if (found.length >= countMax) return found.slice(0, countMax);
    }
    for (const log of await logsOf(use))
      for await (const page of recordsWith(use, log, texts)) {
        found.push(...page.map((record) => ({ kind: 'record' as const, log, ...record })));
        if (found.length >= countMax) return found.slice(0, countMax);
      }
    return found;
  };
  return { erase, mentionsOf };
}

async function collectionsOf({ keys, call }: Use): Promise<readonly string[]> {
  // The field without a name is the epoch.
  return arrayOf(await call(['HKEYS', keys.revisions]))
    .map(String)
    .filter((name) => name !== '');
}

async function logsOf({ keys, call }: Use): Promise<readonly string[]> {
  return arrayOf(await call(['HKEYS', keys.logHeads])).map(String);
}

async function* documentsWith(
  { keys, call }: Use,
  collection: string,
  texts: readonly string[],
): AsyncIterable<readonly { readonly key: string; readonly value: unknown }[]> {
  let cursor = '0';
  do {
    const reply = arrayOf(
      await call(['HSCAN', keys.documents(collection), cursor, 'COUNT', String(ROWS_PER_TRANSACTION_MAX)]),
    );
    cursor = String(reply[0]);
    const rows = arrayOf(reply[1] ?? null).map(String);
    const page: { key: string; value: unknown }[] = [];
    for (let i = 0; i < rows.length; i += 2) {
      const { key, value } = parseStored(rows[i] ?? '', rows[i + 1] ?? '');
      if (mentions([key, value], texts)) page.push({ key, value });
    }
    yield page;
  } while (cursor !== '0');
}

/** Each page is asked for after the one before was dealt with: its records may have been removed. */
async function* recordsWith(
  { keys, call }: Use,
  log: string,
  texts: readonly string[],
): AsyncIterable<readonly LogRecord[]> {
  for (let from = 0; ;) {
    const page = ['XRANGE', keys.log(log), `${from + 1}`, '+', 'COUNT', String(ROWS_PER_TRANSACTION_MAX)];
    const records = arrayOf(await call(page)).map(logRecordOf);
    const last = records.at(-1);
    if (last === undefined) return;
    from = last.seq;
    yield records.filter(({ value }) => mentions(value, texts));
  }
}

async function eraseDocuments(use: Use, collection: string, texts: readonly string[]): Promise<number> {
  const found = new Set<string>();
  for await (const page of documentsWith(use, collection, texts)) for (const { key } of page) found.add(key);
  const all = [...found];
  for (let i = 0; i < all.length; i += ROWS_PER_TRANSACTION_MAX)
    await use.documents.write(
      all.slice(i, i + ROWS_PER_TRANSACTION_MAX).map((key) => ({ kind: 'delete', collection, key })),
    );
  return all.length;
}

async function eraseRecords(use: Use, log: string, texts: readonly string[]): Promise<number> {
  const { keys, call } = use;
  const names = [keys.log(log), keys.logTimes(log)];
  let count = 0;
  for await (const found of recordsWith(use, log, texts)) {
    const numbers = found.map(({ seq }) => String(seq));
    if (numbers.length > 0) await call(evalOf(REMOVE_RECORDS, names, numbers));
    count += numbers.length;
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
