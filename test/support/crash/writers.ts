import type { SeededRandom } from '@vedette/model';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../remote-write-body.ts';
import type { VedetteProcess } from '../vedette-process.ts';

/** Series of one writer: a batch is a sample of each, and there as a whole or not at all. */
export const SERIES_PER_WRITER = 25;
export const WRITERS = 4;

/** Between two batches of a writer, so that 1,000 rounds stay within the retention and behind the clock. */
const STEP_MS = 50;

/**
 * What is known of one batch: `acknowledged` must be there; `open` was under way when the process died, and may be; `present`
 * and `absent` is what the start after that showed, and what every later one must show.
 */
type BatchState = 'acknowledged' | 'open' | 'present' | 'absent';

/** A sender of remote write: batch after batch, number n with value n, from where it was when the server died. */
export class Writer {
  readonly id: number;
  readonly states: BatchState[] = [];
  isWriting = false;
  readonly #startMs: number;
  readonly #random: SeededRandom;

  constructor(id: number, startMs: number, random: SeededRandom) {
    this.id = id;
    this.#startMs = startMs;
    this.#random = random;
  }

  timeOf(batch: number): number {
    return this.#startMs + batch * STEP_MS;
  }

  /** Writes until the process is gone or is told to end. A refusal is a fault. */
  async run(vedette: VedetteProcess, isOver: () => boolean): Promise<void> {
    // A sender that got no answer sends again; some give up.
    const isRetrying = this.#random.float() < 0.5;
    const last = this.states.length - 1;
    if (isRetrying && this.#isUncertain(last)) {
      // Killed in the middle of it, one that was absent may be there.
      if (this.states[last] === 'absent') this.states[last] = 'open';
      if (!(await this.#write(vedette, last))) return;
    }
    while (!isOver()) {
      const batch = this.states.length;
      this.states.push('open');
      if (!(await this.#write(vedette, batch))) return;
    }
  }

  #isUncertain(batch: number): boolean {
    const state = this.states[batch];
    return state === 'present' || state === 'absent';
  }

  async #write(vedette: VedetteProcess, batch: number): Promise<boolean> {
    const body = remoteWriteBody(
      Array.from({ length: SERIES_PER_WRITER }, (_, i) => ({
        labels: { __name__: 'crash', writer: String(this.id), i: String(i) },
        samples: [[this.timeOf(batch), batch] as const],
      })),
    );
    this.isWriting = true;
    let response: Response;
    try {
      response = await vedette.get('/api/v1/write', { method: 'POST', headers: REMOTE_WRITE_HEADERS, body });
    } catch {
      // The connection died with the process: whether it was taken is open, unless it was known before.
      return false;
    } finally {
      this.isWriting = false;
    }
    if (!response.ok)
      throw new Error(`writer ${this.id}, batch ${batch}: ${response.status} ${await response.text()}`);
    this.states[batch] = 'acknowledged';
    return true;
  }
}
