import type { DatabaseSync } from 'node:sqlite';
import { InputError } from '@vedette/model';
import { ROWS_PER_TRANSACTION_MAX, type GroupCommit } from './group-commit.ts';
import { mentions } from '../../lib/mentions.ts';
import { ERASED_TEXTS_MAX, type DocumentWrite, type StateMention, type StateStore } from './port.ts';

/**
 * `StateStore.erase` and `mentionsOf` on SQLite.
 *
 * 1. SQLite looks for the JSON text of each id in every row, which is fast and finds too much; `mentions` judges.
 * 2. What speaks of them is deleted, in transactions of at most 500 rows.
 * 3. `VACUUM` writes the whole file anew, without the free space in which old versions lie; cutting the log behind it
 *    removes the last copy.
 */
export function createEraser(
  database: DatabaseSync,
  commits: GroupCommit,
  notify: (change: DocumentWrite) => void,
): Pick<StateStore, 'erase' | 'mentionsOf'> {
  const find = createFinder(database);
  const removeDocument = database.prepare('DELETE FROM documents WHERE collection = ? AND key = ?');
  const removeRecord = database.prepare('DELETE FROM log_records WHERE log = ? AND seq = ?');
  const erase: StateStore['erase'] = async (texts) => {
    assertTexts(texts);
    const own = await commits.bare(() => find.documents(texts, Infinity));
    await inBatches(own, (batch) =>
      commits.write([], batch.length, () => {
        for (const { collection, key } of batch) removeDocument.run(collection, key);
      }),
    );
    for (const { collection, key } of own) notify({ kind: 'delete', collection, key });
    const logged = await commits.bare(() => find.records(texts, Infinity));
    await inBatches(logged, (batch) =>
      commits.write([], batch.length, () => {
        for (const { log, seq } of batch) removeRecord.run(log, seq);
      }),
    );
    await commits.bare(() => database.exec('VACUUM'));
    return own.length + logged.length;
  };
  const mentionsOf: StateStore['mentionsOf'] = async (texts, countMax) => {
    assertTexts(texts);
    return await commits.bare(() => {
      const documents = find.documents(texts, countMax);
      return [...documents, ...find.records(texts, countMax - documents.length)];
    });
  };
  return { erase, mentionsOf };
}

interface Finder {
  documents(texts: readonly string[], countMax: number): readonly (StateMention & { kind: 'document' })[];
  records(texts: readonly string[], countMax: number): readonly (StateMention & { kind: 'record' })[];
}

function createFinder(database: DatabaseSync): Finder {
  const documents = database.prepare(
    'SELECT collection, key, value FROM documents WHERE instr(value, ?1) > 0 OR instr(key, ?2) > 0',
  );
  const records = database.prepare(
    'SELECT log, seq, at_ms, value FROM log_records WHERE instr(value, ?) > 0',
  );
  return {
    documents: (texts, countMax) => {
      const found = new Map<string, StateMention & { kind: 'document' }>();
      for (const text of texts)
        for (const row of documents.iterate(escaped(text), text)) {
          if (found.size >= countMax) return [...found.values()];
          const [collection, key] = [String(row['collection']), String(row['key'])];
          const value: unknown = JSON.parse(String(row['value']));
          if (mentions([key, value], texts))
            found.set(`${collection}\0${key}`, { kind: 'document', collection, key, value });
        }
      return [...found.values()];
    },
    records: (texts, countMax) => {
      const found = new Map<string, StateMention & { kind: 'record' }>();
      for (const text of texts)
        for (const row of records.iterate(escaped(text))) {
          if (found.size >= countMax) return [...found.values()];
          const [log, seq, atMs] = [String(row['log']), Number(row['seq']), Number(row['at_ms'])];
          const value: unknown = JSON.parse(String(row['value']));
          if (mentions(value, texts)) found.set(`${log}\0${seq}`, { kind: 'record', log, seq, atMs, value });
        }
      return [...found.values()];
    },
  };
}

export function assertTexts(texts: readonly string[]): void {
  if (texts.length <= ERASED_TEXTS_MAX && texts.every((text) => text !== '' && text.isWellFormed())) return;
  throw new InputError(
    'VED_STATE_TOO_LARGE',
    `cannot erase ${texts.length} texts from the state store: want at most ${ERASED_TEXTS_MAX}, none of them empty`,
  );
}

/** As it stands within a JSON string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

async function inBatches<T>(list: readonly T[], work: (batch: readonly T[]) => Promise<void>): Promise<void> {
  for (let i = 0; i < list.length; i += ROWS_PER_TRANSACTION_MAX)
    await work(list.slice(i, i + ROWS_PER_TRANSACTION_MAX));
}
