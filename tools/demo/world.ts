import { setTimeout as wait } from 'node:timers/promises';

/** What can go wrong behind the shop. `crash` is the parent's affair: the process is gone. */
export const FAULTS = ['payments', 'database', 'mails', 'model', 'crash'] as const;
export type Fault = (typeof FAULTS)[number];

export function isFault(text: string | undefined): text is Fault {
  return FAULTS.some((fault) => fault === text);
}

/** The things behind the shop: how long they take, how often they fail, now. */
export class World {
  fault: Fault | undefined;
  queriesRunning = 0;
  sandboxesBusy = 0;

  /** A whole number from 0 to below `count`. */
  random(count: number): number {
    return Math.floor(Math.random() * count);
  }

  /** A query that usually takes about so long. */
  async answersQuery(usualMs: number): Promise<object> {
    this.queriesRunning++;
    try {
      await wait(this.#around(this.fault === 'database' ? usualMs * 40 : usualMs));
      return {};
    } finally {
      this.queriesRunning--;
    }
  }

  /** Whether a payment went through. */
  async pays(): Promise<boolean> {
    await wait(this.#around(60));
    return this.random(100) >= (this.fault === 'payments' ? 45 : 1);
  }

  async modelAnswers(): Promise<void> {
    await wait(this.#around(this.fault === 'model' ? 4000 : 700));
  }

  /** Tokens of an answer. */
  modelWords(): number {
    return this.fault === 'model' ? 6000 + this.random(2000) : 150 + this.random(250);
  }

  /** How long a mail takes to send; `undefined` while nobody takes any. */
  mailMs(): number | undefined {
    return this.fault === 'mails' ? undefined : this.#around(120);
  }

  async resizes(): Promise<void> {
    this.sandboxesBusy++;
    try {
      await wait(this.#around(400));
      if (this.random(100) < 3) throw new Error('cannot resize: the picture is none');
    } finally {
      this.sandboxesBusy--;
    }
  }

  /** Most are near the usual, some take three times as long: times of services have a tail. */
  #around(usualMs: number): number {
    const tail = this.random(20) === 0 ? 3 : 1;
    return usualMs * tail * (0.6 + Math.random() * 0.8);
  }
}
