/** Feeds every collector with damaged files of the kernel: none may throw, hang or write what is no number. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { SILENT_LOG, type Log } from '../../../telemetry/log.ts';
import { createFixture, createFixtureFiles, FIXTURE_STATS, type FileTexts } from '../collector-fixture.ts';
import { LINUX_COLLECTORS } from './list.ts';

const ROUNDS = 200;
const SEED = Number(process.env['VEDETTE_SEED'] ?? 1);

const WHOLE: FileTexts = {
  '/etc/os-release': 'NAME="My \\"OS\\""\nID=my\nVERSION_ID="12.1"\n',
  '/proc/diskstats': '   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n 7 0 loop0 1 2\n',
  '/proc/loadavg': '0.52 1.25 3.00 2/345 6789\n',
  '/proc/meminfo': 'MemTotal:       2 kB\nActive(anon):    3 kB\nHugePages_Total:    7\n',
  '/proc/mounts': '/dev/a / ext4 rw,noatime 0 0\nnfs:/x /my\\040disk nfs4 ro 0 0\n',
  '/proc/net/dev': 'head|er\n eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n',
  '/proc/net/stat/nf_conntrack': 'entries found invalid\n0000000a 0000000b 0000000c\n',
  '/proc/pressure/cpu': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n',
  '/proc/stat': 'cpu  1 2 3 4\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5 1 2\nctxt 7\nbtime 17\nprocesses 4\n',
  '/proc/sys/fs/file-nr': '1216\t0\t92\n',
  '/proc/sys/kernel/random/entropy_avail': '256\n',
  '/proc/sys/kernel/random/poolsize': '256\n',
  '/proc/sys/net/netfilter/nf_conntrack_count': '1\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '2\n',
  '/proc/vmstat': 'pgpgin 2\npswpout 3\nnr_free 4\n',
  '/run/udev/data/b8:0': 'E:ID_MODEL=QEMU\nE:ID_ATA=1\nE:ID_ATA_WRITE_CACHE=1\n',
  '/sys/class/dmi/id/sys_vendor': 'QEMU\n',
  '/sys/class/net/eth0/ifindex': '2\n',
  '/sys/class/net/eth0/flags': '0x1003\n',
  '/sys/class/net/eth0/speed': '1000\n',
  '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n',
  '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc hpet\n',
};

const JUNK = [
  '',
  ' ',
  '\n',
  ':',
  '-1',
  '\u0000',
  '18446744073709551615',
  'é',
  '=',
  '"',
  '/',
  'kB',
  '\t',
  '1e999',
  '(',
];

function damage(text: string, random: SeededRandom): string {
  const below = (limit: number): number => Math.floor(random.float() * limit);
  let damaged = text;
  for (let i = below(4); i > 0; i--) {
    const start = below(damaged.length + 1);
    damaged = damaged.slice(0, start) + (JUNK[below(JUNK.length)] ?? '') + damaged.slice(start + below(6));
  }
  return random.float() < 0.2 ? damaged.slice(0, below(damaged.length + 1)) : damaged;
}

test(`damaged files make no collector throw or write what is no number (seed ${SEED})`, async () => {
  const random = new SeededRandom(SEED);
  for (const definition of LINUX_COLLECTORS) {
    const texts: FileTexts = {};
    const faults: unknown[] = [];
    const say: Log['warn'] = (message, fields) => {
      if (message.startsWith('collector failed')) faults.push(fields?.['error']);
    };
    const files = createFixtureFiles(texts, () => Promise.resolve(FIXTURE_STATS));
    const { clock, collect } = createFixture(definition, files, {
      log: { ...SILENT_LOG, warn: say, error: say },
    });
    for (let round = 0; round < ROUNDS; round++) {
      for (const [path, text] of Object.entries(WHOLE)) texts[path] = damage(text, random);
      await clock.advance(60_000);
      for (const [series, value] of Object.entries(await collect()))
        assert.ok(!Number.isNaN(value), `${definition.name}, round ${round}: ${series} is ${value}`);
      assert.deepEqual(faults, [], `${definition.name}, round ${round}: ${JSON.stringify(texts)}`);
    }
  }
});
