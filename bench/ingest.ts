/**
 * What taking samples in costs: samples per CPU-second (user and system, from /proc) of each program.
 *
 * 1. *Remote write, 20 samples per series*: 10,000 series, 500 per request, as a sender that catches up does.
 * 2. *Remote write, one sample per series*: bodies of 2,000, as Prometheus sends what it has just scraped.
 * 3. *Scrape*: ten targets of 2,700 series each second, half a minute, after twenty seconds.
 *
 * A first round creates the series and is not counted. Bodies are made before; one connection. The counting ends when
 * the program has come to rest, so that work put off is counted, too.
 */
import { createLoadSeries } from './load-series.ts';
import { LOAD_STEP_MS, loadBodies } from './load-bodies.ts';
import type { Figure } from './measure.ts';
import { scrapeConfig, SERIES_PER_PAGE, startPages, type Pages } from './pages.ts';
import { installedKinds, startPeer, startPeers, type Peer } from './peers.ts';
import { pause, readProcessUse, settle } from './server-process.ts';
import type { PackedBody } from './write-body.ts';

const SERIES_COUNT = 10_000;

interface WriteLoad {
  readonly name: string;
  readonly samplesPerSeries: number;
  readonly samplesPerBody: number;
  /** Times 10,000 series times samples per series. */
  readonly rounds: number;
}

const WRITE_LOADS: readonly WriteLoad[] = [
  { name: 'remote write, 20 samples per series', samplesPerSeries: 20, samplesPerBody: 10_000, rounds: 10 },
  { name: 'remote write, 1 sample per series', samplesPerSeries: 1, samplesPerBody: 2000, rounds: 60 },
];

export async function measureIngest(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const load of WRITE_LOADS) figures.push(await measureWrites(load));
  figures.push(await measureScrape());
  return figures;
}

async function measureWrites(load: WriteLoad): Promise<Figure> {
  const { first, rest, sampleCount } = bodiesOf(load);
  const rates = new Map<string, number>();
  await using peers = await startPeers();
  for (const peer of peers.all) {
    for (const { bytes } of first) await peer.write(bytes);
    await settle(peer.pid);
    const seconds = await cpuSecondsOf(peer, async () => {
      for (const { bytes } of rest) await peer.write(bytes);
      await settle(peer.pid);
    });
    rates.set(peer.name, sampleCount / seconds / 1e6);
  }
  return figureOf(load.name, rates);
}

function bodiesOf({ samplesPerSeries, samplesPerBody, rounds }: WriteLoad): {
  first: PackedBody[];
  rest: PackedBody[];
  sampleCount: number;
} {
  const series = createLoadSeries(SERIES_COUNT);
  const roundMs = samplesPerSeries * LOAD_STEP_MS;
  const startMs = Date.now() - (rounds + 1) * roundMs;
  const round = (i: number): PackedBody[] => [
    ...loadBodies(series, { fromMs: startMs + i * roundMs, count: samplesPerSeries, samplesPerBody }),
  ];
  const first = round(0);
  const rest = Array.from({ length: rounds }, (_, i) => round(i + 1)).flat();
  return { first, rest, sampleCount: rest.reduce((sum, body) => sum + body.sampleCount, 0) };
}

// A program that scrapes runs for weeks: its start, and the compilers' work on what it has run but a few times, are over.
const WARM_UP_MS = 20_000;
const SCRAPE_MS = 30_000;

/** All at once, each with pages of its own, so that what else goes on here disturbs them alike: each takes a tenth of a core. */
async function measureScrape(): Promise<Figure> {
  await using stack = new AsyncDisposableStack();
  const scraping: { readonly pages: Pages; readonly peer: Peer }[] = [];
  for (const kind of installedKinds()) {
    const pages = stack.use(await startPages());
    const peer = stack.use(await startPeer(kind, { config: scrapeConfig(pages, kind) }));
    scraping.push({ pages, peer });
  }
  const read = (): { served: number; cpuSeconds: number }[] =>
    scraping.map(({ pages, peer }) => ({
      served: pages.served,
      cpuSeconds: readProcessUse(peer.pid).cpuSeconds,
    }));
  await pause(WARM_UP_MS);
  const before = read();
  await pause(SCRAPE_MS);
  const rates = new Map<string, number>();
  for (const [i, after] of read().entries()) {
    const served = after.served - (before[i]?.served ?? 0);
    const seconds = after.cpuSeconds - (before[i]?.cpuSeconds ?? 0);
    rates.set(scraping[i]?.peer.name ?? '', (served * SERIES_PER_PAGE) / seconds / 1e6);
  }
  return figureOf('scrape, 10 targets of 2,700 series', rates);
}

async function cpuSecondsOf({ pid }: Peer, run: () => Promise<unknown>): Promise<number> {
  const before = readProcessUse(pid).cpuSeconds;
  await run();
  return readProcessUse(pid).cpuSeconds - before;
}

function figureOf(name: string, rates: ReadonlyMap<string, number>): Figure {
  const [ours, ...others] = [...rates];
  const value = ours?.[1] ?? NaN;
  const prometheus = others.find(([peer]) => peer.startsWith('Prometheus'));
  return {
    name,
    value,
    unit: 'M samples/CPU-s',
    better: 'more',
    peers: others.map(([peer, rate]) => ({ name: peer, value: rate })),
    ...(prometheus === undefined ? {} : { goal: '≥ Prometheus', isReached: value >= prometheus[1] }),
  };
}
