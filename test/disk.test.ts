/**
 * The real program on disks that end, and on files that are damaged or of another version: it says so, it
 * goes on with what it can, and it deletes nothing.
 */
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { fillDisk, mayMount, smallDisk } from './support/small-disk.ts';
import { startService, type SmallService } from './support/small-service.ts';
import { until } from './support/until.ts';
import {
  runVedette,
  startVedette,
  temporaryDirectory,
  type VedetteProcess,
} from './support/vedette-process.ts';

interface Status {
  readonly status: string;
  readonly problems: readonly string[];
  readonly storage: { readonly diskFreeBytes: number; readonly oldestSampleMs: number | null };
}

const MIB = 2 ** 20;

function countingService(t: TestContext): Promise<SmallService> {
  let scrapes = 0;
  return startService(t, () => ({ body: `# TYPE jobs_total counter\njobs_total ${++scrapes}\n` }));
}

function configOf(servicePort: number, more = ''): string {
  return `global: { scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 1s }
packs: { host: false }
scrape_configs: [ { job_name: api, static_configs: [ { targets: ["127.0.0.1:${servicePort}"] } ] } ]
${more}`;
}

async function samplesOf(vedette: VedetteProcess): Promise<readonly (readonly [number, string])[]> {
  const answer = await vedette.json<{
    data: { result: { values: [number, string][] }[] };
  }>('/api/v1/query?query=jobs_total[10m]');
  return answer.data.result[0]?.values ?? [];
}

const problemsOf = async (vedette: VedetteProcess): Promise<readonly string[]> =>
  (await vedette.json<Status>('/api/status')).problems;

/** Says nothing before the first sample, which comes late on a busy machine: its message would pass for the one waited for. */
const QUIET_RULE = `groups:
  - name: api
    rules:
      - alert: NoSamples
        expr: absent_over_time(jobs_total[3s]) and on () present_over_time(jobs_total[10m])
`;

/** The samples once none comes any more: one that was under way when the disk filled may still. */
function settledSamples(vedette: VedetteProcess): Promise<readonly (readonly [number, string])[]> {
  return until('no more samples', async () => {
    const samples = await samplesOf(vedette);
    const newestMs = (samples.at(-1)?.[0] ?? 0) * 1000;
    return Date.now() - newestMs > 1000 ? samples : undefined;
  });
}

/** Its log and its answers reach us by different ways. */
async function logged(vedette: VedetteProcess, words: RegExp): Promise<void> {
  await until(`the log to say ${words.source}`, () => (words.test(vedette.stderr()) ? true : undefined));
}

/** As the server shows it, which looks every few seconds. */
async function freeBytesShown(vedette: VedetteProcess): Promise<number> {
  const metrics = await (await vedette.get('/metrics')).text();
  return Number(/^vedette_tsdb_disk_free_bytes (\d+)$/m.exec(metrics)?.[1]);
}

