/**
 * What taking samples in costs: samples per CPU-second (user and system, from /proc) of each program.
 *
 * 1. *Remote write, 20 samples per series*: 10,000 series, 500 per request, as a sender that catches up does.
 * 2. *Remote write, one sample per series*: bodies of 2,000, as Prometheus sends what it has just scraped.
 * 3. *Scrape*: ten targets of 2,700 series each second.
 *
 * A first round creates the series and is not counted. Bodies are made before; one connection. The counting ends when
 * the program has come to rest, so that work put off is counted, too.
 */
import { createLoadSeries } from './load-series.ts';
import { LOAD_STEP_MS, loadBodies } from './load-bodies.ts';
import type { Figure } from './measure.ts';
import { scrapeConfig, SERIES_PER_PAGE, startPages } from './pages.ts';
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

const WARM_UP_MS = 4000;
const SCRAPE_MS = 12_000;

async function measureScrape(): Promise<Figure> {
  const rates = new Map<string, number>();
  await using pages = await startPages();
  for (const kind of installedKinds()) {
    await using peer = await startPeer(kind, { config: scrapeConfig(pages, kind) });
    await pause(WARM_UP_MS);
    const before = pages.served;
    const seconds = await cpuSecondsOf(peer, () => pause(SCRAPE_MS));
    rates.set(peer.name, ((pages.served - before) * SERIES_PER_PAGE) / seconds / 1e6);
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
