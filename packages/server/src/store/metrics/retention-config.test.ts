import assert from 'node:assert/strict';
import { test } from 'node:test';
import { embeddedStorageSchema, findRetentionFaults, retentionOf, tsdbRetentionSchema } from './config.ts';

const DAY = 86_400_000;

function storageOf(ours: object, theirs?: object): Parameters<typeof retentionOf>[0] {
  return {
    metrics: embeddedStorageSchema.parse(ours),
    tsdb: theirs === undefined ? undefined : { retention: tsdbRetentionSchema.parse(theirs) },
  };
}

test('what is kept is said by our keys or by those of a prometheus.yml', () => {
  const check = (ours: object, theirs: object | undefined, days: number, bytes: number): void =>
    assert.deepEqual(retentionOf(storageOf(ours, theirs)), {
      retentionMs: days * DAY,
      retentionBytes: bytes,
    });
  check({}, undefined, 30, 0);
  check({ retention: '10d', retention_size: '1GB' }, undefined, 10, 2 ** 30);
  check({}, { time: '15d' }, 15, 0);
  check({}, { time: '15d', size: '10GB' }, 15, 10 * 2 ** 30);
  // Upstream: a size alone is no limit of time; zeros are the default.
  check({}, { size: '10GB' }, 36_500, 10 * 2 ** 30);
  check({}, { time: '0s', size: '10GB' }, 36_500, 10 * 2 ** 30);
  check({}, { time: '0s', size: 0 }, 30, 0);
});

test('what contradicts itself is a fault at its key', () => {
  const check = (ours: object, theirs: object | undefined, want: [path: string, message: RegExp][]): void => {
    const faults = findRetentionFaults(storageOf(ours, theirs));
    assert.deepEqual(
      faults.map(({ path }) => path.join('.')),
      want.map(([path]) => path),
    );
    for (const [i, [, message]] of want.entries()) assert.match(faults[i]?.message ?? '', message);
  };
  check({ retention: '10d' }, { time: '10d' }, []);
  check({ retention: '10d' }, { time: '11d' }, [['tsdb.retention.time', /another time/]]);
  check({ retention_size: '1GB' }, { size: '2GB' }, [['tsdb.retention.size', /another size/]]);
  check({}, { size: '1MB' }, [['tsdb.retention.size', /at least 16MB/]]);
  const rule = { match: '{job="debug"}', retention: '30d' };
  check({ retention_rules: [rule] }, undefined, []);
  check({ retention_rules: [rule] }, { time: '7d' }, [
    ['metrics.retention_rules.0.retention', /not be longer than the retention of all, 1w/],
  ]);
});

test('sizes, rules and limits of jobs are checked', () => {
  const bad = [
    { retention_size: '15MB' },
    { retention_size: 5 },
    { retention_rules: [{ match: '', retention: '3d' }] },
    { retention_rules: [{ match: 'x', retention: '2h' }] },
    { retention_rules: [{ match: 'x' }] },
    { retention_rules: Array.from({ length: 101 }, () => ({ match: 'x', retention: '3d' })) },
    { series_max_per_job: -1 },
    { series_max_by_job: { api: 'many' } },
    { series_max_by_job: { '': 1 } },
  ];
  for (const one of bad)
    assert.equal(embeddedStorageSchema.safeParse(one).success, false, JSON.stringify(one));
  assert.equal(tsdbRetentionSchema.safeParse({ percentage: 80 }).success, false);
});

test('what is downsampled is kept longer than what it was made from; without the key nothing is', () => {
  const day = 86_400_000;
  assert.equal('downsampling' in embeddedStorageSchema.parse({}), false);
  assert.deepEqual(embeddedStorageSchema.parse({ downsampling: {} }).downsampling, {
    retention_5m: 180 * day,
    retention_1h: 730 * day,
  });
  const faultsOf = (ours: Record<string, unknown>, tsdb = {}): string[] =>
    findRetentionFaults({ metrics: embeddedStorageSchema.parse(ours), tsdb }).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
  assert.deepEqual(faultsOf({ retention: '200d', downsampling: {} }), [
    'metrics.downsampling.retention_5m: must not be shorter than the retention of samples, 200d',
  ]);
  assert.deepEqual(faultsOf({ downsampling: { retention_1h: '90d' } }), [
    'metrics.downsampling.retention_1h: must not be shorter than retention_5m, 180d',
  ]);
  assert.deepEqual(
    faultsOf({ retention: '1d', downsampling: { retention_5m: '1d', retention_1h: '1d' } }),
    [],
  );
  const bySize = { retention: { time: 0, size: 2 ** 30 } };
  assert.deepEqual(faultsOf({ downsampling: {} }, bySize), [], 'how long samples are kept, nobody knows');
});
