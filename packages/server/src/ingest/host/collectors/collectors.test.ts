import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SILENT_LOG, type Log } from '../../../telemetry/log.ts';
import { collectOver, createFixture, createFixtureFiles, type FileTexts } from '../collector-fixture.ts';
import type { CollectorDefinition } from '../collector.ts';
import { conntrack } from './conntrack.ts';
import { cpu } from './cpu.ts';
import { diskstats } from './diskstats.ts';
import { dmi } from './dmi.ts';
import { entropy } from './entropy.ts';
import { filefd } from './filefd.ts';
import { LINUX_COLLECTORS } from './list.ts';
import { loadavg } from './loadavg.ts';
import { meminfo } from './meminfo.ts';
import { netdev } from './netdev.ts';
import { osRelease } from './os-release.ts';
import { portable } from './portable.ts';
import { pressure } from './pressure.ts';
import { stat } from './stat.ts';
import { time } from './time.ts';
import { uname } from './uname.ts';
import { vmstat } from './vmstat.ts';

async function check(
  definition: CollectorDefinition,
  texts: FileTexts,
  want: Record<string, number>,
): Promise<void> {
  assert.deepEqual(await collectOver(definition, texts), want);
}

test('cpu: seconds per processor and mode; the line of the sum is left out', async () => {
  await check(
    cpu,
    { '/proc/stat': 'cpu  9 9 9 9 9 9 9 9 9 9\ncpu3 100 20 300 4000 50 6 7 8 9 1\nintr 5 1\n' },
    {
      'node_cpu_seconds_total{cpu="3", mode="user"}': 1,
      'node_cpu_seconds_total{cpu="3", mode="nice"}': 0.2,
      'node_cpu_seconds_total{cpu="3", mode="system"}': 3,
      'node_cpu_seconds_total{cpu="3", mode="idle"}': 40,
      'node_cpu_seconds_total{cpu="3", mode="iowait"}': 0.5,
      'node_cpu_seconds_total{cpu="3", mode="irq"}': 0.06,
      'node_cpu_seconds_total{cpu="3", mode="softirq"}': 0.07,
      'node_cpu_seconds_total{cpu="3", mode="steal"}': 0.08,
      'node_cpu_guest_seconds_total{cpu="3", mode="user"}': 0.09,
      'node_cpu_guest_seconds_total{cpu="3", mode="nice"}': 0.01,
    },
  );
});

test('cpu: a small step back is held, a processor that came anew starts anew', async () => {
  const texts = { '/proc/stat': 'cpu0 100 0 0 1000 500 0 0 0 0 0' };
  const { collect } = createFixture(cpu, createFixtureFiles(texts));
  const read = async (): Promise<number[]> => {
    const values = await collect();
    return ['user', 'idle', 'iowait'].map(
      (mode) => values[`node_cpu_seconds_total{cpu="0", mode="${mode}"}`]!,
    );
  };
  assert.deepEqual(await read(), [1, 10, 5]);
  texts['/proc/stat'] = 'cpu0 110 0 0 990 499 0 0 0 0 0';
  assert.deepEqual(await read(), [1.1, 10, 5]);
  texts['/proc/stat'] = 'cpu0 1 0 0 2 3 0 0 0 0 0';
  assert.deepEqual(await read(), [0.01, 0.02, 0.03]);
});

test('cpu: an old kernel without the last columns reads as 0 there', async () => {
  const values = await collectOver(cpu, { '/proc/stat': 'cpu0 100 0 0 1000\n' });
  assert.equal(values['node_cpu_seconds_total{cpu="0", mode="steal"}'], 0);
  assert.equal(values['node_cpu_guest_seconds_total{cpu="0", mode="nice"}'], 0);
});

test('meminfo: kB become bytes, counts stay, brackets become underscores', async () => {
  await check(
    meminfo,
    { '/proc/meminfo': 'MemTotal:       2 kB\nActive(anon):    3 kB\nHugePages_Total:    7\n\n' },
    { node_memory_MemTotal_bytes: 2048, node_memory_Active_anon_bytes: 3072, node_memory_HugePages_Total: 7 },
  );
});

