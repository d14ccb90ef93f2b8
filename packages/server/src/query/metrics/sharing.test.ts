/** Running queries share the event loop in slices: a short one is not kept waiting by long ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, MemoryMetrics, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { SystemClock } from '../../lib/system-clock.ts';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { queryConfigSchema } from './config.ts';
import { createEmbeddedPromQuery } from './embedded.ts';

const NEVER = new AbortController().signal;

/** Each look at the clock finds it a millisecond on; who yields comes again in the real clock's order. */
class TurnClock extends VirtualClock {
  turns = 0;
  readonly #line = new SystemClock();
  #lookedMs = 0;

  override monotonicMs(): number {
    return ++this.#lookedMs;
  }

  override async yield(slicesHad?: number): Promise<void> {
    await this.#line.yield(slicesHad);
    this.turns++;
  }
}

test('a short query waits for a slice or two, however many long ones run', async () => {
  const clock = new TurnClock({ startMs: 0 });
  const storage = new MemoryMetrics();
  for (let i = 0; i < 50; i++)
    for (let sample = 0; sample < 200; sample++)
      storage.add(labelsOf({ __name__: 'x', i: String(i) }), sample * 15_000, sample);
  const query = createEmbeddedPromQuery(
    { reader: storage, slicer: new TimeSlicer(clock), clock, registry: createMetricsRegistry() },
    queryConfigSchema.parse({}),
  );
  const LONG_COUNT = 5;
  const long = { expr: 'stddev_over_time(x[50m])', startMs: 0, endMs: 3_000_000, stepMs: 3000 };
  let endedCount = 0;
  const longs = Array.from({ length: LONG_COUNT }, () =>
    query.range(long, NEVER).then(() => {
      endedCount++;
    }),
  );
  while (clock.turns < 50 && endedCount === 0) await new Promise((resolve) => setImmediate(resolve));
  const begunAt = clock.turns;
  await query.instant({ expr: 'x{i="7"}', atMs: 3_000_000 }, NEVER);
  const waitedTurns = clock.turns - begunAt;
  assert.equal(endedCount, 0);
  await Promise.all(longs);
  assert.ok(clock.turns > 500, `the long ones took ${clock.turns} slices`);
  assert.ok(waitedTurns <= 3, `waited ${waitedTurns} slices`);
});
