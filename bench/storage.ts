import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { labelsOf, SampleBatchBuilder, SeededRandom, seriesKeyOf, type Labels } from '@vedette/model';
import { openTsdb, type Tsdb } from '@vedette/tsdb';
import { DiskFiles } from '../packages/server/src/lib/disk-files.ts';
import { SystemClock } from '../packages/server/src/lib/system-clock.ts';
import { SystemRandom } from '../packages/server/src/lib/system-random.ts';
import { TimeSlicer } from '../packages/server/src/lib/time-slicer.ts';
import type { Figure } from './measure.ts';
import { pause } from './server-process.ts';

const STEP_MS = 15_000;
const DAY_MS = 86_400_000;
/** Two hours: what the head holds before it becomes a block. */
const EPOCH_MS = 7_200_000;

interface Walk {
  readonly labels: Labels;
  readonly next: () => number;
}

/** A day at 15 s (± 3 ms) into both stores; sizes of the files that hold it afterwards, indexes included. */
export async function measureStorage(): Promise<Figure[]> {
  const decimals = await compare('decimal data', createDecimalWalks);
  const doubles = await compare('rule-recorded doubles', createDoubleWalks);
  return [
    { name: 'head, decimal data', value: decimals.headBytes, unit: 'B/sample' },
    {
      name: 'disk, decimal data',
      value: decimals.diskBytes,
      unit: 'B/sample',
      goal: '≤ 1.5 and ≤ 0.6× Prometheus',
      isReached: decimals.diskBytes <= 1.5 && decimals.diskBytes <= 0.6 * decimals.peerBytes,
      peers: [{ name: 'Prometheus 2.42', value: decimals.peerBytes }],
    },
    {
      name: 'disk, rule-recorded doubles',
      value: doubles.diskBytes,
      unit: 'B/sample',
      goal: '≤ 1.1× Prometheus',
      isReached: doubles.diskBytes <= 1.1 * doubles.peerBytes,
      peers: [{ name: 'Prometheus 2.42', value: doubles.peerBytes }],
    },
    { name: 'append, 20 samples per series', value: decimals.appendPerSecond / 1e6, unit: 'M samples/s' },
  ];
}

interface Sizes {
  readonly headBytes: number;
  readonly diskBytes: number;
  readonly peerBytes: number;
  readonly appendPerSecond: number;
}

