import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry, exposeMetrics, type MetricsRegistry } from '@vedette/sdk';
import { watchHeap } from './heap-metrics.ts';
import { registerProcessMetrics, type ProcessMetrics } from './process-metrics.ts';

const isLinux = process.platform === 'linux';

function setUp(): { clock: VirtualClock; metrics: MetricsRegistry; own: ProcessMetrics } {
  const clock = new VirtualClock({ startMs: 1_800_000_000_000 });
  const metrics = createMetricsRegistry();
  return { clock, metrics, own: registerProcessMetrics({ clock, metrics }, { version: '1.2.3' }) };
}

/** Values by `name` or `name{value,value}`. */
function read(metrics: MetricsRegistry): Map<string, number> {
  const values = new Map<string, number>();
  for (const { samples } of metrics.collect()) {
    for (const { name, labels, value } of samples)
      values.set(
        labels.length === 0 ? name : `${name}{${labels.filter((_, i) => i % 2 === 1).join(',')}}`,
        value,
      );
  }
  return values;
}

test('processor time is the process’ own and adds up', (t) => {
  const { metrics, own } = setUp();
  t.after(() => own.stop());
  const before = process.cpuUsage();
  const values = read(metrics);
  const total = values.get('process_cpu_seconds_total')!;
  assert.ok(total >= (before.user + before.system) / 1e6);
  const parts =
    values.get('process_cpu_user_seconds_total')! + values.get('process_cpu_system_seconds_total')!;
  assert.ok(Math.abs(total - parts) < 1e-9);
  assert.ok(read(metrics).get('process_cpu_seconds_total')! >= total);
});

test('the start of the process is its age before now', (t) => {
  const { metrics, own } = setUp();
  t.after(() => own.stop());
  const started = read(metrics).get('process_start_time_seconds')!;
  assert.ok(Math.abs(1_800_000_000 - process.uptime() - started) < 5);
});

test('memory and descriptors are what the kernel says', { skip: !isLinux && 'needs /proc' }, (t) => {
  const { metrics, own } = setUp();
  t.after(() => own.stop());
  const values = read(metrics);
  const rss = process.memoryUsage.rss();
  assert.ok(Math.abs(values.get('process_resident_memory_bytes')! - rss) < rss / 4);
  assert.ok(values.get('process_virtual_memory_bytes')! > rss);
  assert.ok(values.get('process_heap_bytes')! > 0);
  assert.ok(values.get('process_open_fds')! >= 3);
  assert.ok(values.get('process_max_fds')! >= values.get('process_open_fds')!);
});

test('versions stand in labels', (t) => {
  const { metrics, own } = setUp();
  t.after(() => own.stop());
  const values = read(metrics);
  assert.equal(values.get(`vedette_build_info{1.2.3,${process.versions.node}}`), 1);
  const [major, minor, patch] = process.versions.node.split('.');
  assert.equal(values.get(`nodejs_version_info{${process.version},${major},${minor},${patch}}`), 1);
});

test('heap figures agree with each other', (t) => {
  const { metrics, own } = setUp();
  t.after(() => own.stop());
  const values = read(metrics);
  assert.ok(values.get('nodejs_heap_size_used_bytes')! <= values.get('nodejs_heap_size_total_bytes')!);
  assert.ok(values.get('nodejs_heap_space_size_used_bytes{old}')! > 0);
  assert.ok(values.has('nodejs_heap_space_size_available_bytes{new_large_object}'));
});

test('what no longer keeps the loop alive is 0, not forgotten', () => {
  const metrics = createMetricsRegistry();
  let types = ['Timeout', 'TCPSocketWrap', 'Timeout'];
  metrics.onCollect(watchHeap(metrics, () => types));
  assert.equal(read(metrics).get('nodejs_active_resources{Timeout}'), 2);
  types = ['TCPSocketWrap'];
  assert.equal(read(metrics).get('nodejs_active_resources{Timeout}'), 0);
  assert.equal(read(metrics).get('nodejs_active_resources{TCPSocketWrap}'), 1);
});

test('the summary knows the cores used between two readings', async (t) => {
  const { clock, metrics, own } = setUp();
  t.after(() => own.stop());
  const before = process.cpuUsage();
  read(metrics);
  for (let i = 0; i < 200; i++) createHash('sha256').update(new Uint8Array(100_000)).digest();
  await clock.advance(1000);
  read(metrics);
  const used = process.cpuUsage(before);
  const { cpuRatio, rssBytes } = own.latest();
  assert.ok(cpuRatio > 0 && cpuRatio <= (used.user + used.system) / 1e6, `ratio ${cpuRatio}`);
  assert.ok(rssBytes > 10e6);
});

test('garbage collections are counted by kind', async (t) => {
  const { metrics, own } = setUp();
  t.after(() => own.stop());
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  // The observer is told in a later turn of the loop.
  for (let turn = 0; turn < 1000 && !read(metrics).has('nodejs_gc_duration_seconds_count{major}'); turn++)
    await setImmediate();
  assert.ok(read(metrics).get('nodejs_gc_duration_seconds_count{major}')! >= 1);
});

const promtool = spawnSync('promtool', ['--version']);
const isRequired = process.env['VEDETTE_PEERS'] === 'required';

test(
  'promtool finds nothing to complain about',
  { skip: promtool.error !== undefined && !isRequired && 'promtool is not installed' },
  (t) => {
    const { metrics, own } = setUp();
    t.after(() => own.stop());
    const input = [...exposeMetrics(metrics, 'prometheus')].join('');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    assert.equal(stdout + stderr, '');
    assert.equal(status, 0);
  },
);
