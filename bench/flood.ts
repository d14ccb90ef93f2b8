/**
 * A mistake at full speed: half a million new series in 30 seconds by remote write, one sample each, in bodies of
 * 2,000, and one small question every 100 ms meanwhile. No limit of series refuses them. What it does to the event
 * loop, to who asks, and to memory.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLoadSeries, type LoadSeries } from './load-series.ts';
import { loadBodies } from './load-bodies.ts';
import type { LoopDelays } from './loop-probe.ts';
import { median, quantile, timed, type Figure } from './measure.ts';
import { startPeer, type Peer } from './peers.ts';
import { pause, readProcessUse } from './server-process.ts';

const SERIES = 500_000;
const FLOOD_MS = 30_000;
const SERIES_PER_BODY = 2000;
const WARM_UP_MS = 3000;
const QUESTION = 'load_gauge_1{instance="host-1:9100"}';
const QUESTION_PAUSE_MS = 100;

/** Options of a peer that measure its event loop; `end` says what was measured since the first SIGUSR2. */
export function openLoopProbe(): {
  readonly env: Readonly<Record<string, string>>;
  readonly end: (peer: Peer) => Promise<LoopDelays>;
  readonly close: () => void;
} {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-probe-'));
  const file = path.join(directory, 'delays.json');
  const probe = pathToFileURL(path.join(import.meta.dirname, 'loop-probe.ts')).href;
  return {
    env: { NODE_OPTIONS: `--import ${probe}`, LOOP_PROBE_FILE: file },
    end: async ({ pid }) => {
      process.kill(pid, 'SIGUSR2');
      while (!existsSync(file)) await pause(50);
      // The file is there before its content is.
      await pause(50);
      return JSON.parse(readFileSync(file, 'utf8')) as LoopDelays;
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export async function measureFlood(): Promise<Figure[]> {
  const probe = openLoopProbe();
  // Before anything is open: a connection that rests for seconds is closed.
  const series = createLoadSeries(SERIES);
  try {
    await using peer = await startPeer('vedette', {
      config: `storage: { metrics: { series_max_per_job: 0 } }\npacks: { host: false, containers: false }\n`,
      env: probe.env,
    });
    await warmUp(peer);
    const before = readProcessUse(peer.pid);
    process.kill(peer.pid, 'SIGUSR2');
    const flood = { isOver: false };
    const [written, answers] = await Promise.all([
      write(peer, series).finally(() => (flood.isOver = true)),
      ask(peer, flood),
    ]);
    const delays = await probe.end(peer);
    const after = readProcessUse(peer.pid);
    return figuresOf(delays, answers, {
      bytesPerSeries: (after.rssBytes - before.rssBytes) / written,
      cpuMicrosPerSeries: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / written,
    });
  } finally {
    probe.close();
  }
}

/** What is loaded and compiled with the first requests is another figure. */
async function warmUp(peer: Peer): Promise<void> {
  await pause(WARM_UP_MS);
  const slot = { fromMs: Date.now() - WARM_UP_MS, count: 1, samplesPerBody: SERIES_PER_BODY };
  for (const { bytes } of loadBodies(createLoadSeries(2 * SERIES_PER_BODY), slot)) await peer.write(bytes);
  for (let i = 0; i < 5; i++) await peer.ask('query', { query: QUESTION });
}

/** Sends what is due, at the pace that was set or as fast as it is taken; returns how many series. */
async function write(peer: Peer, series: readonly LoadSeries[]): Promise<number> {
  const startMs = performance.now();
  const slot = { fromMs: Date.now(), count: 1, samplesPerBody: SERIES_PER_BODY };
  let written = 0;
  for (const { bytes, sampleCount } of loadBodies(series, slot)) {
    await peer.write(bytes);
    written += sampleCount;
    await pause(Math.max(0, startMs + (written / SERIES) * FLOOD_MS - performance.now()));
  }
  return written;
}

/** How long each question took. */
async function ask(peer: Peer, flood: { readonly isOver: boolean }): Promise<number[]> {
  const client = peer.openClient();
  const ms: number[] = [];
  while (!flood.isOver) {
    ms.push(await timed(() => client.ask('query', { query: QUESTION })));
    await pause(QUESTION_PAUSE_MS);
  }
  client.close();
  return ms;
}

function figuresOf(
  { p999Ms, maxMs, workMaxMs, gcMaxMs, gcRatio }: LoopDelays,
  answers: readonly number[],
  cost: { readonly bytesPerSeries: number; readonly cpuMicrosPerSeries: number },
): Figure[] {
  const name = (text: string): string => `a million new series a minute: ${text}`;
  return [
    { name: name('loop delay p99.9'), value: p999Ms, unit: 'ms' },
    { name: name('loop delay maximum'), value: maxMs, unit: 'ms' },
    { name: name('longest work in one go'), value: workMaxMs, unit: 'ms of CPU' },
    { name: name('longest garbage collection'), value: gcMaxMs, unit: 'ms' },
    { name: name('share of garbage collections'), value: gcRatio * 100, unit: '%' },
    { name: name('answers'), value: median(answers), p99: quantile(answers, 0.99), unit: 'ms' },
    { name: name('CPU'), value: cost.cpuMicrosPerSeries, unit: 'µs a series' },
    { name: name('RSS'), value: cost.bytesPerSeries, unit: 'B a series' },
  ];
}
