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

// As `LIVE_LIMITS.bufferedBytesPause`: more would not be sent to who resumes, but be left out for a snap; a feed whose
// frames are whole pictures of 3 MB would keep 200 MB of them.
export const FRAMES_CHARS_MAX = 1024 * 1024;

/**
 * The numbered frames of one feed, and who listens. Numbers begin at the wall clock's microseconds: a feed
 * emits at most some frames per second, so a number of an earlier life (before a restart) is always below
 * the first one of this, and one of another replica lies in another range unless both began in the same
 * millisecond. Such a number is answered with a snap instead of a wrong delta.
 */
export class FrameLog {
  readonly #clock: Clock;
  readonly #listeners = new Set<FrameListener>();
  readonly #frames: { readonly frame: LiveFrame; readonly atMs: number }[] = [];
  /** Characters of all of them. */
  #chars = 0;
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
    this.#chars += json.length;
    while (this.#isFull(nowMs)) this.#chars -= this.#frames.shift()?.frame.json.length ?? 0;
    for (const listener of this.#listeners) listener(frame);
  }

  /** Whether the oldest frame is too old, or one too many. */
  #isFull(nowMs: number): boolean {
    const [oldest] = this.#frames;
    if (oldest === undefined) return false;
    const isOld = oldest.atMs < nowMs - RESUME_MS;
    return isOld || this.#frames.length > FRAMES_MAX || this.#chars > FRAMES_CHARS_MAX;
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
