import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as promClient from 'prom-client';
import { exposeMetrics } from '../metrics/exposition.ts';
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import { watchEventLoop } from './event-loop.ts';
import { watchHeap } from './heap.ts';
import { watchRuntime } from './watch-runtime.ts';

const isLinux = process.platform === 'linux';

function setUp(t: TestContext, prefix = '') {
  const clock = { ms: 0, nowMs: () => 1_800_000_000_000, monotonicMs: () => clock.ms };
  const registry = createMetricsRegistry({ prefix });
  const watch = watchRuntime(registry, { clock });
  t.after(() => watch.stop());
  return { clock, registry, watch };
}

/** Values by `name` or `name{value,value}`. */
function read(registry: MetricsRegistry): Map<string, number> {
  const values = new Map<string, number>();
  for (const { samples } of registry.collect()) {
    for (const { name, labels, value } of samples)
      values.set(
        labels.length === 0 ? name : `${name}{${labels.filter((_, i) => i % 2 === 1).join(',')}}`,
        value,
      );
  }
  return values;
}

// Gauges with the suffix of counters, and private figures of Node that it has no public way to.
const LEFT_OUT = /^nodejs_active_(handles|requests)|^nodejs_active_resources_total$/;

test(
  'every name of prom-client’s default metrics is there, with its type',
  { skip: !isLinux && 'needs /proc' },
  async (t) => {
    const { registry } = setUp(t, 'shop_');
    const register = new promClient.Registry();
    promClient.collectDefaultMetrics({ register });
    const theirs = await register.getMetricsAsJSON();
    const ours = new Map(registry.read().map(({ name, type }) => [name, String(type)]));
    // Made with the first collection of each kind.
    ours.set('nodejs_gc_duration_seconds', 'histogram');
    for (const { name, type } of theirs)
      if (!LEFT_OUT.test(name)) assert.equal(ours.get(name), String(type), name);
  },
);

test('processor time is the process’ own and only grows', (t) => {
  const { clock, registry } = setUp(t);
  const before = process.cpuUsage();
  const first = read(registry).get('process_cpu_seconds_total')!;
  assert.ok(first >= (before.user + before.system) / 1e6);
  clock.ms += 1000;
  const values = read(registry);
  assert.ok(values.get('process_cpu_seconds_total')! >= first);
  const parts =
    values.get('process_cpu_user_seconds_total')! + values.get('process_cpu_system_seconds_total')!;
  assert.ok(Math.abs(values.get('process_cpu_seconds_total')! - parts) < 1e-9);
});

test(
  'memory, descriptors and versions are those of this process',
  { skip: !isLinux && 'needs /proc' },
  (t) => {
    const values = read(setUp(t).registry);
    const rss = process.memoryUsage.rss();
    assert.ok(Math.abs(values.get('process_resident_memory_bytes')! - rss) < rss / 4);
    assert.ok(values.get('process_virtual_memory_bytes')! > rss);
    assert.ok(values.get('process_heap_bytes')! > 0);
    assert.ok(values.get('process_open_fds')! >= 3);
    assert.ok(values.get('process_max_fds')! >= values.get('process_open_fds')!);
    assert.ok(values.get('nodejs_heap_space_size_used_bytes{old}')! > 0);
    assert.ok(Math.abs(values.get('process_start_time_seconds')! - (1_800_000_000 - process.uptime())) < 5);
    const [major, minor, patch] = process.versions.node.split('.');
    assert.equal(values.get(`nodejs_version_info{${process.version},${major},${minor},${patch}}`), 1);
  },
);

test('readers that come within a second see the figures of the one before', (t) => {
  const { clock, registry } = setUp(t);
  const first = read(registry).get('process_cpu_seconds_total');
  clock.ms += 999;
  assert.equal(read(registry).get('process_cpu_seconds_total'), first);
  clock.ms += 1;
  assert.notEqual(read(registry).get('process_cpu_seconds_total'), first);
});

