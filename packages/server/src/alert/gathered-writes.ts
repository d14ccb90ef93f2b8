import type { DocumentWrite, StateStore } from '../store/state/port.ts';
import { WRITES_PER_CALL_MAX, writeAll } from './alert-documents.ts';

interface Waiting {
  readonly writes: readonly DocumentWrite[];
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * Writes of many callers, one call of the state store after the other: what comes while one is under way
 * goes together into the next. Twenty thousand groups that are due at the same moment would otherwise be as
 * many calls, more than the store lets wait, and silences and alerts of that moment were refused with them.
 *
 * The order of `write` is kept. What a caller writes is not divided, unless it is more than one call takes.
 */
export class GatheredWrites {
  readonly #state: StateStore;
  #waiting: Waiting[] = [];
  #isBusy = false;

  constructor({ state }: { readonly state: StateStore }) {
    this.#state = state;
  }

  /** Resolves when the writes are durable; rejects with the error of the call they were part of. */
  async write(writes: readonly DocumentWrite[]): Promise<void> {
    const settled = Promise.withResolvers<void>();
    this.#waiting.push({ writes, settled });
    if (!this.#isBusy) void this.#drain();
    await settled.promise;
  }

  async #drain(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) await this.#writeTogether(this.#takeCall());
    this.#isBusy = false;
  }

  async #writeTogether(callers: readonly Waiting[]): Promise<void> {
    try {
      await writeAll(
        this.#state,
        callers.flatMap(({ writes }) => writes),
      );
      for (const { settled } of callers) settled.resolve();
    } catch (error) {
      for (const { settled } of callers) settled.reject(error);
    }
  }

  /** The first caller, and those after it that fit into the same call. */
  #takeCall(): readonly Waiting[] {
    let size = 0;
    const end = this.#waiting.findIndex(
      ({ writes }, i) => (size += writes.length) > WRITES_PER_CALL_MAX && i > 0,
    );
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }
}
