import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ActionJournal, type JournalRow } from './action-journal.ts';

const START_MS = 1.8e12;

function keyOf(id: number): { high: number; low: number } {
  // Few heads, so that chains are shared.
  return { high: (id % 3) * 2 ** 20, low: id };
}

function rowsOf(
  journal: ActionJournal,
  id: number,
  fromMs: number,
): { rows: JournalRow[]; wholeFromMs: number } {
  const rows: JournalRow[] = [];
  const wholeFromMs = journal.visit(keyOf(id), fromMs, (row) => rows.push(row));
  return { rows: rows.toReversed(), wholeFromMs };
}

test("a subject has its rows back, in order, from a time on, and nobody else's", () => {
  const row = fc.record({ id: fc.nat(9), second: fc.nat(100), kind: fc.integer({ min: 1, max: 3 }) });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 300 }), fc.nat(100), (rows, from) => {
      const journal = new ActionJournal({ bytesMax: 2 ** 20 });
      for (const { id, second, kind } of rows)
        journal.append(keyOf(id), { atMs: START_MS + second * 1000 + 999, count: 1, kind });
      for (let id = 0; id < 10; id++) {
        const { rows: found, wholeFromMs } = rowsOf(journal, id, START_MS + from * 1000);
        const own = rows.filter((one) => one.id === id && one.second >= from);
        assert.equal(
          found.reduce((sum, { count }) => sum + count, 0),
          own.length,
        );
        const expanded = found.flatMap(({ atMs, kind, count }) =>
          Array.from({ length: count }, () => [atMs, kind]),
        );
        assert.deepEqual(
          expanded,
          own.map(({ second, kind }) => [START_MS + second * 1000, kind]),
        );
        assert.equal(wholeFromMs, 0);
      }
    }),
  );
});

test('what does not fit goes, oldest first, and readers are told from when on all is there', () => {
  const journal = new ActionJournal({ bytesMax: 2 ** 20 });
  for (let n = 0; n < 100_000; n++)
    journal.append(keyOf(n % 10), { atMs: START_MS + n * 100, count: 1, kind: 1 + (n % 7) });
  assert.ok(journal.bytes <= 2 ** 20 + 2 ** 20, `${journal.bytes}`);
  const { rows, wholeFromMs } = rowsOf(journal, 3, 0);
  assert.ok(wholeFromMs > START_MS);
  assert.ok(rows.length > 100);
  const kept = rows.filter(({ atMs }) => atMs >= wholeFromMs).reduce((sum, { count }) => sum + count, 0);
  assert.equal(kept, (START_MS + 10_000_000 - wholeFromMs) / 1000);
});

test('segments that are older than asked for are given back', () => {
  const journal = new ActionJournal({ bytesMax: 2 ** 22 });
  for (let n = 0; n < 100_000; n++) journal.append(keyOf(n), { atMs: START_MS + n * 100, count: 1, kind: 1 });
  const before = journal.bytes;
  journal.trim(START_MS + 100_000 * 100);
  assert.ok(journal.bytes < before - 4 * 393_216);
  journal.append(keyOf(1), { atMs: START_MS + 1e8, count: 5, kind: 1 });
  assert.equal(rowsOf(journal, 1, START_MS + 1e8).rows[0]?.count, 5);
});

test('a walk over too many rows of others ends, and says so', () => {
  const journal = new ActionJournal({ bytesMax: 2 ** 22 });
  journal.append(keyOf(1), { atMs: START_MS, count: 1, kind: 1 });
  for (let n = 0; n < 9000; n++) journal.append(keyOf(4), { atMs: START_MS + n * 1000, count: 1, kind: 1 });
  const { rows, wholeFromMs } = rowsOf(journal, 1, START_MS);
  assert.equal(rows.length, 0);
  assert.ok(wholeFromMs > START_MS);
});
