import type { FrameListener, LiveFrame } from './frame-log.ts';

/** One shared source of frames: computed once, however many clients watch it. */
export interface LiveFeed {
  /** Number of the newest frame. */
  readonly seq: number;
  /** Series it shows; 0 for topics without series. */
  readonly seriesCount: number;
  /** It will not get over its fault: who asks again must ask another one. */
  readonly hasFailed: boolean;
  /** The whole picture as of `seq`, computed when first asked. Rejects with `LiveFaultError` when it cannot be shown. */
  snap(): Promise<LiveFrame>;
  /** See `FrameLog.since`. */
  framesSince(seq: number): readonly LiveFrame[] | undefined;
  /** Called with each frame from now on; returns the way to stop. */
  attach(listener: FrameListener): () => void;
  /** Stops computing. Twice is safe. */
  close(): void;
}
