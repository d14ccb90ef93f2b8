import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PagedList } from './paged-list.ts';

test('objects stand where they were put, and pages without any take no room', () => {
  const list = new PagedList<string>();
  assert.equal(list.get(0), undefined);
  list.set(1_000_000, undefined);
  assert.equal(list.sizeBytes, 0);
  for (const id of [1_000_000, 0, 4095, 4096]) list.set(id, `${id}`);
  for (const id of [1_000_000, 0, 4095, 4096]) assert.equal(list.get(id), `${id}`);
  for (const id of [1, 4094, 4097, 500_000, 1_000_001, 2_000_000]) assert.equal(list.get(id), undefined);
  assert.equal(list.sizeBytes, 3 * 4096 * 8);
  list.set(4095, undefined);
  assert.equal(list.get(4095), undefined);
});