describe('a disk that ends', { skip: mayMount ? false : 'may not mount a file system' }, () => {
  test('at the floor samples stop, alerts and queries go on; with space again all does', async (t) => {
    const service = await countingService(t);
    const hook = await startService(t);
    const disk = smallDisk(t);
    const config = configOf(service.port, alertingOf(t, hook.port));
    const dataDirectory = path.join(disk, 'data');
    const vedette = await startVedette(t, { dataDirectory, config, args: ['--no-host'] });
    await until('samples', async () => ((await samplesOf(vedette)).length > 5 ? true : undefined));

    // The state of alerts goes on being written: what is free then grows less.
    fillDisk(disk, 2.5 * MIB);
    const [problem] = await until('the problem', async () => {
      const problems = await problemsOf(vedette);
      return problems.length > 0 ? problems : undefined;
    });
    assert.match(
      problem ?? '',
      // The filler may be seen half written, and what goes on being written makes it less.
      /^no samples are accepted: the disk of ".*" has [0-3]\.\d MiB free, want at least 3\.2 MiB; free space on it, or shorten the retention$/,
    );
    await logged(vedette, /the disk is nearly full: no samples are accepted/);
    const shown = await settledSamples(vedette);
    const lastTold = (): string | undefined => {
      const last = hook.received.at(-1);
      return last === undefined ? undefined : (JSON.parse(last.body) as { status: string }).status;
    };
    // One about a gap before the disk was full may have come and gone.
    await until('the alert about missing samples', async () =>
      /"state":"firing"/.test(await (await vedette.get('/api/v1/alerts')).text()) && lastTold() === 'firing'
        ? true
        : undefined,
    );
    assert.deepEqual(await samplesOf(vedette), shown);
    assert.match(await (await vedette.get('/metrics')).text(), /^vedette_tsdb_disk_full 1$/m);
    await until('the free space', async () =>
      (await freeBytesShown(vedette)) < 3.2 * MIB ? true : undefined,
    );

    rmSync(path.join(disk, 'filler'));
    await until('no problem', async () => ((await problemsOf(vedette)).length === 0 ? true : undefined));
    await logged(vedette, /the disk has space again: samples are accepted/);
    const more = await until('new samples', async () => {
      const now = await samplesOf(vedette);
      return now.length > shown.length + 2 ? now : undefined;
    });
    assert.deepEqual(more.slice(0, shown.length), shown);
    await until('the resolved message', () => (lastTold() === 'resolved' ? true : undefined));
  });

  test('on a disk without a byte left nothing shown is lost, and a start there serves it and says what to do', async (t) => {
    const service = await countingService(t);
    const disk = smallDisk(t);
    const options = {
      dataDirectory: path.join(disk, 'data'),
      config: configOf(service.port),
      args: ['--no-host'],
    };
    const first = await startVedette(t, options);
    await until('samples', async () => ((await samplesOf(first)).length > 5 ? true : undefined));
    fillDisk(disk, 0);
    await until('the problem', async () => ((await problemsOf(first)).length > 0 ? true : undefined));
    const shown = await settledSamples(first);
    first.kill('SIGKILL');
    await first.exited();

    // What the dead process had open and removed is free now.
    fillDisk(disk, 0);
    const second = await startVedette(t, options);
    assert.deepEqual((await samplesOf(second)).slice(0, shown.length), shown);
    assert.match((await problemsOf(second)).join(), /no samples are accepted.*free space on it/);
    rmSync(path.join(disk, 'filler'));
    await until('new samples', async () =>
      (await samplesOf(second)).length > shown.length + 2 ? true : undefined,
    );
  });

  test('on it alerts fire and are told by the time there is space, and a backup ends without a trace', async (t) => {
    const service = await countingService(t);
    const hook = await startService(t);
    const disk = smallDisk(t);
    const vedette = await startVedette(t, {
      dataDirectory: path.join(disk, 'data'),
      config: configOf(service.port, alertingOf(t, hook.port)),
      args: ['--no-host'],
    });
    await until('samples', async () => ((await samplesOf(vedette)).length > 5 ? true : undefined));
    fillDisk(disk, 0);
    await until('the problem', async () => ((await problemsOf(vedette)).length > 0 ? true : undefined));
    const shown = await settledSamples(vedette);
    await until('the alert', async () =>
      /"state":"firing"/.test(await (await vedette.get('/api/v1/alerts')).text()) ? true : undefined,
    );

    const target = path.join(disk, 'backup');
    const backup = (): ReturnType<typeof runVedette> =>
      runVedette(t, ['backup', '--url', vedette.url, '--out', target]);
    const failed = await backup();
    assert.notEqual(failed.code, 0);
    assert.match(failed.stderr, /full|no space|ENOSPC/i);
    assert.equal(existsSync(target), false);
    assert.deepEqual(await samplesOf(vedette), shown);

    rmSync(path.join(disk, 'filler'));
    await until('no problem', async () => ((await problemsOf(vedette)).length === 0 ? true : undefined));
    await until('the message', () =>
      hook.received.some(({ body }) => body.includes('NoSamples')) ? true : undefined,
    );
    const done = await backup();
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(
      readdirSync(disk).filter((name) => name.startsWith('backup')),
      ['backup'],
    );
    assert.deepEqual((await samplesOf(vedette)).slice(0, shown.length), shown);
  });
});

/** The rule about missing samples, told to a hook. */
function alertingOf(t: TestContext, hookPort: number): string {
  const rules = path.join(temporaryDirectory(t), 'api.yml');
  writeFileSync(rules, QUIET_RULE);
  return `rule_files: [ ${rules} ]
alertmanager:
  route: { receiver: hook, group_wait: 100ms, group_interval: 1s, repeat_interval: 1h }
  receivers: [ { name: hook, webhook_configs: [ { url: "http://127.0.0.1:${hookPort}/hook" } ] } ]
`;
}

