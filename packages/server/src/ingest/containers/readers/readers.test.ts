/** What readers make of what is missing, odd or shared; the whole of a usual container is in container-collector.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cgroupTexts,
  collectOnce,
  createContainersFixture,
  createFixtureFiles,
  DOCKER,
  KUBE,
  KUBELET,
  MACHINE,
  NSPAWN,
  ONE_CONTAINER,
  processTexts,
  SANDBOX,
  type Texts,
} from '../containers-fixture.ts';
import { CONTAINER_DEVICES_MAX } from './disk.ts';
import { CONTAINER_INTERFACES_MAX } from './network.ts';
import { DESCRIPTORS_PERIOD_MS, DESCRIPTORS_READ_MAX, PROCESSES_READ_MAX } from './processes.ts';

const at = (file: string): string => `/sys/fs/cgroup${DOCKER}/${file}`;

/** Values of one family by the labels behind those of the container. */
async function valuesOf(
  family: string,
  changes: Record<string, string | undefined>,
  links: Texts = {},
): Promise<Record<string, number | 'stale'>> {
  const texts: Texts = {};
  for (const [path, text] of Object.entries({ ...ONE_CONTAINER, ...changes }))
    if (text !== undefined) texts[path] = text;
  const rows = await collectOnce(createFixtureFiles(texts, links));
  const values: Record<string, number | 'stale'> = {};
  for (const [series, value] of rows)
    if (series.startsWith(`${family}{`)) {
      const extra = /(?:cpu|device|interface)="([^"]*)"/.exec(series)?.[1];
      values[extra ?? ''] = value;
    }
  return values;
}

test('cpu: without a quota there is nothing to be throttled by', async () => {
  const changes = { [at('cpu.max')]: 'max 100000\n' };
  assert.deepEqual(await valuesOf('container_spec_cpu_quota', changes), {});
  assert.deepEqual(await valuesOf('container_cpu_cfs_periods_total', changes), {});
  assert.deepEqual(await valuesOf('container_spec_cpu_period', changes), { '': 100_000 });
});

test('cpu: weights are shares, also at both ends; other numbers are none', async () => {
  const shares = (weight: string): Promise<Record<string, number | 'stale'>> =>
    valuesOf('container_spec_cpu_shares', { [at('cpu.weight')]: weight });
  assert.deepEqual(await shares('1\n'), { '': 2 });
  assert.deepEqual(await shares('39\n'), { '': 998 });
  assert.deepEqual(await shares('10000\n'), { '': 262_144 });
  assert.deepEqual(await shares('0\n'), {});
  assert.deepEqual(await shares('10001\n'), {});
});

test('controllers that are off leave their families out and no others', async () => {
  const changes: Record<string, string | undefined> = {};
  for (const file of Object.keys(cgroupTexts(DOCKER, 100)))
    if (!/cgroup\.|cpu\.stat/.test(file)) changes[file] = undefined;
  changes[at('cpu.stat')] = 'usage_usec 5000000\n';
  for (const family of ['container_memory_usage_bytes', 'container_threads', 'container_fs_reads_total'])
    assert.deepEqual(await valuesOf(family, changes), {}, family);
  assert.deepEqual(await valuesOf('container_cpu_usage_seconds_total', changes), { total: 5 });
  assert.deepEqual(await valuesOf('container_processes', changes), { '': 1 });
});

test('memory: the working set never falls below 0, and largest numbers are numbers', async () => {
  assert.deepEqual(
    await valuesOf('container_memory_working_set_bytes', { [at('memory.current')]: '4096\n' }),
    { '': 0 },
  );
  const largest = { [at('memory.current')]: '18446744073709551615\n' };
  assert.deepEqual(await valuesOf('container_memory_usage_bytes', largest), { '': 2 ** 64 });
});

test('disk: a device without a name keeps its number', async () => {
  const changes = { [at('io.stat')]: '259:7 rbytes=1 wbytes=2 rios=3 wios=4\n' };
  assert.deepEqual(await valuesOf('container_fs_writes_total', changes), { '259:7': 4 });
});

test('disk: devices at the limit are kept, the one beyond is left out and counted', async () => {
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, i) => `8:${i} rios=1`).join('\n');
  const countAt = async (count: number): Promise<number> =>
    Object.keys(await valuesOf('container_fs_reads_total', { [at('io.stat')]: lines(count) })).length;
  assert.equal(await countAt(CONTAINER_DEVICES_MAX), CONTAINER_DEVICES_MAX);
  assert.equal(await countAt(CONTAINER_DEVICES_MAX + 1), CONTAINER_DEVICES_MAX);
});

test('network: interfaces at the limit are kept, the one beyond is left out', async () => {
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, i) => `eth${i}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16`).join('\n');
  const countAt = async (count: number): Promise<number> =>
    Object.keys(
      await valuesOf('container_network_receive_bytes_total', { '/proc/100/net/dev': lines(count) }),
    ).length;
  assert.equal(await countAt(CONTAINER_INTERFACES_MAX), CONTAINER_INTERFACES_MAX);
  assert.equal(await countAt(CONTAINER_INTERFACES_MAX + 1), CONTAINER_INTERFACES_MAX);
});

test('network: a container in the network of the machine has no traffic of its own', async () => {
  const family = 'container_network_receive_bytes_total';
  const machine = { '/proc/1/ns/net': 'net:[1]' };
  assert.deepEqual(await valuesOf(family, {}, { ...machine, '/proc/100/ns/net': 'net:[1]' }), {});
  assert.deepEqual(await valuesOf(family, {}, { ...machine, '/proc/100/ns/net': 'net:[2]' }), { eth0: 1000 });
  assert.deepEqual(
    await valuesOf(family, {}, { '/proc/self/ns/net': 'net:[1]', '/proc/100/ns/net': 'net:[1]' }),
    {},
  );
});