test('a registry that was cleared has the constants again; one that was stopped keeps what it had', (t) => {
  const { clock, registry, watch } = setUp(t);
  registry.clear();
  const started = read(registry).get('process_start_time_seconds')!;
  assert.ok(started > 1_700_000_000);
  watch.stop();
  watch.stop();
  const cpu = read(registry).get('process_cpu_seconds_total');
  clock.ms += 10_000;
  assert.equal(read(registry).get('process_cpu_seconds_total'), cpu);
});

test('the summary knows the cores used between two readings', (t) => {
  const { clock, registry, watch } = setUp(t);
  assert.deepEqual(watch.latest(), { residentBytes: 0, cpuRatio: 0, lagSecondsP99: 0 });
  const before = process.cpuUsage();
  read(registry);
  for (let i = 0; i < 200; i++) createHash('sha256').update(new Uint8Array(100_000)).digest();
  clock.ms += 1000;
  read(registry);
  const used = process.cpuUsage(before);
  const { cpuRatio, residentBytes } = watch.latest();
  assert.ok(cpuRatio > 0 && cpuRatio <= (used.user + used.system) / 1e6, `ratio ${cpuRatio}`);
  assert.ok(residentBytes > 10e6);
});

test('heap figures agree with each other', (t) => {
  const values = read(setUp(t).registry);
  assert.ok(values.get('nodejs_heap_size_used_bytes')! <= values.get('nodejs_heap_size_total_bytes')!);
  assert.ok(values.get('nodejs_heap_space_size_used_bytes{old}')! > 0);
  assert.ok(values.has('nodejs_heap_space_size_available_bytes{new_large_object}'));
});

test('garbage collections are counted by kind', async (t) => {
  const { registry } = setUp(t);
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  // The observer is told in a later turn of the loop.
  for (let turn = 0; turn < 1000 && !read(registry).has('nodejs_gc_duration_seconds_count{major}'); turn++)
    await setImmediate();
  assert.ok(read(registry).get('nodejs_gc_duration_seconds_count{major}')! >= 1);
});

test('the lag does not contain the distance of the timers, and each window is its own', () => {
  const registry = createMetricsRegistry();
  const ns = 1e6;
  let resets = 0;
  const histogram = {
    count: 5,
    min: 15 * ns,
    max: 120 * ns,
    mean: 30 * ns,
    stddev: 2 * ns,
    percentile: (percent: number) => (20 + percent) * ns,
    reset: () => {
      resets++;
      histogram.count = 0;
    },
  };
  const active = { idle: 0, active: 0, utilization: 0 };
  registry.onCollect(watchEventLoop(registry, histogram, () => [active, 0.25]));
  const check = (name: string, want: number): void =>
    assert.ok(Math.abs(read(registry).get(`nodejs_eventloop_${name}`)! - want) < 1e-9, name);
  check('lag_min_seconds', 0);
  check('lag_max_seconds', 0.1);
  check('lag_seconds', 0.01);
  check('lag_p50_seconds', 0.05);
  check('lag_p90_seconds', 0.09);
  check('lag_p99_seconds', 0.099);
  check('lag_stddev_seconds', 0.002);
  check('utilization_ratio', 0.25);
  // Nothing came since: the figures stand.
  assert.equal(resets, 1);
});

test('what no longer keeps the loop alive is 0, not forgotten', () => {
  const registry = createMetricsRegistry();
  let types = ['Timeout', 'TCPSocketWrap', 'Timeout'];
  registry.onCollect(watchHeap(registry, () => types));
  assert.equal(read(registry).get('nodejs_active_resources{Timeout}'), 2);
  types = ['TCPSocketWrap'];
  assert.equal(read(registry).get('nodejs_active_resources{Timeout}'), 0);
  assert.equal(read(registry).get('nodejs_active_resources{TCPSocketWrap}'), 1);
});

test('promtool finds nothing to complain about', (t) => {
  const { registry } = setUp(t);
  const input = [...exposeMetrics(registry, 'prometheus')].join('');
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input,
    encoding: 'utf8',
  });
  if (error !== undefined && process.env['VEDETTE_PEERS'] !== 'required') {
    t.skip('promtool is not installed');
    return;
  }
  assert.equal(stdout + stderr, '');
  assert.equal(status, 0);
});
