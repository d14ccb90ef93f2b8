import type { Clock, Timer } from '@vedette/model';
import type { LiveClientMessage } from '@vedette/api';

/** The server closes at 20 messages a second; 15 leave room for clocks that disagree about a second. */
const MESSAGES_PER_SECOND = 15;

/**
 * Messages on their way to the server, at most 15 in any second; the rest waits its turn. A page with
 * forty charts subscribes within three seconds instead of being closed for haste.
 */
export class SendQueue {
  readonly #deps: { readonly clock: Clock; readonly send: (text: string) => void };
  #waiting: LiveClientMessage[] = [];
  #sentAtMs: number[] = [];
  #timer: Timer | undefined;

  constructor(deps: { readonly clock: Clock; readonly send: (text: string) => void }) {
    this.#deps = deps;
  }

  push(message: LiveClientMessage): void {
    this.#waiting.push(message);
    this.#pump();
  }

  /** Forgets what waits; for a connection that is gone. */
  clear(): void {
    this.#waiting = [];
    this.#sentAtMs = [];
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #pump(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    this.#sentAtMs = this.#sentAtMs.filter((atMs) => atMs > nowMs - 1000);
    while (this.#sentAtMs.length < MESSAGES_PER_SECOND) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.#sentAtMs.push(nowMs);
      this.#deps.send(JSON.stringify(message));
    }
    if (this.#waiting.length === 0 || this.#timer !== undefined) return;
    this.#timer = this.#deps.clock.setTimer((this.#sentAtMs[0] ?? nowMs) + 1000 - nowMs, () => {
      this.#timer = undefined;
      this.#pump();
    });
  }
}
