import * as os from 'node:os';
import type { HttpAnswer } from '../http/route.ts';

/**
 * Reading requests of API v2 at work at a time. Alertmanager's --web.get-concurrency: lists of thousands of alerts
 * take memory while they are made, and dashboards that are all reloaded at once must not take all of it.
 */
export const GETS_AT_WORK_MAX = Math.max(os.availableParallelism(), 8);

/** Lets so many run; the rest is told to come back, as Alertmanager does. */
export class GetLimiter {
  readonly #countMax: number;
  #count = 0;

  constructor(countMax = GETS_AT_WORK_MAX) {
    this.#countMax = countMax;
  }

  async run(handle: () => HttpAnswer | Promise<HttpAnswer>): Promise<HttpAnswer> {
    if (this.#count >= this.#countMax) return this.#refusal();
    this.#count++;
    try {
      return await handle();
    } finally {
      this.#count--;
    }
  }

  #refusal(): HttpAnswer {
    return {
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' },
      body: `Limit of concurrent GET requests reached (${this.#countMax}), try again later.\n`,
    };
  }
}
