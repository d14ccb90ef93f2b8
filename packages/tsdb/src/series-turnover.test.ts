import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeriesTurnover, TurnoverTable } from './series-turnover.ts';

const MINUTE = 60_000;

test('what was created counts for an hour, and since the start', () => {
  const turnover = new SeriesTurnover();
  for (let i = 0; i < 3; i++) turnover.created('api', 'up', 0);
  turnover.created('web', 'up', 10 * MINUTE);
  turnover.removed('api', 'up', 10 * MINUTE);
  const at = (ms: number): unknown => turnover.byJob.top(9, ms);
  const api = { name: 'api', createdTotal: 3, removedTotal: 1 };
  const web = { name: 'web', createdTotal: 1, removedTotal: 0 };
  assert.deepEqual(at(54 * MINUTE), [
    { ...api, createdLastHour: 3, removedLastHour: 1 },
    { ...web, createdLastHour: 1, removedLastHour: 0 },
  ]);
  assert.deepEqual(at(61 * MINUTE), [
    { ...web, createdLastHour: 1, removedLastHour: 0 },
    { ...api, createdLastHour: 0, removedLastHour: 1 },
  ]);
  // Days later, past every slot of the ring.
  assert.deepEqual(at(100_000 * MINUTE), [
    { ...api, createdLastHour: 0, removedLastHour: 0 },
    { ...web, createdLastHour: 0, removedLastHour: 0 },
  ]);
  assert.deepEqual([turnover.createdTotal, turnover.removedTotal], [4, 1]);
  assert.deepEqual(
    turnover.byMetric.top(1, 0).map(({ name, createdTotal }) => [name, createdTotal]),
    [['up', 4]],
  );
});

test('a flood of names keeps the loud ones, counts the others together and loses no count', () => {
  const table = new TurnoverTable(10);
  for (let i = 0; i < 50; i++) table.add('loud', 0, 0);
  for (let i = 0; i < 1000; i++) table.add(`name ${i}`, i % 2 === 0 ? 0 : 1, i);
  const all = table.top(100, 1000);
  assert.equal(all[0]?.name, 'loud');
  assert.ok(all.length <= 10);
  const sum = all.reduce((total, { createdTotal, removedTotal }) => total + createdTotal + removedTotal, 0);
  const { createdTotal, removedTotal } = table.other ?? { createdTotal: 0, removedTotal: 0 };
  assert.equal(sum + createdTotal + removedTotal, 1050);
});
