import { setTimeout as wait } from 'node:timers/promises';
import type { QueueMetrics } from '@vedette/sdk';
import type { World } from './world.ts';

/** Mails that wait for one worker. Beyond it new ones are dropped, as any queue must. */
const WAITING_MAX = 10_000;

const IDLE_MS = 100;

export class MailQueue {
  readonly #metrics: QueueMetrics;
  readonly #world: World;
  readonly #addedAtMs: number[] = [];

  constructor(metrics: QueueMetrics, world: World) {
    this.#metrics = metrics;
    this.#world = world;
    metrics.readSize('mails', () => this.#addedAtMs.length);
    void this.#work();
  }

  add(): void {
    if (this.#addedAtMs.length < WAITING_MAX) this.#addedAtMs.push(performance.now());
  }

  async #work(): Promise<never> {
    for (;;) {
      const mailMs = this.#world.mailMs();
      const addedAtMs = mailMs === undefined ? undefined : this.#addedAtMs.shift();
      if (addedAtMs === undefined || mailMs === undefined) await wait(IDLE_MS);
      else {
        this.#metrics.waited('mails', performance.now() - addedAtMs);
        await this.#metrics.time('mails', () => wait(mailMs));
      }
    }
  }
}
