/**
 * Bytes per sample on disk of a day at 15 s (± 3 ms), compacted, indexes included.
 *
 * 1. *Ours*: the engine in this process, a flush every two hours as in service, then reopened until it has merged what
 *    it merges by itself. All kinds of data side by side, since merging is mostly waiting.
 * 2. *Prometheus*: the same samples by remote write into a head of 24 hours, and a snapshot: one block of a day.
 * 3. *VictoriaMetrics*: the same by remote write, flushed and merged on request; its data and its index.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { SampleBatchBuilder, SeededRandom, seriesKeyOf } from '@vedette/model';
import { openTsdb, type Tsdb } from '@vedette/tsdb';
import { DiskFiles } from '../packages/server/src/lib/disk-files.ts';
import { SystemClock } from '../packages/server/src/lib/system-clock.ts';
import { SystemRandom } from '../packages/server/src/lib/system-random.ts';
import { TimeSlicer } from '../packages/server/src/lib/time-slicer.ts';
import type { Figure, PeerFigure } from './measure.ts';
import { isInstalled, startPeer } from './peers.ts';
import { pause, settle } from './server-process.ts';
import {
  createClassicWalks,
  createDecimalWalks,
  createDoubleWalks,
  createNativeWalks,
  type StorageWalk,
} from './storage-walks.ts';
import { labelFieldsOf, WriteBody, type PackedBody } from './write-body.ts';

const STEP_MS = 15_000;
const DAY_MS = 86_400_000;
/** Two hours: what the head holds before it becomes a block. */
const EPOCH_MS = 7_200_000;
const SLOT_STEPS = 20;
const SAMPLES_PER_BODY = 10_000;

interface Kind {
  readonly name: string;
  readonly create: () => StorageWalk[];
  readonly isNative: boolean;
  readonly goal?: {
    readonly text: string;
    readonly isReached: (ours: number, prometheus: number) => boolean;
  };
}

const KINDS: readonly Kind[] = [
  {
    name: 'decimal data',
    create: createDecimalWalks,
    isNative: false,
    goal: {
      text: '≤ 1.5 and ≤ 0.6× Prometheus',
      isReached: (ours, prometheus) => ours <= 1.5 && ours <= 0.6 * prometheus,
    },
  },
  {
    name: 'rule-recorded doubles',
    create: createDoubleWalks,
    isNative: false,
    goal: { text: '≤ 1.1× Prometheus', isReached: (ours, prometheus) => ours <= 1.1 * prometheus },
  },
  { name: 'classic histograms', create: createClassicWalks, isNative: false },
  { name: 'native histograms, 40 buckets', create: createNativeWalks, isNative: true },
];

export async function measureStorage(): Promise<Figure[]> {
  const ours = await Promise.all(KINDS.map(({ create }) => measureOurs(create())));
  const figures: Figure[] = [];
  for (const [i, kind] of KINDS.entries()) figures.push(await figureOf(kind, ours[i]?.diskBytes ?? NaN));
  return [{ name: 'head, decimal data', value: ours[0]?.headBytes ?? NaN, unit: 'B/sample' }, ...figures];
}

async function figureOf({ name, create, isNative, goal }: Kind, value: number): Promise<Figure> {
  const peers: PeerFigure[] = [];
  if (isInstalled('prometheus')) peers.push(await measurePrometheus(create()));
  const [prometheus] = peers;
  if (isInstalled('victoria-metrics') && !isNative) peers.push(await measureVictoriaMetrics(create()));
  return {
    name: `disk, ${name}`,
    value,
    unit: 'B/sample',
    peers,
    ...(goal === undefined
      ? {}
      : { goal: goal.text, isReached: goal.isReached(value, prometheus?.value ?? Infinity) }),
  };
}

function sampleCountOf(walks: readonly StorageWalk[]): number {
  return walks.length * (DAY_MS / STEP_MS);
}

/** Newest midnight but one: old enough to be complete, young enough for every store. */
function dayStartMs(): number {
  return Math.floor(Date.now() / DAY_MS - 1) * DAY_MS;
}

/** Times of the samples: all stores get the same ones, in the same order. */
function jitterOf(random: SeededRandom): number {
  return Math.floor(random.float() * 7);
}

