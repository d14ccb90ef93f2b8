/** One page of `live`: a socket with ten charts of one dashboard, alerts and status. */
import { once } from 'node:events';
import {
  LIVE_PATH,
  LIVE_PROTOCOL,
  type LiveQueryDelta,
  type LiveQuerySnap,
  type LiveServerMessage,
} from '@vedette/api';
import { WebSocket } from 'ws';
import { applyDelta, frameOfSnap, lastValueOf, type Frame } from '../packages/web/src/chart/frame.ts';
import { SCRAPED_AT, SERVICES, type LiveTarget } from './live-target.ts';
import { pause } from './server-process.ts';

export const CHARTS = 10;
const SUBSCRIPTIONS = CHARTS + 2;
/** The chart whose values are the times of scrapes. */
const CLOCK = 0;
const STEP_MS = 1000;
const SLOW_EVERY = 50;
const APPLYING_EVERY = 10;
const ACK_MS = 5000;
/** Pages come back within this time after a restart, each at its own moment. */
const BACKOFF_MS = 2000;

export interface Tally {
  readonly agesMs: number[];
  readonly frames: Record<string, number>;
  isMeasured: boolean;
}

export class LiveBenchClient {
  readonly #index: number;
  readonly #sinceMs: number;
  readonly #tally: Tally;
  readonly #seqs = new Map<number, number>();
  /** Subscriptions that got a frame since the beginning, or since the restart. */
  readonly #seen = new Set<number>();
  /** Of clients that apply. */
  readonly #frames = new Map<number, Frame>();
  #socket: WebSocket | undefined;

  constructor(index: number, { sinceMs }: LiveTarget, tally: Tally) {
    this.#index = index;
    this.#sinceMs = sinceMs;
    this.#tally = tally;
  }

  get #applies(): boolean {
    return this.#index % APPLYING_EVERY === 1;
  }

  async connect(url: string): Promise<void> {
    const socket = new WebSocket(url.replace('http', 'ws') + LIVE_PATH, LIVE_PROTOCOL, {
      headers: { origin: url },
    });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as LiveServerMessage));
    // The server's end is part of the measurement.
    socket.on('error', () => undefined);
    await once(socket, 'open');
    const dashboard = chartsOf(SERVICES[this.#index % SERVICES.length] ?? '');
    for (const [id, expr] of dashboard.entries())
      this.#say({
        op: 'sub',
        id,
        topic: 'query',
        params: { exprs: [expr], start: 'now-5m', end: 'now', step: STEP_MS },
      });
    this.#say({ op: 'sub', id: CHARTS, topic: 'alerts', params: {} });
    this.#say({ op: 'sub', id: CHARTS + 1, topic: 'status', params: {} });
    const timer = setInterval(() => this.#acknowledge(socket), ACK_MS);
    socket.on('close', () => clearInterval(timer));
  }

  async reconnect(url: string): Promise<void> {
    await pause((this.#index / 500) * BACKOFF_MS);
    await this.connect(url);
  }

  forgetFrames(): void {
    this.#seen.clear();
    this.#seqs.clear();
    this.#frames.clear();
  }

  /** Subscriptions without a frame since `forgetFrames`, and the clock if it shows nothing scraped after `sinceMs`. */
  staleCount(sinceMs: number): number {
    if (this.#index % SLOW_EVERY === 0) this.#socket?.resume();
    const isStale = this.#applies && !(this.#clockMs() > sinceMs);
    return SUBSCRIPTIONS - this.#seen.size + (isStale ? 1 : 0);
  }

  close(): void {
    this.#socket?.terminate();
  }

  #acknowledge(socket: WebSocket): void {
    for (const [id, seq] of this.#seqs) this.#say({ op: 'ack', id, seq });
    this.#seqs.clear();
    if (this.#index % SLOW_EVERY !== 0) return;
    // Reads nothing for a while: the kernel's buffers fill, then the server's.
    if (socket.isPaused) socket.resume();
    else socket.pause();
  }

  #take(message: LiveServerMessage): void {
    const tally = this.#tally;
    if (message.op !== 'snap' && message.op !== 'delta') return;
    this.#seqs.set(message.id, message.seq);
    this.#seen.add(message.id);
    if (message.id >= CHARTS) return;
    if (tally.isMeasured) tally.frames[message.op] = (tally.frames[message.op] ?? 0) + 1;
    if (!this.#applies) return;
    this.#apply(message);
    if (tally.isMeasured && message.id === CLOCK) tally.agesMs.push(Date.now() - this.#clockMs());
  }

  #apply(message: Extract<LiveServerMessage, { op: 'snap' | 'delta' }>): void {
    const known = this.#frames.get(message.id);
    if (message.op === 'snap') this.#frames.set(message.id, frameOfSnap(message.data as LiveQuerySnap));
    else if (known !== undefined)
      this.#frames.set(message.id, applyDelta(known, message.data as LiveQueryDelta));
  }

  #clockMs(): number {
    const series = this.#frames.get(CLOCK)?.series[0];
    return this.#sinceMs + (series === undefined ? NaN : (lastValueOf(series) ?? NaN)) * 1000;
  }

  #say(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

/** A dashboard of one service: ten expressions as people write them. */
function chartsOf(service: string): readonly string[] {
  const requests = (more = ''): string => `rate(shop_requests_total{service="${service}"${more}}[15s])`;
  const quantileOf = (q: number, by: string): string =>
    `histogram_quantile(${q}, sum by (${by}) (rate(shop_request_seconds_bucket{service="${service}"}[15s])))`;
  return [
    `${SCRAPED_AT} * on () group_left () group(shop_requests_total{service="${service}"})`,
    `sum(${requests()})`,
    `sum by (route) (${requests()})`,
    `sum by (status) (${requests()})`,
    `sum(${requests(',status="500"')}) / sum(${requests()})`,
    quantileOf(0.5, 'le'),
    quantileOf(0.95, 'le'),
    quantileOf(0.99, 'le, route'),
    `topk(3, sum by (route) (${requests()}))`,
    `max_over_time(sum(${requests()})[1m:5s])`,
  ];
}