test('loadavg: three averages', async () => {
  await check(
    loadavg,
    { '/proc/loadavg': '0.52 1.25 3.00 2/345 6789\n' },
    { node_load1: 0.52, node_load5: 1.25, node_load15: 3 },
  );
});

test('netdev: sixteen columns in their order, without lo; a full column may touch the colon', async () => {
  const values = await collectOver(netdev, {
    '/proc/net/dev':
      'Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n' +
      '    lo: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n' +
      '  eth0:101 102 103 104 105 106 107 108 201 202 203 204 205 206 207 208\n',
  });
  const receive = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast'];
  const transmit = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed'];
  assert.deepEqual(values, {
    ...Object.fromEntries(receive.map((c, i) => [`node_network_receive_${c}_total{device="eth0"}`, 101 + i])),
    ...Object.fromEntries(
      transmit.map((c, i) => [`node_network_transmit_${c}_total{device="eth0"}`, 201 + i]),
    ),
  });
});

test('netdev: a cut-off line gives the columns it has, never a 0 that would read as a restart', async () => {
  assert.deepEqual(await collectOver(netdev, { '/proc/net/dev': 'eth0: 5 6' }), {
    'node_network_receive_bytes_total{device="eth0"}': 5,
    'node_network_receive_packets_total{device="eth0"}': 6,
  });
});

const DISK = '   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n';

test('diskstats: sectors become bytes and milliseconds seconds; partitions and loops are left out', async () => {
  const values = await collectOver(diskstats, {
    '/proc/diskstats': `${DISK}   8       1 sda1 1 2 3\n   7       0 loop0 0 0 0\n 259 0 nvme0n1p2 1 1 1\n`,
  });
  const of = (name: string): number | undefined => values[`node_disk_${name}{device="sda"}`];
  assert.deepEqual(
    [
      of('reads_completed_total'),
      of('reads_merged_total'),
      of('read_bytes_total'),
      of('read_time_seconds_total'),
    ],
    [1, 2, 3 * 512, 0.004],
  );
  assert.deepEqual(
    [
      of('writes_completed_total'),
      of('writes_merged_total'),
      of('written_bytes_total'),
      of('write_time_seconds_total'),
    ],
    [5, 6, 7 * 512, 0.008],
  );
  assert.deepEqual(
    [of('io_now'), of('io_time_seconds_total'), of('io_time_weighted_seconds_total')],
    [9, 0.01, 0.011],
  );
  assert.deepEqual(
    [of('discards_completed_total'), of('discards_merged_total'), of('discarded_sectors_total')],
    [12, 13, 14],
  );
  assert.deepEqual([of('discard_time_seconds_total'), of('flush_requests_total')], [0.015, 16]);
  assert.equal(of('flush_requests_time_seconds_total'), 0.017);
  assert.equal(values['node_disk_info{device="sda", major="8", minor="0"}'], 1);
  assert.equal(Object.keys(values).length, 18);
});

test('diskstats: an old kernel’s eleven columns give eleven families', async () => {
  const values = await collectOver(diskstats, { '/proc/diskstats': '8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n' });
  assert.equal(Object.keys(values).length, 12);
});

test('diskstats: what udev knows stands in the info families, and is read again after a minute', async () => {
  const texts: FileTexts = {
    '/proc/diskstats': DISK,
    '/run/udev/data/b8:0':
      'S:disk/by-id/x\nE:ID_MODEL=QEMU\nE:ID_SERIAL_SHORT=s=1\nE:ID_FS_TYPE=ext4\nE:ID_FS_UUID=u\n' +
      'E:DM_NAME=root\nE:ID_ATA=1\nE:ID_ATA_ROTATION_RATE_RPM=7200\nE:ID_ATA_WRITE_CACHE=1\n',
  };
  const { clock, collect } = createFixture(diskstats, createFixtureFiles(texts));
  const first = await collect();
  assert.equal(first['node_disk_info{device="sda", major="8", minor="0", model="QEMU", serial="s=1"}'], 1);
  assert.equal(first['node_disk_filesystem_info{device="sda", type="ext4", uuid="u"}'], 1);
  assert.equal(first['node_disk_device_mapper_info{device="sda", name="root"}'], 1);
  assert.equal(first['node_disk_ata_rotation_rate_rpm{device="sda"}'], 7200);
  assert.equal(first['node_disk_ata_write_cache{device="sda"}'], 1);
  texts['/run/udev/data/b8:0'] = 'E:ID_MODEL=other\n';
  await clock.advance(59_000);
  assert.deepEqual(await collect(), first);
  await clock.advance(1000);
  assert.equal((await collect())['node_disk_info{device="sda", major="8", minor="0", model="other"}'], 1);
});

