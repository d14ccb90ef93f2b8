import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from './schema.ts';

/** What is wrong with a `storage` section: `path: text`. */
function faultsOf(storage: unknown): string[] {
  const { error } = configSchema.safeParse({ storage });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test("Prometheus' key for the window of late samples is taken, and its other storage keys are refused by name", () => {
  assert.deepEqual(faultsOf({ tsdb: { out_of_order_time_window: '30m' } }), []);
  assert.deepEqual(faultsOf({ tsdb: {} }), []);
  assert.deepEqual(faultsOf({ tsdb: { retention: { time: '15d' } } }), [
    'storage.tsdb.retention: storage.tsdb.retention is not supported yet; use storage.metrics.retention',
  ]);
  assert.match(faultsOf({ tsdb: { out_of_order_time_window: 'long' } })[0] ?? '', /must be a duration/);
  assert.match(faultsOf({ tsdb: { block_size: 1 } })[0] ?? '', /block_size/);
});

test('two windows that differ are a fault, two that agree are not', () => {
  const storage = (ours: string, theirs: string): unknown => ({
    metrics: { out_of_order_window: ours },
    tsdb: { out_of_order_time_window: theirs },
  });
  assert.deepEqual(faultsOf(storage('30m', '1800s')), []);
  assert.deepEqual(faultsOf(storage('30m', '1h')), [
    'storage.tsdb.out_of_order_time_window: says another time than storage.metrics.out_of_order_window; leave one of them out',
  ]);
});
