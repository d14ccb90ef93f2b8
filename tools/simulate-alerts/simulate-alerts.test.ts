import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateAlerts, type Canary } from './simulation.ts';

test('over kills, reloads, silences and broken channels no message is lost, and none comes twice without cause', async () => {
  const { counts } = await simulateAlerts(1, { days: 0.25 });
  const killCount = [...counts].reduce(
    (sum, [what, count]) => sum + (what.startsWith('killed') ? count : 0),
    0,
  );
  assert.ok(killCount >= 1, `${killCount} kills`);
  for (const what of ['reloads', 'silences', 'messages: first notification', 'messages: all alerts resolved'])
    assert.ok((counts.get(what) ?? 0) > 0, what);
});

test('a seed repeats', async () => {
  const run = async (): Promise<unknown> => [...(await simulateAlerts(2, { days: 0.05 })).counts];
  assert.deepEqual(await run(), await run());
});

test('channels that lose messages are found out', async () => {
  const canary: Canary = 'lose-messages';
  await assert.rejects(
    simulateAlerts(2, { days: 0.4, canary }),
    /^Error: seed 2:\n[^]*\nat \d+ ms: .* fires and is not told/,
  );
});
