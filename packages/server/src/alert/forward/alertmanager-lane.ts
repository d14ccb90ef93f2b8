/**
 * Alerts on their way to one Alertmanager, as Prometheus sends them.
 *
 * 1. What is posted joins a queue; a full one drops its oldest alerts, since the newest say most, and counts them.
 * 2. One request at a time takes up to a batch from its front. A batch that is not taken is lost: the rules send
 *    every alert again within a minute, and an old picture sent late would be worse than none.
 * 3. A stop lets the queue run empty for a while, then ends the request under way.
 *
 * Each Alertmanager has a lane of its own: one that hangs holds one connection and its queue, and delays no other.
 */
import type { Clock } from '@vedette/model';
import type { HttpClient } from '../../lib/http-client.ts';
import { postHttp, reasonOfAnswer, reasonOfFailure } from '../../lib/http-post.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AlertPost } from '../alert.ts';
import { goJson, goJsonLabels } from '../go-text.ts';
import type { ForwardMetrics } from './forward-metrics.ts';

/** Prometheus' --alertmanager.notification-queue-capacity: at 1 kB an alert 10 MB for each that does not answer. */
export const QUEUED_ALERTS_MAX = 10_000;

/** Prometheus' --alertmanager.notification-batch-size. */
export const BATCH_ALERTS_MAX = 256;

export interface LaneDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ForwardMetrics;
}

/** How the Alertmanager is spoken with; a reload replaces it. */
export interface LaneSetup {
  readonly client: HttpClient;
  readonly timeoutMs: number;
  readonly followsRedirects: boolean;
  readonly userAgent: string;
}

export class AlertmanagerLane {
  readonly #deps: LaneDeps;
  readonly #url: string;
  #setup: LaneSetup;
  #queue: AlertPost[] = [];
  /** The alerts of the request under way are not in the queue any more. */
  #running: Promise<void> | undefined;
  readonly #stopping = new AbortController();
  #isFailing = false;
  #isFull = false;

  constructor(deps: LaneDeps, url: string, setup: LaneSetup) {
    this.#deps = deps;
    this.#url = url;
    this.#setup = setup;
    deps.metrics.configured(url);
  }

  get queueLength(): number {
    return this.#queue.length;
  }

  /** Holds for the next request. */
  replace(setup: LaneSetup): void {
    this.#setup = setup;
  }

  /** Never waits. */
  post(alerts: readonly AlertPost[]): void {
    if (this.#stopping.signal.aborted) return;
    this.#queue.push(...alerts.slice(-QUEUED_ALERTS_MAX));
    const excess = this.#queue.length - QUEUED_ALERTS_MAX;
    const dropCount = Math.max(0, excess) + Math.max(0, alerts.length - QUEUED_ALERTS_MAX);
    if (excess > 0) this.#queue.splice(0, excess);
    if (dropCount > 0) this.#noteDropped(dropCount);
    if (this.#queue.length > 0) this.#running ??= this.#run();
  }

  /** Resolves when the queue is empty and the last request answered. */
  async drained(): Promise<void> {
    await this.#running;
  }

  /** Ends the request under way; what waits is lost, and counted. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the server stops sending'));
    await this.#running;
    this.#deps.metrics.dropped(this.#url, this.#queue.length);
    this.#queue = [];
  }

  async #run(): Promise<void> {
    // So that the alerts of posts which come together go together.
    await Promise.resolve();
    while (this.#queue.length > 0 && !this.#stopping.signal.aborted)
      await this.#send(this.#queue.splice(0, BATCH_ALERTS_MAX));
    this.#isFull = false;
    this.#running = undefined;
  }

  async #send(alerts: readonly AlertPost[]): Promise<void> {
    const { clock, metrics } = this.#deps;
    const beganMs = clock.monotonicMs();
    const failure = await this.#findFailure(alerts);
    metrics.attempted(this.#url, clock.monotonicMs() - beganMs);
    if (failure === undefined) metrics.sent(this.#url, alerts.length);
    else metrics.failed(this.#url, alerts.length);
    this.#tell(failure);
  }

  /** `undefined`: it was taken. */
  async #findFailure(alerts: readonly AlertPost[]): Promise<string | undefined> {
    const { client, userAgent, timeoutMs, followsRedirects } = this.#setup;
    const headers = { 'Content-Type': 'application/json', 'User-Agent': userAgent };
    try {
      const request = { url: this.#url, headers, body: bodyOf(alerts), timeoutMs, followsRedirects };
      const answer = await postHttp({ ...this.#deps, client }, request, this.#stopping.signal);
      return answer.status >= 200 && answer.status < 300 ? undefined : reasonOfAnswer(answer);
    } catch (error) {
      return reasonOfFailure(error);
    }
  }

  /** Once when it begins to fail and once when it is well again. */
  #tell(failure: string | undefined): void {
    const isFailing = failure !== undefined;
    if (isFailing === this.#isFailing || this.#stopping.signal.aborted) return;
    this.#isFailing = isFailing;
    const alertmanager = this.#url;
    if (!isFailing) this.#deps.log.info('an Alertmanager takes alerts again', { alertmanager });
    else
      this.#deps.log.warn('an Alertmanager does not take alerts; each is sent again within a minute', {
        alertmanager,
        reason: failure,
      });
  }

  #noteDropped(count: number): void {
    this.#deps.metrics.dropped(this.#url, count);
    if (this.#isFull) return;
    this.#isFull = true;
    this.#deps.log.warn('the queue for an Alertmanager is full; its oldest alerts are dropped', {
      alertmanager: this.#url,
      limit: `${QUEUED_ALERTS_MAX} (QUEUED_ALERTS_MAX)`,
    });
  }
}

/** Byte for byte what Prometheus sends: its key order, Go's escapes, times to the millisecond. */
function bodyOf(alerts: readonly AlertPost[]): Uint8Array {
  return Buffer.from(`[${alerts.map(alertText).join(',')}]`);
}

function alertText({ labels, annotations, startsAtMs, endsAtMs, generatorUrl }: AlertPost): string {
  const times = `"endsAt":"${timeText(endsAtMs)}","startsAt":"${timeText(startsAtMs)}"`;
  const link = generatorUrl === '' ? '' : `"generatorURL":${goJson(generatorUrl)},`;
  return `{"annotations":${goJsonLabels(annotations)},${times},${link}"labels":${goJsonLabels(labels)}}`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
