/** Running queries share the event loop in slices: a short one is not kept waiting by long ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, MemoryMetrics, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { queryConfigSchema } from './config.ts';
import { createEmbeddedPromQuery } from './embedded.ts';

const NEVER = new AbortController().signal;

/** Each look at the clock finds it a millisecond on; who yields comes again in the order of asking, as with `setImmediate`. */
class TurnClock extends VirtualClock {
  turns = 0;
  readonly #queue: (() => void)[] = [];
  #lookedMs = 0;

  override monotonicMs(): number {
    return ++this.#lookedMs;
  }

  override yield(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve);
      // A later turn of the real loop stands for a later turn of this one: promises have settled by then.
      if (this.#queue.length === 1) setImmediate(() => this.#runOne());
    });
  }

  #runOne(): void {
    this.turns++;
    this.#queue.shift()?.();
    if (this.#queue.length > 0) setImmediate(() => this.#runOne());
  }
}

test('a short query waits no longer than about a slice for each of the long ones', async () => {
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
  assert.ok(waitedTurns <= 2 * (LONG_COUNT + 1), `waited ${waitedTurns} slices`);
});
