/**
 * Live data: 500 clients with twelve subscriptions each, as twelve charts and lists of one page, on one server; one in
 * fifty reads slowly. How old a point is when its frame arrives, and what a client costs in memory.
 *
 * The subject is the time itself (`time()` on a grid of one second): the newest point of a delta says when it was due, and
 * the clock of the same machine when it arrived. Then the server's memory, above that before the clients came.
 */
import { once } from 'node:events';
import { LIVE_PATH, LIVE_PROTOCOL, type LiveQueryDelta, type LiveServerMessage } from '@vedette/api';
import { WebSocket } from 'ws';
import { quantile, type Figure } from './measure.ts';
import { startPeer, type Peer } from './peers.ts';
import { pause, readProcessUse, settle } from './server-process.ts';

const CLIENTS = 500;
const CHARTS = 10;
const STEP_MS = 1000;
const WARM_UP_MS = 8000;
const MEASURED_MS = 20_000;
const SLOW_EVERY = 50;
const MEMORY_BYTES_MAX = 256 * 1024;
const ARRIVAL_MS_MAX = 1000 + STEP_MS;

interface Tally {
  readonly agesMs: number[];
  readonly frames: Record<string, number>;
  isMeasured: boolean;
}

export async function measureLive(): Promise<Figure[]> {
  const config = 'server:\n  limits:\n    live_connections: 600\n';
  await using peer = await startPeer('vedette', { config });
  await settle(peer.pid);
  const before = readProcessUse(peer.pid);
  const tally: Tally = { agesMs: [], frames: {}, isMeasured: false };
  const sockets = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => openClient(peer, i, tally)));
  try {
    await pause(WARM_UP_MS);
    tally.isMeasured = true;
    await pause(MEASURED_MS);
    tally.isMeasured = false;
    return figuresOf(tally, (readProcessUse(peer.pid).rssBytes - before.rssBytes) / CLIENTS);
  } finally {
    for (const socket of sockets) socket.terminate();
  }
}

async function openClient({ url }: Peer, index: number, tally: Tally): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws') + LIVE_PATH, LIVE_PROTOCOL, {
    headers: { origin: url },
  });
  const seqs = new Map<number, number>();
  socket.on('message', (data: Buffer) => take(JSON.parse(data.toString()) as LiveServerMessage, seqs, tally));
  await once(socket, 'open');
  const say = (message: object): void => socket.send(JSON.stringify(message));
  for (let id = 0; id < CHARTS; id++) {
    const params = { exprs: [`time() + 0 * ${id}`], start: 'now-5m', end: 'now', step: STEP_MS };
    say({ op: 'sub', id, topic: 'query', params });
  }
  say({ op: 'sub', id: CHARTS, topic: 'alerts', params: {} });
  say({ op: 'sub', id: CHARTS + 1, topic: 'status', params: {} });
  const isSlow = index % SLOW_EVERY === 0;
  const timer = setInterval(() => {
    for (const [id, seq] of seqs) say({ op: 'ack', id, seq });
    seqs.clear();
    // Reads nothing for a while: the kernel's buffers fill, then the server's.
    if (isSlow && socket.isPaused) socket.resume();
    else if (isSlow) socket.pause();
  }, 5000);
  socket.on('close', () => clearInterval(timer));
  return socket;
}

function take(message: LiveServerMessage, seqs: Map<number, number>, tally: Tally): void {
  if (tally.isMeasured) tally.frames[message.op] = (tally.frames[message.op] ?? 0) + 1;
  if (message.op !== 'snap' && message.op !== 'delta') return;
  seqs.set(message.id, message.seq);
  if (!tally.isMeasured || message.op !== 'delta' || message.id >= CHARTS) return;
  const { t, k } = message.data as LiveQueryDelta;
  tally.agesMs.push(Date.now() - (t + (k - 1) * STEP_MS));
}

function figuresOf({ agesMs, frames }: Tally, bytesPerClient: number): Figure[] {
  const p95 = quantile(agesMs, 0.95);
  return [
    {
      name: 'point to client, p95',
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
      value: Math.round((frames['delta'] ?? 0) / (MEASURED_MS / 1000)),
      unit: '/s',
      better: 'more',
    },
    {
      name: 'full pushes (snaps) while measured',
      value: frames['snap'] ?? 0,
      unit: '',
      goal: '0',
      isReached: (frames['snap'] ?? 0) === 0,
    },
  ];
}
