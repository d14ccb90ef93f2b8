import { VirtualClock, type Timer } from '@vedette/model';

/**
 * Virtual time that stands still while a scrape waits for the network: a scrape under way is known by its deadline,
 * `timeoutMs`, whose length no other timer may have. While `isHanging` it goes on all the same.
 */
export class ScrapingClock extends VirtualClock {
  readonly #waiting: Set<Timer>;
  readonly #timeoutMs: number;
  /** How much too early timers of more than a millisecond fire, as Node's may. */
  earlyMs = 0;

  constructor(options: { startMs: number; timeoutMs: number; isHanging: () => boolean }) {
    const waiting = new Set<Timer>();
    super({
      startMs: options.startMs,
      settle: async () => {
        for (let i = 0; i < 20; i++) await Promise.resolve();
        do await turn();
        while (waiting.size > 0 && !options.isHanging());
        await turn();
      },
    });
    this.#waiting = waiting;
    this.#timeoutMs = options.timeoutMs;
  }

  get isScraping(): boolean {
    return this.#waiting.size > 0;
  }

  override setTimer(delayMs: number, task: () => void): Timer {
    const inner = super.setTimer(delayMs > 1 ? delayMs - this.earlyMs : delayMs, () => {
      this.#waiting.delete(inner);
      task();
    });
    if (delayMs !== this.#timeoutMs) return inner;
    this.#waiting.add(inner);
    return {
      cancel: () => {
        this.#waiting.delete(inner);
        inner.cancel();
      },
    };
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
