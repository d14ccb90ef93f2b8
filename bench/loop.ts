/**
 * All at once, for 20 seconds each: ten targets of 2,700 series are scraped each second, remote write brings 10,000
 * samples a second one per series, four dashboards ask without caches. How long answers take of each program, and how
 * long our event loop was held (a timer of 1 ms inside the process, loaded from outside: `loop-probe.ts`). Then a
 * flood of new series for us alone.
 */
import { measureFlood, openLoopProbe } from './flood.ts';
import { createLoadSeries } from './load-series.ts';
import { loadBodies } from './load-bodies.ts';
import type { LoopDelays } from './loop-probe.ts';
import { median, quantile, timed, type Figure } from './measure.ts';
import { DASHBOARD_QUERIES, scrapeConfig, startPages } from './pages.ts';
import { installedKinds, startPeer, type Peer } from './peers.ts';
import { pause } from './server-process.ts';

const QUERIES: readonly string[] = [...DASHBOARD_QUERIES, 'sum by (zone) (load_gauge_1)'];

const WARM_UP_MS = 5000;
const LOAD_MS = 20_000;
const DASHBOARDS = 4;
const DASHBOARD_PAUSE_MS = 250;
const WRITTEN_SERIES = 10_000;
const SAMPLES_PER_BODY = 2000;

export async function measureLoopDelay(): Promise<Figure[]> {
  return [...(await measureUnderLoad()), ...(await measureFlood())];
}

async function measureUnderLoad(): Promise<Figure[]> {
  await using pages = await startPages();
  const probe = openLoopProbe();
  try {
    const answers: { readonly name: string; readonly ms: readonly number[] }[] = [];
    let delays: LoopDelays | undefined;
    for (const kind of installedKinds()) {
      await using peer = await startPeer(kind, { config: scrapeConfig(pages, kind), env: probe.env });
      await pause(WARM_UP_MS);
      if (kind === 'vedette') process.kill(peer.pid, 'SIGUSR2');
      answers.push({ name: peer.name, ms: await load(peer) });
      if (kind === 'vedette') delays = await probe.end(peer);
    }
    if (delays === undefined) throw new Error('our own server is not among the programs');
    return figuresOf(delays, answers);
  } finally {
    probe.close();
  }
}

async function load(peer: Peer): Promise<number[]> {
  const untilMs = performance.now() + LOAD_MS;
  const dashboards = Array.from({ length: DASHBOARDS }, (_, i) => dashboard(peer, { untilMs, first: i }));
  const [, ...answers] = await Promise.all([writer(peer, untilMs), ...dashboards]);
  return answers.flat();
}

/** Asks one query after the other over ten minutes, pausing between them; how long each took. */
async function dashboard(
  peer: Peer,
  { untilMs, first }: { untilMs: number; first: number },
): Promise<number[]> {
  const client = peer.openClient();
  const ms: number[] = [];
  for (let i = first; performance.now() < untilMs; i++) {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const parameters = {
      query: QUERIES[i % QUERIES.length] ?? '',
      start: String(nowSeconds - 600),
      end: String(nowSeconds),
      step: '2',
    };
    ms.push(await timed(() => client.ask('query_range', parameters)));
    await pause(DASHBOARD_PAUSE_MS);
  }
  client.close();
  return ms;
}

/** One sample of each series a second, in requests of 2,000. */
async function writer(peer: Peer, untilMs: number): Promise<number[]> {
  const series = createLoadSeries(WRITTEN_SERIES);
  for (let nextMs = performance.now(); nextMs < untilMs; nextMs += 1000) {
    const slot = { fromMs: Date.now(), count: 1, samplesPerBody: SAMPLES_PER_BODY };
    for (const { bytes } of loadBodies(series, slot)) await peer.write(bytes);
    await pause(Math.max(0, nextMs + 1000 - performance.now()));
  }
  return [];
}

function figuresOf(
  { p999Ms, maxMs, workMaxMs, gcMaxMs }: LoopDelays,
  answers: readonly { readonly name: string; readonly ms: readonly number[] }[],
): Figure[] {
  const [ours, ...others] = answers;
  return [
    { name: 'loop delay p99.9 under load', value: p999Ms, unit: 'ms', goal: '≤ 10', isReached: p999Ms <= 10 },
    { name: 'loop delay maximum under load', value: maxMs, unit: 'ms' },
    { name: 'longest work in one go under load', value: workMaxMs, unit: 'ms of CPU' },
    { name: 'longest garbage collection under load', value: gcMaxMs, unit: 'ms' },
    {
      name: 'answers under load',
      value: median(ours?.ms ?? []),
      p99: quantile(ours?.ms ?? [], 0.99),
      unit: 'ms',
      peers: others.map(({ name, ms }) => ({ name, value: median(ms), p99: quantile(ms, 0.99) })),
    },
  ];
}