test('stat: single numbers of the kernel; of the interrupts their sum', async () => {
  await check(
    stat,
    {
      '/proc/stat':
        'cpu 1 2\nintr 500 1 2 3\nctxt 7\nbtime 1700000000\nprocesses 8\nprocs_running 2\nprocs_blocked 1\n',
    },
    {
      node_intr_total: 500,
      node_context_switches_total: 7,
      node_boot_time_seconds: 1_700_000_000,
      node_forks_total: 8,
      node_procs_running: 2,
      node_procs_blocked: 1,
    },
  );
});

test('vmstat: the fields of node_exporter’s default, whose beginning decides', async () => {
  await check(
    vmstat,
    {
      '/proc/vmstat':
        'nr_free_pages 1\npgpgin 2\npswpout 3\npgmajfault 4\noom_kill 5\nnr_pgpgin 6\npgfree 7\n',
    },
    { node_vmstat_pgpgin: 2, node_vmstat_pswpout: 3, node_vmstat_pgmajfault: 4, node_vmstat_oom_kill: 5 },
  );
});

test('pressure: totals in seconds; a kernel without `full` lines gives the others', async () => {
  await check(
    pressure,
    {
      '/proc/pressure/cpu': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 total=9\n',
      '/proc/pressure/io': 'some avg10=1.00 total=2000000\nfull avg10=0.00 total=500000\n',
      '/proc/pressure/memory': 'some avg10=0.00 total=0\n',
    },
    {
      node_pressure_cpu_waiting_seconds_total: 1.5,
      node_pressure_io_waiting_seconds_total: 2,
      node_pressure_io_stalled_seconds_total: 0.5,
      node_pressure_memory_waiting_seconds_total: 0,
    },
  );
});

test('filefd and entropy: two numbers each', async () => {
  await check(
    filefd,
    { '/proc/sys/fs/file-nr': '1216\t0\t9223372\n' },
    { node_filefd_allocated: 1216, node_filefd_maximum: 9_223_372 },
  );
  await check(
    entropy,
    { '/proc/sys/kernel/random/entropy_avail': '250\n', '/proc/sys/kernel/random/poolsize': '256\n' },
    { node_entropy_available_bits: 250, node_entropy_pool_size_bits: 256 },
  );
});

test('conntrack: hexadecimal columns are found by name and summed over processors', async () => {
  const values = await collectOver(conntrack, {
    '/proc/sys/net/netfilter/nf_conntrack_count': '12\n',
    '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
    '/proc/net/stat/nf_conntrack':
      'entries  found invalid ignore insert insert_failed drop early_drop search_restart\n' +
      '00000001 0000000a 00000001 00000002 00000003 00000004 00000005 00000006 00000007\n' +
      '00000001 00000010 00000001 00000002 00000003 00000004 00000005 00000006 00000007\n',
  });
  assert.equal(values['node_nf_conntrack_entries'], 12);
  assert.equal(values['node_nf_conntrack_stat_found'], 26);
  assert.equal(values['node_nf_conntrack_stat_search_restart'], 14);
  assert.equal(Object.keys(values).length, 10);
});

test('conntrack: a column the kernel does not have is left out', async () => {
  const values = await collectOver(conntrack, {
    '/proc/sys/net/netfilter/nf_conntrack_count': '12\n',
    '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
    '/proc/net/stat/nf_conntrack': 'entries found\n00000001 0000000a\n',
  });
  assert.equal(values['node_nf_conntrack_stat_found'], 10);
  assert.equal(Object.keys(values).length, 3);
});

test('time: the clock, its zone and its sources', async () => {
  const directory = '/sys/devices/system/clocksource/clocksource0';
  await check(
    time,
    { [`${directory}/current_clocksource`]: 'tsc\n', [`${directory}/available_clocksource`]: 'tsc hpet \n' },
    {
      node_time_seconds: 1_700_000_000.5,
      'node_time_zone_offset_seconds{time_zone="CET"}': 3600,
      'node_time_clocksource_current_info{clocksource="tsc", device="0"}': 1,
      'node_time_clocksource_available_info{clocksource="tsc", device="0"}': 1,
      'node_time_clocksource_available_info{clocksource="hpet", device="0"}': 1,
    },
  );
});

