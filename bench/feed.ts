/**
 * Gives the data set to every program, each by the way its users have:
 *
 * 1. The history becomes Prometheus' blocks (`history.ts`). Prometheus starts on them, `vedette import prometheus`
 *    reads them, VictoriaMetrics gets the same samples by remote write, which takes any time. Without Prometheus
 *    we do, too.
 * 2. The recent part goes to all by remote write in the order of time: 20 samples per series and request.
 * 3. Then each is left alone until its merging and compacting has ended.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import {
  createDataset,
  RECENT_STEP_MS,
  timesOf,
  type Dataset,
  type NativeSeries,
  type SourceSeries,
} from './dataset.ts';
import { historyBodies, snapshotHistory } from './history.ts';
import { nativeWalk } from './native-walk.ts';
import { startPeers, type PeerGroup, type PeerPlace } from './peers.ts';
import { projectRoot, settle, type MeasuredProcess } from './server-process.ts';
import { labelFieldsOf, WriteBody, type PackedBody } from './write-body.ts';

const SAMPLES_PER_REQUEST = 10_000;
const SAMPLES_PER_SERIES = 20;
const NATIVE_BUCKETS = 20;

export interface FedPeers {
  readonly peers: PeerGroup;
  readonly dataset: Dataset;
  readonly sampleCount: number;
}

/** Starts all programs and feeds them; the caller disposes `peers`. */
export async function startFedPeers(): Promise<FedPeers> {
  const dataset = createDataset(Date.now());
  const history = historyBodies(dataset);
  await using source = await snapshotHistory(history);
  const peers = await startPeers({ prepare: (place) => takeOver(place, source) });
  try {
    for (const peer of peers.all)
      if (peer.kind === 'victoria-metrics' || source === undefined)
        for (const { bytes } of history) await peer.write(bytes);
    const historyCount = history.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
    const recentCount = await writeRecent(dataset, peers);
    await Promise.all(peers.all.map(({ pid }) => settle(pid)));
    return { peers, dataset, sampleCount: historyCount + recentCount };
  } catch (error) {
    await peers[Symbol.asyncDispose]();
    throw error;
  }
}

function takeOver({ kind, data, configFile }: PeerPlace, source: MeasuredProcess | undefined): void {
  if (source === undefined || kind === 'victoria-metrics') return;
  const snapshots = path.join(source.directory, 'data', 'snapshots');
  const snapshot = path.join(snapshots, readdirSync(snapshots)[0] ?? '');
  if (kind === 'prometheus') cpSync(snapshot, data, { recursive: true });
  else
    execFileSync(
      path.join(projectRoot, 'packages/server/bin/vedette'),
      ['import', 'prometheus', snapshot, '--data', data, '--config', configFile],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
}

/** Slot by slot: 20 samples of every series that lives, then the next 20. */
async function writeRecent(dataset: Dataset, { all }: PeerGroup): Promise<number> {
  const series = dataset.series.map((one) => ({
    ...one,
    fields: labelFieldsOf(one.labels),
    hasEnded: false,
  }));
  const native = dataset.native.map((one) => ({
    ...one,
    fields: labelFieldsOf(one.labels),
    next: nativeWalk(one.seed, NATIVE_BUCKETS),
  }));
  const able = all.filter(({ hasNativeHistograms }) => hasNativeHistograms);
  const slotMs = SAMPLES_PER_SERIES * RECENT_STEP_MS;
  let count = 0;
  for (let fromMs = dataset.recentMs; fromMs < dataset.endMs; fromMs += slotMs) {
    const slot = { fromMs, untilMs: Math.min(fromMs + slotMs, dataset.endMs), stepMs: RECENT_STEP_MS };
    for (const { bytes, sampleCount } of floatBodies(series, slot)) {
      count += sampleCount;
      await Promise.all(all.map((peer) => peer.write(bytes)));
    }
    const { bytes, sampleCount } = nativeBody(native, slot);
    count += sampleCount;
    await Promise.all(able.map((peer) => peer.write(bytes)));
  }
  return count;
}

interface Slot {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly stepMs: number;
}

function* floatBodies(
  series: readonly (SourceSeries & { readonly fields: Uint8Array; hasEnded: boolean })[],
  slot: Slot,
): Iterable<PackedBody> {
  const body = new WriteBody();
  for (const one of series) {
    if (one.hasEnded || one.fromMs >= slot.untilMs) continue;
    body.openSeries(one.fields);
    for (const timestampMs of timesOf(one.target, slot)) {
      if (timestampMs < one.fromMs) continue;
      if (timestampMs < one.untilMs) body.addSample(timestampMs, one.next());
      else if (!one.hasEnded) {
        body.addStale(timestampMs);
        one.hasEnded = true;
      }
    }
    body.closeSeries();
    if (body.sampleCount >= SAMPLES_PER_REQUEST) yield body.finish();
  }
  if (body.sampleCount > 0) yield body.finish();
}

function nativeBody(
  series: readonly (NativeSeries & {
    readonly fields: Uint8Array;
    readonly next: ReturnType<typeof nativeWalk>;
  })[],
  slot: Slot,
): PackedBody {
  const body = new WriteBody();
  for (const one of series) {
    body.openSeries(one.fields);
    for (const timestampMs of timesOf(one.target, slot)) body.addHistogram(timestampMs, one.next());
    body.closeSeries();
  }
  return body.finish();
}
