import type { Clock } from '@vedette/model';

/** One message to all subscribers of a feed, its data already JSON. After a `fault` no more come: `snap()` tells why. */
export interface LiveFrame {
  readonly op: 'snap' | 'delta' | 'fault';
  readonly seq: number;
  readonly json: string;
}

export type FrameListener = (frame: LiveFrame) => void;

// As long as a browser takes to come back after a short loss of the network: a client that returns
// within it continues where it was instead of loading everything again.
export const RESUME_MS = 60_000;

/** Frames kept for resuming; at 1 s steps 60 fill a minute. */
const FRAMES_MAX = 120;

/**
 * The numbered frames of one feed, and who listens. Numbers begin at the wall clock's microseconds: a feed
 * emits at most some frames per second, so a number of an earlier life (before a restart) is always below
 * the first one of this, and one of another replica lies in another range unless both began in the same
 * millisecond. Such a number is answered with a snap instead of a wrong delta.
 */
export class FrameLog {
  readonly #clock: Clock;
  readonly #listeners = new Set<FrameListener>();
  #frames: { readonly frame: LiveFrame; readonly atMs: number }[] = [];
  #seq: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#seq = Math.max(0, Math.floor(clock.nowMs() * 1000));
  }

  /** Number of the newest frame. */
  get seq(): number {
    return this.#seq;
  }

  /** Numbers, keeps and hands out. */
  push(op: LiveFrame['op'], json: string): void {
    const frame: LiveFrame = { op, seq: ++this.#seq, json };
    const nowMs = this.#clock.monotonicMs();
    this.#frames.push({ frame, atMs: nowMs });
    const keepFrom = this.#frames.findIndex(({ atMs }) => atMs >= nowMs - RESUME_MS);
    this.#frames = this.#frames.slice(Math.max(keepFrom, this.#frames.length - FRAMES_MAX));
    for (const listener of this.#listeners) listener(frame);
  }

  /** The frames after `seq` in order, none when it is the newest; `undefined` when they are not all known. */
  since(seq: number): readonly LiveFrame[] | undefined {
    if (seq === this.#seq) return [];
    const first = this.#frames[0]?.frame.seq;
    if (first === undefined || seq < first - 1 || seq > this.#seq) return undefined;
    return this.#frames.map(({ frame }) => frame).filter((frame) => frame.seq > seq);
  }

  /** Returns the way to stop. */
  attach(listener: FrameListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
