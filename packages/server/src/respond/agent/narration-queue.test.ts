import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisNarrative } from '@vedette/api';
import { createMetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createAgentMetrics } from './agent-metrics.ts';
import { NarrationQueue, NARRATIONS_WAITING_MAX } from './narration-queue.ts';
import { reportFixture } from './report-fixture.ts';

const NARRATIVE: AnalysisNarrative = {
  text: 'All is lost',
  claims: [],
  droppedClaimCount: 0,
  model: 'm',
  tookMs: 1,
  tokenCount: 1,
  toolCallCount: 0,
};

/** A queue before a narrator that waits to be told what to say; `asked` and `told` are ids of reports. */
function scene() {
  const asked: string[] = [];
  const told: string[] = [];
  const turns: PromiseWithResolvers<AnalysisNarrative | undefined>[] = [];
  const registry = createMetricsRegistry();
  const stopping = new AbortController();
  const queue = new NarrationQueue({
    log: SILENT_LOG,
    metrics: createAgentMetrics(registry, () => ({ waiting: 0, reports: 0 })),
    narrator: {
      narrate: ({ id }) => {
        asked.push(id);
        const turn = Promise.withResolvers<AnalysisNarrative | undefined>();
        turns.push(turn);
        return turn.promise;
      },
    },
    stopping: stopping.signal,
    onTold: ({ id }) => Promise.resolve(void told.push(id)),
  });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    queue,
    asked,
    told,
    stopping,
    add: (...ids: readonly string[]) => ids.forEach((id) => queue.add(reportFixture({ id }), 'asked')),
    /** The one under way ends. */
    end: async (how: 'told' | 'nothing' | 'failed'): Promise<void> => {
      if (how === 'failed') turns.at(-1)?.reject(new Error('no model'));
      else turns.at(-1)?.resolve(how === 'told' ? NARRATIVE : undefined);
      await settled();
    },
    droppedCount: () =>
      registry.collect().find(({ name }) => name === 'vedette_agent_dropped_total')?.samples[0]?.value ?? 0,
  };
}

test('reports are handed on one at a time, in their order; one that fails leaves the others', async () => {
  const { add, asked, told, end } = scene();
  add('a', 'b', 'c', 'd');
  assert.deepEqual(asked, ['a']);
  await end('told');
  await end('nothing');
  await end('failed');
  await end('told');
  assert.deepEqual(asked, ['a', 'b', 'c', 'd']);
  assert.deepEqual(told, ['a', 'd']);
  add('e');
  assert.equal(asked.at(-1), 'e');
});

test('a report that comes at whatever moment while the last one ends is handed on', async () => {
  for (let steps = 0; steps < 12; steps++) {
    const { add, asked, end } = scene();
    add('a');
    const ending = end('nothing');
    for (let i = 0; i < steps; i++) await Promise.resolve();
    add('b');
    await ending;
    assert.deepEqual(asked, ['a', 'b'], `${steps} steps after`);
  }
});

test('of too many that wait the oldest are dropped, and counted', async () => {
  const { add, asked, end, droppedCount } = scene();
  const ids = Array.from({ length: NARRATIONS_WAITING_MAX + 3 }, (_, i) => String(i));
  add(...ids);
  assert.equal(droppedCount(), 2);
  for (let i = 0; i <= NARRATIONS_WAITING_MAX; i++) await end('told');
  assert.deepEqual(asked, ['0', ...ids.slice(3)]);
});

test('what waits when it is cleared or stopped reaches nobody', async () => {
  const cleared = scene();
  cleared.add('a', 'b');
  cleared.queue.clear();
  await cleared.end('told');
  assert.deepEqual(cleared.asked, ['a']);
  const stopped = scene();
  stopped.add('a', 'b');
  stopped.stopping.abort();
  const settling = stopped.queue.settle();
  await stopped.end('nothing');
  await settling;
  assert.deepEqual(stopped.asked, ['a']);
});
