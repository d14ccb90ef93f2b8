import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShardCount } from './shard-count.ts';

/** One interval in which `income` rows come, and as many leave, at `msPerRow` each. */
function pass(shards: ShardCount, income: number, msPerRow: number, pending = 0): void {
  shards.countIncome(income);
  shards.countSent(income, income * msPerRow);
  shards.update(pending);
}

test('as many shards as there are seconds of sending in a second', () => {
  const shards = new ShardCount({ min: 1, max: 50 });
  pass(shards, 10_000, 1);
  assert.equal(shards.current, 1);
  const busier = new ShardCount({ min: 1, max: 50 });
  pass(busier, 50_000, 1);
  assert.equal(busier.current, 5);
});

test('a backlog asks for more, and bounds hold', () => {
  const shards = new ShardCount({ min: 2, max: 8 });
  pass(shards, 10_000, 1, 1_000_000);
  assert.equal(shards.current, 8);
  assert.ok(shards.desired > 8);
  for (let i = 0; i < 60; i++) pass(shards, 10, 0.001);
  assert.equal(shards.current, 2);
});

test('a difference of less than a third changes nothing', () => {
  const shards = new ShardCount({ min: 1, max: 50 });
  pass(shards, 40_000, 1);
  assert.equal(shards.current, 4);
  for (let i = 0; i < 40; i++) pass(shards, 50_000, 1);
  assert.equal(shards.current, 4);
});

test('while nothing gets through the number stays', () => {
  const shards = new ShardCount({ min: 1, max: 50 });
  pass(shards, 40_000, 1);
  for (let i = 0; i < 10; i++) {
    shards.countIncome(400_000);
    shards.update(4_000_000);
  }
  assert.equal(shards.current, 4);
});
