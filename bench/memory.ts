/**
 * Memory per active series: what a program's RSS has grown by since it was started and at rest, after 40 samples
 * each of 10,000 and of 100,000 series and another rest, divided by the series. RSS counts what the runtime holds in
 * reserve, too: Go's and V8's both give back late.
 */
import { createLoadSeries } from './load-series.ts';
import { LOAD_STEP_MS, loadBodies } from './load-bodies.ts';
import type { Figure } from './measure.ts';
import { startPeers } from './peers.ts';
import { readProcessUse, settle } from './server-process.ts';

const SERIES_COUNTS = [10_000, 100_000];
const ROUNDS = 2;
const SAMPLES_PER_ROUND = 20;
const SAMPLES_PER_BODY = 10_000;
const BYTES_GOAL = 1500;

export async function measureMemory(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of SERIES_COUNTS) figures.push(await measureSeries(count));
  return figures;
}

async function measureSeries(count: number): Promise<Figure> {
  await using peers = await startPeers();
  const rest = (): Promise<unknown> => Promise.all(peers.all.map(({ pid }) => settle(pid)));
  await rest();
  const before = peers.all.map(({ pid }) => readProcessUse(pid).rssBytes);
  const series = createLoadSeries(count);
  const roundMs = SAMPLES_PER_ROUND * LOAD_STEP_MS;
  const startMs = Date.now() - ROUNDS * roundMs;
  for (let round = 0; round < ROUNDS; round++) {
    const slot = {
      fromMs: startMs + round * roundMs,
      count: SAMPLES_PER_ROUND,
      samplesPerBody: SAMPLES_PER_BODY,
    };
    for (const { bytes } of loadBodies(series, slot))
      await Promise.all(peers.all.map((peer) => peer.write(bytes)));
  }
  await rest();
  const perSeries = peers.all.map(({ pid }, i) => (readProcessUse(pid).rssBytes - (before[i] ?? 0)) / count);
  const value = perSeries[0] ?? NaN;
  return {
    name: `RSS per series, ${count.toLocaleString('en')} series`,
    value,
    unit: 'B',
    goal: `≤ ${BYTES_GOAL}`,
    isReached: value <= BYTES_GOAL,
    peers: peers.others.map(({ name }, i) => ({ name, value: perSeries[i + 1] ?? NaN })),
  };
}
