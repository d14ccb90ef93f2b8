import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomyColumns } from './growable.ts';

test('columns of different turns grow by half, large ones at once to a million, each at another index, and keep what they hold', () => {
  const columns = Array.from({ length: 12 }, () => new Uint32Array(0));
  const grownAt = new Map<number, number>();
  for (let index = 0; index < 200_000; index++)
    for (const [turn, column] of columns.entries()) {
      const roomy = new RoomyColumns(index).of(column, turn);
      roomy[index] = index + turn;
      if (roomy === column) continue;
      assert.ok(roomy.length > index && roomy.length < 400 + index * (index < 65_536 ? 1.6 : 16.1));
      columns[turn] = roomy;
      grownAt.set(index, (grownAt.get(index) ?? 0) + 1);
    }
  const { 0: first, ...later } = Object.fromEntries(grownAt);
  assert.equal(first, 12);
  assert.deepEqual(new Set(Object.values(later)), new Set([1]));
  for (const [turn, column] of columns.entries())
    for (let index = 0; index < 200_000; index += 997) assert.equal(column[index], index + turn);
});

test('an index far behind the end has room at once', () => {
  assert.ok(new RoomyColumns(5000).of(new Float64Array(0), 3).length > 5000);
  assert.ok(new RoomyColumns(5000).of(new Float64Array(300), 3).length > 5000);
});

test('the room of a table is that of its shortest column', () => {
  const columns = new RoomyColumns(10);
  const lengths = [columns.of(new Uint8Array(20), 0), columns.of(new Uint32Array(11), 1)].map(
    ({ length }) => length,
  );
  assert.equal(columns.length, Math.min(...lengths));
});
