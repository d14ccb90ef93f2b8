import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cgroupTexts,
  collectOnce,
  createContainersFixture,
  createFixtureFiles,
  DOCKER,
  ID_A,
  KUBE,
  KUBELET,
  MACHINE,
  NSPAWN,
  ONE_CONTAINER,
  PODMAN,
  processTexts,
  SANDBOX,
  type Texts,
} from './containers-fixture.ts';

const usage = (path: string, name: string): string =>
  `container_memory_usage_bytes{id="${path.replaceAll('\\', '\\\\')}", instance="web-1", job="containers", name="${name}"}`;

test('a Docker container has the series of cAdvisor, in its units', async () => {
  const rows = await collectOnce(createFixtureFiles(ONE_CONTAINER));
  const readable = Object.fromEntries(
    [...rows].map(([series, value]) => [
      series
        .replace('id="/system.slice/docker-', 'id="…')
        .replace(/id="…[^"]*", /, '')
        .replace(/,? ?name="[^"]*"/, ''),
      value,
    ]),
  );
  assert.deepEqual(readable, {
    'container_last_seen{}': 1_700_000_100,
    'container_start_time_seconds{}': 1_700_000_010,
    'container_cpu_usage_seconds_total{cpu="total"}': 12.5,
    'container_cpu_user_seconds_total{}': 10,
    'container_cpu_system_seconds_total{}': 2.5,
    'container_cpu_cfs_periods_total{}': 400,
    'container_cpu_cfs_throttled_periods_total{}': 100,
    'container_cpu_cfs_throttled_seconds_total{}': 3,
    'container_spec_cpu_quota{}': 50_000,
    'container_spec_cpu_period{}': 100_000,
    'container_spec_cpu_shares{}': 2597,
    'container_memory_usage_bytes{}': 104_857_600,
    'container_memory_working_set_bytes{}': 100_000_000,
    'container_memory_rss{}': 52_428_800,
    'container_memory_cache{}': 41_943_040,
    'container_memory_mapped_file{}': 20_971_520,
    'container_memory_kernel_usage{}': 10_485_760,
    'container_memory_max_usage_bytes{}': 157_286_400,
    'container_memory_swap{}': 0,
    'container_memory_failcnt{}': 9,
    'container_memory_failures_total{failure_type="pgfault", scope="container"}': 1000,
    'container_memory_failures_total{failure_type="pgfault", scope="hierarchy"}': 1000,
    'container_memory_failures_total{failure_type="pgmajfault", scope="container"}': 10,
    'container_memory_failures_total{failure_type="pgmajfault", scope="hierarchy"}': 10,
    'container_oom_events_total{}': 2,
    'container_spec_memory_limit_bytes{}': 209_715_200,
    'container_spec_memory_reservation_limit_bytes{}': 0,
    'container_spec_memory_swap_limit_bytes{}': 0,
    'container_fs_reads_total{device="/dev/sda"}': 1,
    'container_fs_writes_total{device="/dev/sda"}': 2,
    'container_fs_reads_bytes_total{device="/dev/sda"}': 4096,
    'container_fs_writes_bytes_total{device="/dev/sda"}': 8192,
    'container_pressure_cpu_waiting_seconds_total{}': 1.5,
    'container_pressure_cpu_stalled_seconds_total{}': 0.25,
    'container_pressure_memory_waiting_seconds_total{}': 2,
    'container_pressure_memory_stalled_seconds_total{}': 1,
    'container_pressure_io_waiting_seconds_total{}': 0.000007,
    'container_pressure_io_stalled_seconds_total{}': 0.000005,
    'container_network_receive_bytes_total{interface="eth0"}': 1000,
    'container_network_receive_packets_total{interface="eth0"}': 10,
    'container_network_receive_errors_total{interface="eth0"}': 1,
    'container_network_receive_packets_dropped_total{interface="eth0"}': 2,
    'container_network_transmit_bytes_total{interface="eth0"}': 2000,
    'container_network_transmit_packets_total{interface="eth0"}': 20,
    'container_network_transmit_errors_total{interface="eth0"}': 3,
    'container_network_transmit_packets_dropped_total{interface="eth0"}': 4,
    'container_processes{}': 1,
    'container_threads{}': 5,
    'container_threads_max{}': 0,
    'container_file_descriptors{}': 3,
    'container_sockets{}': 0,
  });
  assert.ok(rows.has(`container_last_seen{id="${DOCKER}", name="${ID_A.slice(0, 12)}"}`));
});

