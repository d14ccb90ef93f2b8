/**
 * Live data: 500 clients with twelve subscriptions each on one server, as twelve charts and lists of one page; one in fifty
 * reads slowly, and in the middle the server is stopped and started anew on the same data.
 *
 * 1. A target of our own is scraped every second (`live-target.ts`): three services with counters and histograms, and a
 *    gauge that says when it was scraped. The clients show three different dashboards over it, a third of them each.
 * 2. A client keeps its frames as the page does, with the page's own code. The newest value of the gauge, once its frame is
 *    applied, says how old the newest sample is that one sees. Columns of 500 clients would make this process the subject,
 *    so that one client in ten applies its frames and is measured; the others read, acknowledge and let go.
 * 3. Memory is what the server's process has more than before the clients came, by the number of clients.
 * 4. After the restart each client comes back with a delay of its own. No state is lost when every subscription got a frame
 *    of the new server and every clock shows a sample scraped after it was back.
 *
 * Frames sent whole count while nothing is restarted: a slow reader that is left behind gets one, too.
 */
import { loadavg } from 'node:os';
import { LiveBenchClient, CHARTS, type Tally } from './live-client.ts';
import { startLiveTarget } from './live-target.ts';
import { quantile, type Figure } from './measure.ts';
import { startPeer, type Peer } from './peers.ts';
import { pause, readProcessUse, settle } from './server-process.ts';

const CLIENTS = 500;
const STEP_MS = 1000;
/** Whoever scrapes for this long has points for rates. */
const SCRAPED_MS = 5000;
const WARM_UP_MS = 8000;
const MEASURED_MS = 15_000;
/** Of the backoff of the page the longest first delay, and as long again for a loaded machine. */
const BACK_MS = 12_000;
const MEMORY_BYTES_MAX = 256 * 1024;
const ARRIVAL_MS_MAX = 1000 + STEP_MS;

export async function measureLive(): Promise<Figure[]> {
  await using target = await startLiveTarget();
  await using peer = await startPeer('vedette', { config: configOf(target.address) });
  await pause(SCRAPED_MS);
  await settle(peer.pid);
  const before = readProcessUse(peer.pid);
  const tally: Tally = { agesMs: [], frames: {}, isMeasured: false };
  const clients = Array.from({ length: CLIENTS }, (_, index) => new LiveBenchClient(index, target, tally));
  try {
    await Promise.all(clients.map((client) => client.connect(peer.url)));
    await measuredSpan(tally);
    const bytesPerClient = (readProcessUse(peer.pid).rssBytes - before.rssBytes) / CLIENTS;
    const lostCount = await restart(peer, clients);
    await measuredSpan(tally);
    return [...figuresOf(tally, bytesPerClient), lostFigure(lostCount)];
  } finally {
    for (const client of clients) client.close();
  }
}

function configOf(address: string): string {
  return `server: { limits: { live_connections: 600 } }
packs: { host: false, containers: false }
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ["${address}"] }]
`;
}

async function measuredSpan(tally: Tally): Promise<void> {
  await pause(WARM_UP_MS);
  tally.isMeasured = true;
  await pause(MEASURED_MS);
  tally.isMeasured = false;
}

/** How many subscriptions do not show the state of the server after it came back. */
async function restart(peer: Peer, clients: readonly LiveBenchClient[]): Promise<number> {
  for (const client of clients) client.forgetFrames();
  await peer.restart();
  const backMs = Date.now();
  await Promise.all(clients.map((client) => client.reconnect(peer.url)));
  await pause(BACK_MS);
  return clients.reduce((sum, client) => sum + client.staleCount(backMs), 0);
}

function figuresOf({ agesMs, frames }: Tally, bytesPerClient: number): Figure[] {
  const p95 = quantile(agesMs, 0.95);
  const [load = NaN] = loadavg();
  return [
    {
      name: `sample to applied frame, p95 / p99 (load ${load.toFixed(1)})`,
      value: Math.round(p95),
      p99: Math.round(quantile(agesMs, 0.99)),
      unit: 'ms',
      goal: `${ARRIVAL_MS_MAX} ms`,
      isReached: p95 <= ARRIVAL_MS_MAX,
    },
    {
      name: 'memory per client',
      value: Math.round(bytesPerClient / 1024),
      unit: 'kB',
      goal: '256 kB',
      isReached: bytesPerClient <= MEMORY_BYTES_MAX,
    },
    {
      name: 'deltas per second',
      value: Math.round((frames['delta'] ?? 0) / ((2 * MEASURED_MS) / 1000)),
      unit: '/s',
      better: 'more',
    },
    noneFigure('charts sent whole while nothing was restarted', frames['snap'] ?? 0),
  ];
}

function lostFigure(lostCount: number): Figure {
  return noneFigure(
    `of ${CLIENTS * (CHARTS + 2)} subscriptions without the state after the restart`,
    lostCount,
  );
}

function noneFigure(name: string, value: number): Figure {
  return { name, value, unit: '', goal: '0', isReached: value === 0 };
}
