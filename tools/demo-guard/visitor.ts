/** Somebody who uses the shop of the demonstration, over HTTP as everybody does, and what became of it. */
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** An answer took this long: one second is the least that a slowed request waits. */
const SLOWED_MS = 900;

/** Rates are those of this span, the window of the demonstration's policy. */
const RATE_SPAN_MS = 10_000;

/** What kept connections of one person ask together. */
const CONNECTIONS_MAX = 16;

export interface VisitorCounts {
  readonly asked: number;
  readonly answered: number;
  readonly slowed: number;
  readonly refused: number;
  readonly failed: number;
}

export class Visitor {
  readonly name: string;
  readonly #shopUrl: string;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  readonly #askedAtMs: number[] = [];
  readonly #counts = { asked: 0, answered: 0, slowed: 0, refused: 0, failed: 0 };

  constructor({ name, shopUrl, token }: { name: string; shopUrl: string; token: string }) {
    this.name = name;
    this.#shopUrl = shopUrl;
    this.#token = token;
  }

  get counts(): VisitorCounts {
    return { ...this.#counts };
  }

  /** Requests per minute, by those of the last ten seconds. */
  ratePerMinute(nowMs: number): number {
    while ((this.#askedAtMs[0] ?? nowMs) < nowMs - RATE_SPAN_MS) this.#askedAtMs.shift();
    return this.#askedAtMs.length * (60_000 / RATE_SPAN_MS);
  }

  /** One look at a product. */
  async look(productId: number): Promise<'answered' | 'slowed' | 'refused' | 'failed'> {
    const startMs = performance.now();
    this.#askedAtMs.push(Date.now());
    this.#counts.asked++;
    const status = await this.#statusOf(`/products/${productId}`).catch(() => undefined);
    const outcome = this.#outcomeOf(status, performance.now() - startMs);
    this.#counts[outcome]++;
    return outcome;
  }

  /** Looks around at a person's pace until the signal. */
  async browse(everyMs: number, signal: AbortSignal): Promise<void> {
    for (let i = 0; !signal.aborted; i++) {
      await this.look((i % 3) + 1);
      await pause(everyMs, signal);
    }
  }

  leave(): void {
    this.#agent.destroy();
  }

  #outcomeOf(status: number | undefined, tookMs: number): 'answered' | 'slowed' | 'refused' | 'failed' {
    if (status === 429 || status === 403) return 'refused';
    if (status !== 200) return 'failed';
    return tookMs >= SLOWED_MS ? 'slowed' : 'answered';
  }

  #statusOf(path: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#token}` };
      const asking = request(`${this.#shopUrl}${path}`, { agent: this.#agent, headers }, (response) => {
        response
          .resume()
          .on('end', () => resolve(response.statusCode))
          .on('error', reject);
      });
      asking.on('error', reject).end();
    });
  }
}

/** Waits, or until the signal; never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
