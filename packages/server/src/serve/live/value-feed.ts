import type { Clock, Timer } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { FrameLog, type FrameListener, type LiveFrame } from './frame-log.ts';
import type { LiveFeed } from './live-feed.ts';

// Four times a second would be seen as well; every second is enough for lists that people read.
const VALUE_PERIOD_MS = 1000;

/** A topic whose every frame carries the whole value: it is read once a second and sent when it has changed. */
export class ValueFeed implements LiveFeed {
  readonly seriesCount = 0;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #read: () => unknown;
  readonly #frames: FrameLog;
  #json: string;
  #timer: Timer | undefined;

  constructor(deps: { readonly clock: Clock; readonly log: Log }, read: () => unknown) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#read = read;
    this.#frames = new FrameLog(deps.clock);
    this.#json = JSON.stringify(read());
    this.#schedule();
  }

  get seq(): number {
    return this.#frames.seq;
  }

  snap(): Promise<LiveFrame> {
    return Promise.resolve({ op: 'snap', seq: this.seq, json: this.#json });
  }

  framesSince(seq: number): readonly LiveFrame[] | undefined {
    return this.#frames.since(seq);
  }

  attach(listener: FrameListener): () => void {
    return this.#frames.attach(listener);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimer(VALUE_PERIOD_MS, () => {
      this.#refresh();
      this.#schedule();
    });
  }

  /** A value that cannot be read is left as it was: a fault of one list must not end the server. */
  #refresh(): void {
    try {
      const json = JSON.stringify(this.#read());
      if (json === this.#json) return;
      this.#json = json;
    } catch (error) {
      this.#log.error('cannot read a live value', { error });
      return;
    }
    this.#frames.push('delta', this.#json);
  }
}