test('containers of every engine are watched; labels of pods come from the kubelet', async () => {
  const texts = {
    ...MACHINE,
    ...KUBELET,
    ...cgroupTexts(DOCKER, 1),
    ...cgroupTexts(PODMAN, 2),
    ...cgroupTexts(KUBE, 3),
    ...cgroupTexts(SANDBOX, 4),
    ...cgroupTexts(NSPAWN, 5),
  };
  const rows = await collectOnce(createFixtureFiles(texts));
  const labels = [...rows.keys()]
    .filter((series) => !series.includes('pod='))
    .flatMap((series) => /^container_last_seen\{id="[^"]*", (.*)\}/.exec(series)?.[1] ?? []);
  assert.deepEqual(labels, ['name="my-box"', 'name="a1b2c3d4e5f6"', 'name="b1b2c3d4e5f6"']);
  const ofPods = [...rows.keys()].filter((series) => /^container_last_seen\{.*pod=/.test(series));
  assert.deepEqual(ofPods, [
    `container_last_seen{id="${SANDBOX}", name="dddddddddddd", namespace="prod", pod="shop-7d"}`,
    `container_last_seen{container="api", id="${KUBE}", name="c1b2c3d4e5f6", namespace="prod", pod="shop-7d"}`,
  ]);
});

test('rounds come every 5 s; a container that ends gets staleness markers and the others go on', async () => {
  const texts: Texts = { ...ONE_CONTAINER, ...cgroupTexts(NSPAWN, 7) };
  const { clock, writer, collector, ownValue } = createContainersFixture(createFixtureFiles(texts));
  collector.start();
  await clock.advance(5000);
  assert.equal(ownValue('vedette_containers_watched'), 2);
  for (const file of Object.keys(texts)) if (file.includes(DOCKER)) delete texts[file];
  await clock.advance(5000);
  await collector.stop();
  assert.deepEqual(
    writer.timestampsMs.map((timestampMs) => timestampMs - 1_700_000_100_000),
    [0, 5000, 10_000],
  );
  assert.equal(writer.batches[1]?.get(usage(DOCKER, 'a1b2c3d4e5f6')), 104_857_600);
  assert.equal(writer.batches[2]?.get(usage(DOCKER, 'a1b2c3d4e5f6')), 'stale');
  assert.equal(writer.batches[2]?.get(usage(NSPAWN, 'my-box')), 104_857_600);
  assert.equal(ownValue('vedette_containers_watched'), 1);
  assert.equal(clock.pendingTimerCount, 0);
});

test('a container that ends between the list and the read has no rows and is no fault', async () => {
  const texts = { ...ONE_CONTAINER, ...cgroupTexts(NSPAWN, 7) };
  const files = createFixtureFiles(texts);
  const gone = (path: string): boolean => path.includes(DOCKER);
  const { clock, writer, words, collector } = createContainersFixture({
    ...files,
    read: (path) => (gone(path) ? undefined : files.read(path)),
  });
  collector.start();
  await clock.advance(0);
  await collector.stop();
  const series = [...(writer.batches[0]?.keys() ?? [])];
  assert.ok(series.some((name) => name.includes('my-box')));
  assert.ok(!series.some((name) => name.includes(ID_A)));
  assert.deepEqual(words, []);
});

test('a container that cannot be read is told once and takes no other with it', async () => {
  const texts = { ...ONE_CONTAINER, ...cgroupTexts(NSPAWN, 7) };
  const files = createFixtureFiles(texts);
  let isBroken = true;
  const { clock, writer, words, collector } = createContainersFixture({
    ...files,
    read: (path) => {
      if (isBroken && path === `/sys/fs/cgroup${NSPAWN}/memory.stat`) throw new Error('EIO');
      return files.read(path);
    },
  });
  collector.start();
  await clock.advance(5000);
  assert.deepEqual(words, ['cannot read a container; it lacks series']);
  assert.equal(writer.batches[1]?.get(usage(DOCKER, 'a1b2c3d4e5f6')), 104_857_600);
  assert.equal(writer.batches[1]?.has(usage(NSPAWN, 'my-box')), false);
  isBroken = false;
  await clock.advance(5000);
  assert.equal(words[1], 'containers can be read again');
  assert.equal(writer.batches[2]?.get(usage(NSPAWN, 'my-box')), 104_857_600);
  await collector.stop();
});

test('auto writes nothing until the first container appears, and goes on when the last one has ended', async () => {
  const texts: Texts = { ...MACHINE };
  const { clock, writer, collector } = createContainersFixture(createFixtureFiles(texts));
  collector.start();
  await clock.advance(10_000);
  assert.equal(writer.batches.length, 0);
  const added = cgroupTexts(DOCKER, 100);
  Object.assign(texts, added);
  await clock.advance(5000);
  assert.equal(writer.batches.length, 1);
  for (const file of Object.keys(added)) delete texts[file];
  await clock.advance(5000);
  assert.equal(writer.batches[1]?.get(usage(DOCKER, 'a1b2c3d4e5f6')), 'stale');
  assert.equal(writer.batches[1]?.get('up{instance="web-1", job="containers"}'), 1);
  await collector.stop();
});

test('true writes from the first round on', async () => {
  const { clock, writer, collector } = createContainersFixture(createFixtureFiles(MACHINE), {
    enabled: true,
  });
  collector.start();
  await clock.advance(0);
  await collector.stop();
  assert.equal(writer.batches[0]?.get('up{instance="web-1", job="containers"}'), 1);
});

test('a machine with cgroup v1 is told once and writes nothing', async () => {
  const files = createFixtureFiles({ '/sys/fs/cgroup/memory/docker/x/tasks': '1\n' });
  const { clock, writer, words, collector } = createContainersFixture(files, { enabled: true });
  collector.start();
  await clock.advance(20_000);
  await collector.stop();
  assert.deepEqual(words, ['containers are not watched: this machine has no cgroup v2']);
  assert.equal(writer.batches.length, 0);
});

test('a tree that cannot be walked is told, and the next round is another', async () => {
  const files = createFixtureFiles(ONE_CONTAINER);
  let isBroken = true;
  const { clock, writer, words, collector } = createContainersFixture({
    ...files,
    directories: (path) => {
      if (isBroken) throw new Error('EIO');
      return files.directories(path);
    },
  });
  collector.start();
  await clock.advance(0);
  assert.deepEqual(words, ['cannot look for containers']);
  isBroken = false;
  await clock.advance(5000);
  await collector.stop();
  assert.equal(writer.batches.length, 1);
});

test('containers and series beyond their limits are left out and counted', async () => {
  const texts = { ...ONE_CONTAINER, ...cgroupTexts(NSPAWN, 7) };
  const { clock, ownValue, writer, collector } = createContainersFixture(createFixtureFiles(texts), {
    container_limit: 1,
    series_limit: 100,
  });
  collector.start();
  await clock.advance(0);
  assert.equal(ownValue('vedette_containers_left_out_total'), 1);
  assert.ok(writer.batches[0]?.has(usage(NSPAWN, 'my-box')));
  await collector.stop();
  const both = createContainersFixture(
    createFixtureFiles({ ...texts, ...cgroupTexts(PODMAN, 8), ...cgroupTexts(KUBE, 9) }),
    {
      series_limit: 100,
    },
  );
  both.collector.start();
  await both.clock.advance(0);
  await both.collector.stop();
  assert.equal(both.writer.batches[0]?.size, 100);
  assert.ok(both.ownValue('vedette_containers_left_out_total') > 0);
});

test('services have the label id alone', async () => {
  const texts = { ...MACHINE, ...cgroupTexts('/system.slice/nginx.service', 9), ...processTexts(9) };
  const rows = await collectOnce(createFixtureFiles(texts), { services: true });
  assert.equal(rows.get('container_processes{id="/system.slice/nginx.service"}'), 1);
  assert.ok(![...rows.keys()].some((series) => series.startsWith('container_network_')));
});

test('families are described once, as counters and gauges', async () => {
  const { clock, writer, collector } = createContainersFixture(createFixtureFiles(ONE_CONTAINER));
  collector.start();
  await clock.advance(10_000);
  await collector.stop();
  const own = writer.metadata.filter(({ family }) => family.startsWith('container_'));
  assert.equal(own.length, new Set(own.map(({ family }) => family)).size);
  for (const { family, type, help } of own) {
    // The one counter of cAdvisor whose name does not say so.
    const isCounter = family.endsWith('_total') || family === 'container_memory_failcnt';
    assert.equal(type, isCounter ? 'counter' : 'gauge', family);
    assert.match(help, /^[A-Z].*\.$/, family);
  }
});
