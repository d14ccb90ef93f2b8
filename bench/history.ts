/**
 * The month before the recent hours, and a Prometheus that has made blocks of it. See `feed.ts` for what for.
 *
 * Prometheus takes samples by remote write in the order of time, and a head of 54 hours cuts blocks of that length,
 * which is what a month compacts to. Its snapshot is what `vedette import prometheus` reads. Rejected: `promtool tsdb
 * create-blocks-from openmetrics`, which needed ten times as long.
 */
import type { Labels } from '@vedette/model';
import { HISTORY_STEP_MS, timesOf, type Dataset } from './dataset.ts';
import { HttpClient } from './http-client.ts';
import { isInstalled, writeTo } from './peers.ts';
import { startPrometheus, type MeasuredProcess } from './server-process.ts';
import { labelFieldsOf, WriteBody, type PackedBody } from './write-body.ts';

const DAY_MS = 86_400_000;
const SAMPLES_PER_REQUEST = 20_000;

interface Column {
  readonly fields: Uint8Array;
  readonly timesMs: readonly number[];
  readonly next: () => number;
  /** Samples that are in bodies already. */
  position: number;
}

/** Write requests with the history, day by day; the walks of the data set go on from there. */
export function historyBodies({ series, historyMs, recentMs }: Dataset): PackedBody[] {
  const range = { fromMs: historyMs, untilMs: recentMs - HISTORY_STEP_MS, stepMs: HISTORY_STEP_MS };
  const columns = series
    .filter(({ hasHistory }) => hasHistory)
    .map(({ labels, target, next }) => columnOf(labels, timesOf(target, range), next));
  const bodies: PackedBody[] = [];
  for (let untilMs = historyMs + DAY_MS; untilMs < recentMs + DAY_MS; untilMs += DAY_MS)
    bodies.push(...dayBodies(columns, untilMs));
  return bodies;
}

function columnOf(labels: Labels, timesMs: readonly number[], next: () => number): Column {
  return { fields: labelFieldsOf(labels), timesMs, next, position: 0 };
}

function* dayBodies(columns: readonly Column[], untilMs: number): Iterable<PackedBody> {
  const body = new WriteBody();
  for (const column of columns) {
    const { fields, timesMs, next } = column;
    body.openSeries(fields);
    for (; (timesMs[column.position] ?? Infinity) < untilMs; column.position++)
      body.addSample(timesMs[column.position] ?? 0, next());
    body.closeSeries();
    if (body.sampleCount >= SAMPLES_PER_REQUEST) yield body.finish();
  }
  if (body.sampleCount > 0) yield body.finish();
}

/** A stopped Prometheus with a snapshot of the history below its data; `undefined` where none is installed. */
export async function snapshotHistory(bodies: readonly PackedBody[]): Promise<MeasuredProcess | undefined> {
  if (!isInstalled('prometheus')) return undefined;
  const server = await startPrometheus({
    args: [
      '--storage.tsdb.retention.time=40d',
      '--storage.tsdb.min-block-duration=54h',
      '--storage.tsdb.max-block-duration=54h',
      '--web.enable-admin-api',
    ],
  });
  using client = new HttpClient();
  for (const { bytes } of bodies) await writeTo(client, server.url, bytes);
  await client.post(`${server.url}/api/v1/admin/tsdb/snapshot`, '', {});
  await server.stop();
  return server;
}
