import type { Clock, Timer } from '@vedette/model';

// Equal distances make small chunks: a timestamp is laid on the grid when the clock is this near to
// it. 1 % of an interval, as Prometheus' scrape loop tolerates, but at most 20 ms.
const GRID_TOLERANCE_RATIO = 0.01;
const GRID_TOLERANCE_MS_MAX = 20;

/**
 * Runs a task at once and then every `intervalMs`, on a grid of the monotonic clock. A run that takes
 * longer than an interval is never overlapped: the ticks it covers are skipped and counted.
 */
export class IntervalLoop {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #task: (timestampMs: number) => Promise<void>;
  readonly #onSkip: () => void;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #isStopped = true;
  #startMs = 0;
  #startWallMs = 0;
  #tick = 0;

  /**
   * `task` gets the tick's time in whole milliseconds and must not reject. `onSkip` is told of each
   * tick left out because the one before still ran.
   */
  constructor(
    deps: { clock: Clock },
    options: { intervalMs: number; task: (timestampMs: number) => Promise<void>; onSkip: () => void },
  ) {
    this.#clock = deps.clock;
    this.#intervalMs = options.intervalMs;
    this.#task = options.task;
    this.#onSkip = options.onSkip;
  }

  /** Starting twice is safe. */
  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#startMs = this.#clock.monotonicMs();
    this.#startWallMs = Math.round(this.#clock.nowMs());
    this.#tick = 0;
    this.#fire();
  }

  /** Resolves when the running task, if any, has ended. Stopping twice is safe. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #fire(): void {
    const timestampMs = this.#timestampOfTick();
    if (this.#isRunning) this.#onSkip();
    else this.#running = this.#run(timestampMs);
    this.#arm();
  }

  async #run(timestampMs: number): Promise<void> {
    this.#isRunning = true;
    try {
      await this.#task(timestampMs);
    } finally {
      this.#isRunning = false;
    }
  }

  #arm(): void {
    const elapsedMs = this.#clock.monotonicMs() - this.#startMs;
    // After a suspended machine woke up, the ticks of the past are not made good.
    this.#tick = Math.max(this.#tick + 1, Math.floor(elapsedMs / this.#intervalMs));
    const delayMs = Math.max(0, this.#tick * this.#intervalMs - elapsedMs);
    this.#timer = this.#clock.setTimer(delayMs, () => {
      if (!this.#isStopped) this.#fire();
    });
  }

  #timestampOfTick(): number {
    const nowMs = Math.round(this.#clock.nowMs());
    const gridMs = this.#startWallMs + this.#tick * this.#intervalMs;
    const toleranceMs = Math.min(this.#intervalMs * GRID_TOLERANCE_RATIO, GRID_TOLERANCE_MS_MAX);
    if (Math.abs(nowMs - gridMs) <= toleranceMs) return gridMs;
    // The clock was set, or slewed away over days: the grid follows it.
    this.#startWallMs += nowMs - gridMs;
    return nowMs;
  }
}