async function compare(name: string, createWalks: () => Walk[]): Promise<Sizes> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-storage-'));
  try {
    const ours = await measureOurs(path.join(directory, 'ours'), createWalks());
    const peerBytes = await measurePrometheus(directory, createWalks());
    const samples = createWalks().length * (DAY_MS / STEP_MS);
    return {
      headBytes: ours.headBytes,
      diskBytes: ours.diskBytes / samples,
      peerBytes: peerBytes / samples,
      appendPerSecond: ours.appendPerSecond,
    };
  } catch (error) {
    throw new Error(`cannot measure ${name}`, { cause: error });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Newest midnight but one: old enough to be complete, young enough for both stores. */
function dayStartMs(): number {
  return Math.floor(Date.now() / DAY_MS - 1) * DAY_MS;
}

function open(directory: string): Promise<Tsdb> {
  const clock = new SystemClock();
  const report = { info: () => undefined, warn: (message: string) => console.error(message) };
  return openTsdb(
    { files: new DiskFiles(), clock, random: new SystemRandom(), slicer: new TimeSlicer(clock), report },
    {
      directory,
      retentionMs: 30 * DAY_MS,
      seriesMax: 1_000_000,
      headBytesMax: 2 ** 30,
      cacheBytesMax: 2 ** 25,
      exemplarsMax: 0,
    },
  );
}

async function measureOurs(
  directory: string,
  walks: readonly Walk[],
): Promise<{ headBytes: number; diskBytes: number; appendPerSecond: number }> {
  const store = await open(directory);
  const keys = walks.map(({ labels }) => seriesKeyOf(labels));
  const jitter = new SeededRandom(7);
  let headBytes = 0;
  let appendMs = 0;
  for (let epochMs = dayStartMs(); epochMs < dayStartMs() + DAY_MS; epochMs += EPOCH_MS) {
    for (let fromMs = epochMs; fromMs < epochMs + EPOCH_MS; fromMs += 20 * STEP_MS) {
      const batch = batchOf(walks, keys, fromMs, jitter);
      const startMs = performance.now();
      await store.writer.append(batch);
      appendMs += performance.now() - startMs;
    }
    headBytes = store.stats().headBytes / (walks.length * (EPOCH_MS / STEP_MS));
    await store.flush();
  }
  await store.close();
  const diskBytes = await compactedSize(directory);
  return { headBytes, diskBytes, appendPerSecond: (walks.length * (DAY_MS / STEP_MS)) / (appendMs / 1000) };
}

function batchOf(walks: readonly Walk[], keys: readonly Uint8Array[], fromMs: number, jitter: SeededRandom) {
  const builder = new SampleBatchBuilder();
  for (const [i, walk] of walks.entries()) {
    builder.openSeriesKey(keys[i] ?? new Uint8Array());
    for (let k = 0; k < 20; k++)
      builder.addSample(fromMs + k * STEP_MS + Math.floor(jitter.float() * 7), walk.next());
  }
  return builder.finish();
}

/** The store merges small blocks by itself soon after it is opened. */
async function compactedSize(directory: string): Promise<number> {
  const store = await open(directory);
  for (let before = Infinity; store.stats().blocks < before;) {
    before = store.stats().blocks;
    await pause(8000);
  }
  await store.close();
  return sizeOf(path.join(directory, 'blocks'));
}

async function measurePrometheus(directory: string, walks: readonly Walk[]): Promise<number> {
  const text = path.join(directory, 'data.om');
  const file = createWriteStream(text);
  const jitter = new SeededRandom(7);
  for (const walk of walks) {
    const name = `${walk.labels[1]}{${walk.labels[2]}="${walk.labels[3]}"}`;
    const lines: string[] = [];
    for (let atMs = dayStartMs(); atMs < dayStartMs() + DAY_MS; atMs += STEP_MS)
      lines.push(`${name} ${walk.next()} ${(atMs + Math.floor(jitter.float() * 7)) / 1000}`);
    file.write(`${lines.join('\n')}\n`);
  }
  file.end('# EOF\n');
  await finished(file);
  const blocks = path.join(directory, 'theirs');
  execFileSync(
    'promtool',
    ['tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=24h', text, blocks],
    { stdio: 'ignore' },
  );
  return sizeOf(blocks);
}

function sizeOf(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(path.join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}

/** 500 series as applications have them: request counters, gauges with two decimals, CPU seconds, constants. */
function createDecimalWalks(): Walk[] {
  const random = new SeededRandom(1);
  const walks: Walk[] = [];
  const add = (name: string, count: number, create: () => () => number): void => {
    for (let i = 0; i < count; i++)
      walks.push({ labels: labelsOf({ __name__: name, instance: `host-${i}` }), next: create() });
  };
  add('requests', 200, () => {
    let value = 0;
    return () => (value += Math.floor(random.float() * 200));
  });
  add('temperature', 150, () => {
    let value = 2000;
    return () => (value += Math.floor(random.float() * 21) - 10) / 100;
  });
  add('cpu_seconds', 100, () => {
    let value = 0;
    return () => (value += Math.floor(random.float() * 1500)) / 100;
  });
  add('limit', 50, () => () => 1024);
  return walks;
}

/** 100 series of quotients, as recording rules write them: no decimal form, all bits in use. */
function createDoubleWalks(): Walk[] {
  const random = new SeededRandom(2);
  return Array.from({ length: 100 }, (_, i) => {
    let value = 10;
    return {
      labels: labelsOf({ __name__: 'job:rate', instance: `host-${i}` }),
      next: () => {
        value = Math.max(0.1, value + random.float() - 0.5);
        return value / 3;
      },
    };
  });
}
