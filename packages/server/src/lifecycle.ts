import type { Clock } from '@vedette/model';
import type { Log } from './telemetry/log.ts';

/** Something that is started in order and stopped in reverse. */
export interface Part {
  readonly name: string;
  /** Absent: the part works from its construction on. */
  readonly start?: () => Promise<void> | void;
  readonly stop?: () => Promise<void> | void;
}

// A clean stop takes at most 10 s in all (the promise to service managers); no single part may use more than
// half of it, so that one that hangs leaves time for the storage below it.
export const STOP_MS_MAX = 5000;

/**
 * Starts parts one after the other. When one fails, those already started are stopped and the failure
 * goes to the caller. `stop` goes through them in reverse, each with a deadline: a part that hangs or
 * fails is reported and passed over. Stopping twice waits for the same stop.
 */
export class Lifecycle {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #started: Part[] = [];
  #stopping: Promise<boolean> | undefined;

  constructor(deps: { clock: Clock; log: Log }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  async start(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      try {
        await part.start?.();
      } catch (error) {
        await this.stop();
        throw error;
      }
      this.#started.push(part);
    }
  }

  /** Registers a part that already runs, such as an opened store. */
  adopt(part: Part): void {
    this.#started.push(part);
  }

  /** True when every part stopped cleanly in time. */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<boolean> {
    let isClean = true;
    for (let part = this.#started.pop(); part !== undefined; part = this.#started.pop()) {
      isClean = (await this.#stopPart(part)) && isClean;
    }
    return isClean;
  }

  async #stopPart(part: Part): Promise<boolean> {
    const deadline = new AbortController();
    const late = this.#clock.sleep(STOP_MS_MAX, deadline.signal).then(
      () => 'late' as const,
      () => 'done' as const,
    );
    try {
      const outcome = await Promise.race([Promise.resolve(part.stop?.()).then(() => 'done' as const), late]);
      if (outcome === 'late')
        this.#log.error('a part did not stop in time', { part: part.name, limitMs: STOP_MS_MAX });
      return outcome === 'done';
    } catch (error) {
      this.#log.error('a part failed to stop', { part: part.name, error });
      return false;
    } finally {
      deadline.abort();
    }
  }
}