test('network: what a pod shares is written once, for its sandbox, with and without the right to look', async () => {
  const texts = {
    ...MACHINE,
    ...KUBELET,
    ...cgroupTexts(KUBE, 3),
    ...processTexts(3),
    ...cgroupTexts(SANDBOX, 4),
    ...processTexts(4),
  };
  const shared = { '/proc/3/ns/net': 'net:[7]', '/proc/4/ns/net': 'net:[7]' };
  for (const links of [undefined, shared]) {
    const rows = await collectOnce(createFixtureFiles(texts, links));
    const traffic = [...rows.keys()].filter((series) =>
      series.startsWith('container_network_receive_bytes_'),
    );
    assert.equal(traffic.length, 1);
    assert.ok(traffic[0]?.includes(SANDBOX) === true, traffic[0] ?? 'none');
  }
});

test('processes of groups inside of the container count', async () => {
  const texts: Texts = { ...MACHINE, ...cgroupTexts(NSPAWN, 7) };
  texts[`/sys/fs/cgroup${NSPAWN}/cgroup.procs`] = '';
  texts[`/sys/fs/cgroup${NSPAWN}/init.scope/cgroup.procs`] = '7\n';
  texts[`/sys/fs/cgroup${NSPAWN}/system.slice/x.service/cgroup.procs`] = '8\n9\n';
  const rows = await collectOnce(createFixtureFiles(texts));
  assert.equal(rows.get(`container_processes{id="${NSPAWN.replaceAll('\\', '\\\\')}", name="my-box"}`), 3);
});

test('processes of another pid namespace read as 0: they count, and nothing is said of what they have open', async () => {
  const changes = { [at('cgroup.procs')]: '0\n0\n' };
  assert.deepEqual(await valuesOf('container_processes', changes), { '': 2 });
  for (const family of ['container_file_descriptors', 'container_start_time_seconds'])
    assert.deepEqual(await valuesOf(family, changes), {}, family);
});

test('sockets are told from files; descriptors that we may not see are no series', async () => {
  const links = { '/proc/100/fd/0': 'socket:[5]', '/proc/100/fd/1': '/dev/null' };
  assert.deepEqual(await valuesOf('container_sockets', {}, links), { '': 1 });
  const hidden = { '/proc/100/fd/0': undefined, '/proc/100/fd/1': undefined, '/proc/100/fd/2': undefined };
  assert.deepEqual(await valuesOf('container_file_descriptors', hidden), {});
  // Without its stat the process has ended, and has nothing open.
  const ended = { ...hidden, '/proc/100/stat': undefined };
  assert.deepEqual(await valuesOf('container_file_descriptors', ended), { '': 0 });
});

test('descriptors and processes at their limits are counted, one beyond gives no series', async () => {
  const descriptors = async (count: number): Promise<unknown> => {
    const changes: Texts = {};
    for (let i = 3; i < count; i++) changes[`/proc/100/fd/${i}`] = '';
    return await valuesOf('container_file_descriptors', changes);
  };
  assert.deepEqual(await descriptors(DESCRIPTORS_READ_MAX), { '': DESCRIPTORS_READ_MAX });
  assert.deepEqual(await descriptors(DESCRIPTORS_READ_MAX + 1), {});
  const processes = async (count: number): Promise<unknown> => {
    const pids = Array.from({ length: count }, (_, i) => 1000 + i);
    return await valuesOf('container_file_descriptors', { [at('cgroup.procs')]: pids.join('\n') });
  };
  assert.deepEqual(await processes(PROCESSES_READ_MAX), { '': 0 });
  assert.deepEqual(await processes(PROCESSES_READ_MAX + 1), {});
});

test('descriptors are counted every 30 s and shown between', async () => {
  const texts: Texts = { ...ONE_CONTAINER };
  const { clock, writer, collector } = createContainersFixture(createFixtureFiles(texts));
  collector.start();
  const count = (): unknown =>
    [...(writer.batches.at(-1) ?? [])].find(([series]) =>
      series.startsWith('container_file_descriptors'),
    )?.[1];
  await clock.advance(0);
  texts['/proc/100/fd/3'] = '';
  await clock.advance(DESCRIPTORS_PERIOD_MS - 5000);
  assert.equal(count(), 3);
  await clock.advance(5000);
  assert.equal(count(), 4);
  await collector.stop();
});

test('a container begins with its oldest process, and begins again when that one is another', async () => {
  const texts: Texts = {
    ...ONE_CONTAINER,
    ...processTexts(99, 5000),
    [at('cgroup.procs')]: '99\n100\n',
  };
  const { clock, writer, collector } = createContainersFixture(createFixtureFiles(texts));
  collector.start();
  const started = (): unknown =>
    [...(writer.batches.at(-1) ?? [])].find(([series]) => series.startsWith('container_start_time'))?.[1];
  await clock.advance(0);
  assert.equal(started(), 1_700_000_010);
  texts[at('cgroup.procs')] = '100\n';
  await clock.advance(5000);
  assert.equal(started(), 1_700_000_010);
  texts[at('cgroup.procs')] = '99\n';
  await clock.advance(5000);
  assert.equal(started(), 1_700_000_050);
  await collector.stop();
});
