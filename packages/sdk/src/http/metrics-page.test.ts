import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposeMetrics } from '../metrics/exposition.ts';
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import type { SdkClock } from '../system/system.ts';
import { metricsPageOf } from './metrics-page.ts';

function largeRegistry(): MetricsRegistry {
  const registry = createMetricsRegistry();
  const counter = registry.counter({ name: 'x_total', help: 'h', labelNames: ['a'] });
  for (let i = 0; i < 2000; i++) counter.inc(1, `value-${i}-${'x'.repeat(50)}`);
  return registry;
}

/** Every look at it takes `stepMs`. */
function createStepClock(stepMs: number): SdkClock & { readonly turns: number } {
  let nowMs = 0;
  let turns = 0;
  return {
    nowMs: () => 0,
    monotonicMs: () => (nowMs += stepMs),
    setTimer: (_delayMs, task) => {
      turns++;
      setImmediate(task);
      return { cancel: () => undefined };
    },
    get turns() {
      return turns;
    },
  };
}

async function read(stepMs: number): Promise<{ readonly pieces: string[]; readonly turns: number }> {
  const clock = createStepClock(stepMs);
  const page = metricsPageOf(largeRegistry(), undefined, clock);
  const pieces: string[] = [];
  for await (const piece of page.pieces) pieces.push(piece);
  return { pieces, turns: clock.turns };
}

test('a long page lets the event loop run after each 5 ms of work', async () => {
  const want = [...exposeMetrics(largeRegistry(), 'prometheus')];
  assert.ok(want.length > 5);
  const slow = await read(5);
  assert.deepEqual(slow.pieces, want);
  assert.equal(slow.turns, want.length);
  const quick = await read(0);
  assert.deepEqual(quick.pieces, want);
  assert.equal(quick.turns, 0);
});
