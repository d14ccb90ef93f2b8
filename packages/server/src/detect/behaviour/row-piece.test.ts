import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlidingWindows, hashSubject, type ActionCount } from '@vedette/sdk';
import { ActionJournal } from './action-journal.ts';
import { ActionKinds } from './action-kinds.ts';
import { ROWS_PER_PIECE, RowPiece } from './row-piece.ts';
import { Suspects } from './suspects.ts';

const SEED = { first: 1, second: 2 };

function rowOf(more: Partial<ActionCount> = {}): ActionCount {
  return {
    scope: 'user',
    subject: 'u1',
    action: 'search',
    source: 'http',
    outcome: 'ok',
    count: 1,
    atMs: 0,
    ...more,
  };
}

test('a full piece has the hash and the kind of each row, also after a longer one', () => {
  const rows = Array.from({ length: ROWS_PER_PIECE }, (_, i) =>
    rowOf({ subject: `u${i}`, action: `a${i % 3}` }),
  );
  const kinds = new ActionKinds();
  const piece = new RowPiece();
  for (const part of [rows, rows.slice(5, 9)]) {
    piece.fill(part, SEED, kinds);
    piece.warm(new ActionJournal({ bytesMax: 1 }), new Suspects({ bytesMax: 1000 }));
    assert.deepEqual(
      piece.kinds.map(({ row }) => row.action),
      part.map(({ action }) => action),
    );
    part.forEach(({ subject }, i) => {
      const key = { high: 0, low: 0 };
      piece.takeKey(i, key);
      assert.deepEqual(key, hashSubject(SEED, 'user', subject));
    });
  }
});

test('reading ahead counts nothing', () => {
  const windows = createSlidingWindows({ windowMs: 60_000, promoteAt: 15 });
  const key = hashSubject(SEED, 'user', 'u1');
  windows.warm(key.high, key.low);
  assert.equal(windows.estimate(key, 0), 0);
  assert.equal(windows.add(key, 2, 0), 2);
  windows.warm(key.high, key.low);
  assert.equal(windows.estimate(key, 0), 2);
  assert.equal(windows.activeSubjects(0), 1);
});

test('kinds that share a place among the recent ones stay apart, in every word', () => {
  const kinds = new ActionKinds();
  const rows = [
    rowOf({ action: 'xa1' }),
    rowOf({ action: 'ya1' }),
    rowOf({ action: 'xa1', source: 'line' }),
    rowOf({ action: 'xa1', scope: 'ip' }),
    rowOf({ action: 'xa1', outcome: 'error' }),
    rowOf({ action: '' }),
    rowOf({ action: '1' }),
  ];
  const numbers = rows.map((row) => kinds.kindOf(row).number);
  assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7]);
  for (const order of [rows, rows.toReversed()])
    for (const row of order) assert.equal(kinds.kindOf(row).number, rows.indexOf(row) + 1);
});
