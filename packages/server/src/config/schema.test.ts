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
  assert.deepEqual(faultsOf({ tsdb: { retention: { time: '15d', size: '10GB' } } }), []);
  assert.deepEqual(faultsOf({ tsdb: { retention: { time: '0s' } } }), []);
  assert.deepEqual(faultsOf({ tsdb: { retention: { time: '59m' } } }), [
    'storage.tsdb.retention.time: must be 0 or at least 1h',
  ]);
  assert.deepEqual(faultsOf({ tsdb: { retention: { size: 20_000_000 } } }), [
    'storage.tsdb.retention.size: must be a size with its unit, such as 10MB or 1GiB, or 0',
  ]);
  assert.deepEqual(faultsOf({ tsdb: { retention: { percentage: 80 } } }), [
    'storage.tsdb.retention.percentage: percentage is not supported; say a size in storage.tsdb.retention.size',
  ]);
  assert.deepEqual(
    faultsOf({ metrics: { retention: '2d', retention_rules: [{ match: 'x', retention: '3d' }] } }).map(
      (text) => text.slice(0, 63),
    ),
    ['storage.metrics.retention_rules.0.retention: must not be longer'],
  );
  assert.match(
    faultsOf({ metrics: { engine: 'prometheus', url: 'http://a' }, tsdb: { retention: {} } })[0] ?? '',
    /storage.tsdb.retention: is for samples that are kept here/,
  );
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