/** Names of all files below, and what they hold; databases settle their log when opened. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(lock\.db|state\.db-)/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map(
      (file) => `${path.relative(directory, file)} ${file.endsWith('.db') ? '' : crc32(readFileSync(file))}`,
    )
    .sort();
}

interface Stored {
  readonly dataDirectory: string;
  readonly config: string;
  readonly block: string;
  readonly segment: string;
}

/** A data directory with a block and a log, left by a killed process. */
async function storedFiles(t: TestContext): Promise<Stored> {
  const service = await countingService(t);
  const dataDirectory = temporaryDirectory(t);
  // So small that the first chunks are flushed.
  const config = configOf(service.port, 'storage: { metrics: { head_bytes_max: 1KiB } }\n');
  const vedette = await startVedette(t, { dataDirectory, config, args: ['--no-host'] });
  const blocks = path.join(dataDirectory, 'metrics/blocks');
  const wal = path.join(dataDirectory, 'metrics/wal');
  const name = await until('a block', () => readdirSync(blocks).find((one) => one.endsWith('.block')));
  const { length } = await samplesOf(vedette);
  await until('samples behind it', async () =>
    (await samplesOf(vedette)).length > length + 2 ? true : undefined,
  );
  vedette.kill('SIGKILL');
  await vedette.exited();
  await service.stop();
  const segment = readdirSync(wal).sort().at(-1) ?? '';
  return { dataDirectory, config, block: path.join(blocks, name), segment: path.join(wal, segment) };
}

/** Writes another version into the header of a file, with a sound checksum. */
function setVersion(file: string, version: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt16LE(version, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12);
  writeFileSync(file, bytes);
}

test('files of a newer version are refused with a remedy; damaged ones are set aside, the rest serves', async (t) => {
  const stored = await storedFiles(t);
  const copy = (): Stored => {
    const dataDirectory = temporaryDirectory(t);
    cpSync(stored.dataDirectory, dataDirectory, { recursive: true });
    const moved = (file: string): string =>
      path.join(dataDirectory, path.relative(stored.dataDirectory, file));
    return { ...stored, dataDirectory, block: moved(stored.block), segment: moved(stored.segment) };
  };
  const start = (one: Stored): Promise<VedetteProcess> =>
    startVedette(t, { dataDirectory: one.dataDirectory, config: one.config, args: ['--no-host'] });

  const refusals: readonly (readonly [string, (one: Stored) => void, RegExp])[] = [
    [
      'block',
      (one) => setVersion(one.block, 9),
      /^FATAL: cannot read block ".*": got version 9, want 1; run the/m,
    ],
    [
      'log',
      (one) => setVersion(one.segment, 9),
      /^FATAL: cannot read log segment ".*": got version 9, want 1; run/m,
    ],
    [
      'state',
      (one) => {
        const database = new DatabaseSync(path.join(one.dataDirectory, 'state.db'));
        database.exec('PRAGMA user_version = 99');
        database.close();
      },
      /^FATAL: cannot open state file ".*": got schema version 99, want at most 1; start the newer/m,
    ],
  ];
  for (const [what, change, message] of refusals) {
    await t.test(`newer ${what}`, async () => {
      const one = copy();
      change(one);
      const before = filesBelow(one.dataDirectory);
      const { code, stderr } = await runVedette(t, [
        'start',
        '--listen',
        '127.0.0.1:0',
        '--no-host',
        '--data',
        one.dataDirectory,
      ]);
      assert.equal(code, 4, stderr);
      assert.match(stderr, message);
      assert.deepEqual(filesBelow(one.dataDirectory), before);
    });
  }

  await t.test('a block with a flipped bit', async () => {
    const one = copy();
    const bytes = readFileSync(one.block);
    bytes[20] = (bytes[20] ?? 0) ^ 4;
    writeFileSync(one.block, bytes);
    const vedette = await start(one);
    const first = await vedette.get('/api/v1/query?query=jobs_total[10m]');
    assert.equal(first.status, 500);
    assert.match(await first.text(), /cannot read stored samples: the checksum of the bytes at 16 is wrong/);
    const left = await samplesOf(vedette);
    assert.ok(left.length > 2, 'what is in the log serves');
    const [problem] = await until('the problem', async () => {
      const problems = await problemsOf(vedette);
      return problems.length > 0 ? problems : undefined;
    });
    assert.match(problem ?? '', /^1 damaged file was set aside, .*\.block\.damaged/);
    await logged(vedette, /a damaged block was set aside; what it holds is missing from answers/);
  });

  await t.test('a log that ends in the middle of a record', async () => {
    const one = copy();
    truncateSync(one.segment, statSync(one.segment).size - 3);
    const vedette = await start(one);
    const whole = await start(stored);
    const samples = await samplesOf(vedette);
    const all = await samplesOf(whole);
    // The last record may be that of our own metrics.
    assert.ok(samples.length >= all.length - 1);
    assert.deepEqual(samples, all.slice(0, samples.length));
    assert.match(vedette.stderr(), /the log ended in the middle of a record, which was cut off/);
    assert.deepEqual(await problemsOf(vedette), []);
    const { storage } = await vedette.json<Status>('/api/status');
    // The first sample is in the block, with others of its scrape and our own ones before it.
    assert.ok(Number(storage.oldestSampleMs) <= (samples[0]?.[0] ?? 0) * 1000);
  });
});
