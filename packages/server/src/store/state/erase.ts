import type { DatabaseSync } from 'node:sqlite';
import { InputError } from '@vedette/model';
import { ROWS_PER_TRANSACTION_MAX, type GroupCommit } from './group-commit.ts';
import { mentions } from './mentions.ts';
import { ERASED_TEXTS_MAX, type DocumentWrite, type StateStore } from './port.ts';

/**
 * `StateStore.erase` on SQLite.
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
): StateStore['erase'] {
  const documents = database.prepare(
    'SELECT collection, key, value FROM documents WHERE instr(value, ?1) > 0 OR instr(key, ?2) > 0',
  );
  const records = database.prepare('SELECT log, seq, value FROM log_records WHERE instr(value, ?) > 0');
  const removeDocument = database.prepare('DELETE FROM documents WHERE collection = ? AND key = ?');
  const removeRecord = database.prepare('DELETE FROM log_records WHERE log = ? AND seq = ?');
  const findDocuments = (texts: readonly string[]): Map<string, { collection: string; key: string }> => {
    const found = new Map<string, { collection: string; key: string }>();
    for (const text of texts)
      for (const row of documents.all(escaped(text), text)) {
        const [collection, key] = [String(row['collection']), String(row['key'])];
        if (mentions(key, texts) || mentions(JSON.parse(String(row['value'])), texts))
          found.set(`${collection}\0${key}`, { collection, key });
      }
    return found;
  };
  const findRecords = (texts: readonly string[]): Map<string, { log: string; seq: number }> => {
    const found = new Map<string, { log: string; seq: number }>();
    for (const text of texts)
      for (const row of records.all(escaped(text))) {
        const [log, seq] = [String(row['log']), Number(row['seq'])];
        if (mentions(JSON.parse(String(row['value'])), texts)) found.set(`${log}\0${seq}`, { log, seq });
      }
    return found;
  };
  return async (texts) => {
    assertTexts(texts);
    const own = await commits.bare(() => [...findDocuments(texts).values()]);
    await inBatches(own, (batch) =>
      commits.write([], batch.length, () => {
        for (const { collection, key } of batch) removeDocument.run(collection, key);
      }),
    );
    for (const document of own) notify({ kind: 'delete', ...document });
    const logged = await commits.bare(() => [...findRecords(texts).values()]);
    await inBatches(logged, (batch) =>
      commits.write([], batch.length, () => {
        for (const { log, seq } of batch) removeRecord.run(log, seq);
      }),
    );
    await commits.bare(() => database.exec('VACUUM'));
    return own.length + logged.length;
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