test('uname: the names of the kernel', async () => {
  const texts = Object.fromEntries(
    ['ostype', 'osrelease', 'version', 'hostname', 'domainname'].map((f) => [
      `/proc/sys/kernel/${f}`,
      `${f}!\n`,
    ]),
  );
  await check(uname, texts, {
    'node_uname_info{domainname="domainname!", machine="x86_64", nodename="hostname!", release="osrelease!", sysname="ostype!", version="version!"}': 1,
  });
});

test('os: quotes and comments of os-release are understood, and the version is a number', async () => {
  await check(
    osRelease,
    {
      '/usr/lib/os-release':
        '# comment\nNAME="My \\"OS\\""\nID=my\nVERSION_ID=\'22.04.3\'\nHOME_URL=x\nID_LIKE=""\n',
    },
    {
      'node_os_info{id="my", name="My \\"OS\\"", version_id="22.04.3"}': 1,
      'node_os_version{id="my", name="My \\"OS\\""}': 22.04,
    },
  );
  await check(osRelease, { '/etc/os-release': 'ID=arch\n' }, { 'node_os_info{id="arch"}': 1 });
});

test('dmi: labels of the files that are there; sys_vendor is system_vendor', async () => {
  await check(
    dmi,
    { '/sys/class/dmi/id/sys_vendor': 'QEMU\n', '/sys/class/dmi/id/bios_date': '04/01/2014\n' },
    { 'node_dmi_info{bios_date="04/01/2014", system_vendor="QEMU"}': 1 },
  );
});

test('other systems: what Node tells, under the names of Linux', async () => {
  const values = await collectOver(portable, {});
  assert.equal(values['node_cpu_seconds_total{cpu="0", mode="system"}'], 2.5);
  assert.equal(values['node_load15'], 1.5);
  assert.equal(values['node_memory_MemTotal_bytes'], 4096);
  assert.equal(values['node_boot_time_seconds'], 1_699_999_901);
  const windows = createFixture(portable, createFixtureFiles({}), { machine: { platform: 'win32' } });
  assert.equal((await windows.collect())['node_load1'], undefined);
});

test('on a machine without any file every collector but `time` says so without a word in the log', async () => {
  const words: string[] = [];
  const log: Log = { ...SILENT_LOG, warn: (message) => words.push(message) };
  for (const definition of LINUX_COLLECTORS) {
    const { run, collect } = createFixture(definition, createFixtureFiles({}), { log });
    assert.deepEqual(definition.name === 'time' ? {} : await collect(), {}, definition.name);
    if (definition.name !== 'time') assert.equal(run.outcome?.isSuccess, false, definition.name);
  }
  assert.deepEqual(words, []);
});

test('cut-off and empty files make no collector hang or write NaN', async () => {
  const whole: FileTexts = {
    '/proc/stat': 'cpu  1 2 3 4\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5 1 2\nctxt 7\nbtime 17\n',
    '/proc/meminfo': 'MemTotal:       2 kB\nHugePages_Total:    7\n',
    '/proc/loadavg': '0.52 1.25 3.00 2/345 6789\n',
    '/proc/net/dev': ' eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n',
    '/proc/diskstats': DISK,
    '/proc/vmstat': 'pgpgin 2\npswpout 3\n',
    '/proc/pressure/cpu': 'some avg10=0.00 total=1500000\n',
    '/proc/sys/fs/file-nr': '1216\t0\t92\n',
  };
  for (const definition of LINUX_COLLECTORS) {
    for (let length = 0; length < 60; length++) {
      const texts = Object.fromEntries(
        Object.entries(whole).map(([path, text]) => [path, text.slice(0, length)]),
      );
      const values = await collectOver(definition, texts);
      for (const [series, value] of Object.entries(values))
        assert.ok(
          Number.isFinite(value),
          `${definition.name} of ${length} characters: ${series} is ${value}`,
        );
    }
  }
});
