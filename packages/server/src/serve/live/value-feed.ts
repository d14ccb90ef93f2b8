import type { Clock, Timer } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { FrameLog, type FrameListener, type LiveFrame } from './frame-log.ts';
import { LiveFaultError, SERVER_MISTAKE } from './live-fault.ts';
import type { LiveFeed } from './live-feed.ts';

// Four times a second would be seen as well; every second is enough for lists that people read.
const VALUE_PERIOD_MS = 1000;

/**
 * A topic whose every frame carries the whole value: it is read once a second and sent when it has changed.
 * The next reading begins when the one before has ended, so that a slow store is asked less often.
 */
export class ValueFeed implements LiveFeed {
  readonly seriesCount = 0;
  readonly hasFailed = false;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #read: () => unknown;
  readonly #frames: FrameLog;
  readonly #loaded: Promise<void>;
  #json: string | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  /** `read` hands out the value or a promise of it. */
  constructor(deps: { readonly clock: Clock; readonly log: Log }, read: () => unknown) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#read = read;
    this.#frames = new FrameLog(deps.clock);
    this.#loaded = this.#refresh();
    void this.#loaded.then(() => this.#schedule());
  }

  get seq(): number {
    return this.#frames.seq;
  }

  async snap(): Promise<LiveFrame> {
    await this.#loaded;
    if (this.#json === undefined) throw new LiveFaultError('VED_QUERY_EXECUTION', SERVER_MISTAKE);
    return { op: 'snap', seq: this.seq, json: this.#json };
  }

  framesSince(seq: number): readonly LiveFrame[] | undefined {
    return this.#frames.since(seq);
  }

  attach(listener: FrameListener): () => void {
    return this.#frames.attach(listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = this.#clock.setTimer(
      VALUE_PERIOD_MS,
      () => void this.#refresh().then(() => this.#schedule()),
    );
  }

  /** Never rejects. A value that cannot be read is left as it was: a fault of one list must not end the server. */
  async #refresh(): Promise<void> {
    try {
      const json = JSON.stringify(await this.#read());
      if (this.#isClosed || json === this.#json) return;
      const isFirst = this.#json === undefined;
      this.#json = json;
      if (!isFirst) this.#frames.push('delta', json);
    } catch (error) {
      this.#log.error('cannot read a live value', { error });
    }
  }
}