interface OwnSizes {
  readonly headBytes: number;
  readonly diskBytes: number;
}

async function measureOurs(walks: readonly StorageWalk[]): Promise<OwnSizes> {
  const directory = mkdtempSync(path.join(tmpdir(), 'bench-storage-'));
  try {
    const store = await open(directory);
    const keys = walks.map(({ labels }) => seriesKeyOf(labels));
    const jitter = new SeededRandom(7);
    let headBytes = 0;
    for (let epochMs = dayStartMs(); epochMs < dayStartMs() + DAY_MS; epochMs += EPOCH_MS) {
      for (let fromMs = epochMs; fromMs < epochMs + EPOCH_MS; fromMs += SLOT_STEPS * STEP_MS)
        await store.writer.append(batchOf(walks, keys, { fromMs, jitter }));
      headBytes = store.stats().headBytes / (walks.length * (EPOCH_MS / STEP_MS));
      await store.flush();
    }
    await store.close();
    return { headBytes, diskBytes: (await compactedSize(directory)) / sampleCountOf(walks) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
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

interface Slot {
  readonly fromMs: number;
  readonly jitter: SeededRandom;
}

function batchOf(walks: readonly StorageWalk[], keys: readonly Uint8Array[], { fromMs, jitter }: Slot) {
  const builder = new SampleBatchBuilder();
  for (const [i, walk] of walks.entries()) {
    builder.openSeriesKey(keys[i] ?? new Uint8Array());
    for (let k = 0; k < SLOT_STEPS; k++) {
      const timestampMs = fromMs + k * STEP_MS + jitterOf(jitter);
      if (walk.kind === 'float') builder.addSample(timestampMs, walk.next());
      else builder.addHistogram(timestampMs, walk.next());
    }
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

async function measurePrometheus(walks: readonly StorageWalk[]): Promise<PeerFigure> {
  await using peer = await startPeer('prometheus', {
    args: [
      '--storage.tsdb.min-block-duration=24h',
      '--storage.tsdb.max-block-duration=24h',
      '--web.enable-admin-api',
    ],
  });
  for (const { bytes } of bodiesOf(walks)) await peer.write(bytes);
  await peer.post('/api/v1/admin/tsdb/snapshot');
  const bytes = sizeOf(path.join(peer.dataDirectory, 'snapshots'));
  return { name: peer.name, value: bytes / sampleCountOf(walks) };
}

async function measureVictoriaMetrics(walks: readonly StorageWalk[]): Promise<PeerFigure> {
  await using peer = await startPeer('victoria-metrics');
  for (const { bytes } of bodiesOf(walks)) await peer.write(bytes);
  await peer.post('/internal/force_flush');
  await peer.post('/internal/force_merge');
  await settle(peer.pid);
  const bytes = ['data', 'indexdb'].reduce(
    (sum, part) => sum + sizeOf(path.join(peer.dataDirectory, part)),
    0,
  );
  return { name: peer.name, value: bytes / sampleCountOf(walks) };
}

/** The samples of `measureOurs`, in the same order. */
function* bodiesOf(walks: readonly StorageWalk[]): Iterable<PackedBody> {
  const body = new WriteBody();
  const jitter = new SeededRandom(7);
  const fields = walks.map(({ labels }) => labelFieldsOf(labels));
  for (let fromMs = dayStartMs(); fromMs < dayStartMs() + DAY_MS; fromMs += SLOT_STEPS * STEP_MS)
    for (const [i, walk] of walks.entries()) {
      body.openSeries(fields[i] ?? new Uint8Array());
      for (let k = 0; k < SLOT_STEPS; k++) {
        const timestampMs = fromMs + k * STEP_MS + jitterOf(jitter);
        if (walk.kind === 'float') body.addSample(timestampMs, walk.next());
        else body.addHistogram(timestampMs, walk.next());
      }
      body.closeSeries();
      if (body.sampleCount >= SAMPLES_PER_BODY) yield body.finish();
    }
  if (body.sampleCount > 0) yield body.finish();
}

/** Bytes of all files below a directory. */
function sizeOf(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(path.join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}
