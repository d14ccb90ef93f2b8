import { UnavailableError } from '@vedette/model';

/** Lets calls through in their order, and holds them back while something has to happen before them. */
export class Turnstile {
  readonly #waitingMax: number;
  #heldBy = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /** Calls `send` at once, or when nothing holds it any more, before calls that came later. */
  pass<T>(send: () => Promise<T>): Promise<T> {
    if (this.#heldBy === 0) return send();
    if (this.#waiting.length >= this.#waitingMax)
      return Promise.reject(
        new UnavailableError(
          'VED_STATE_UNAVAILABLE',
          `cannot use the state store: ${this.#waitingMax} calls wait already, which is the limit`,
        ),
      );
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => void send().then(resolve, reject));
    });
  }

  /** Holds calls back until `until` settles. */
  hold(until: Promise<unknown>): void {
    this.#heldBy++;
    const letGo = (): void => {
      if (--this.#heldBy > 0) return;
      for (const send of this.#waiting.splice(0)) send();
    };
    until.then(letGo, letGo);
  }
}
