import type { Log } from '../../../telemetry/log.ts';
import { refusalReasonOf } from './refusal-reason.ts';

/** Says what is wrong with a remote once per cause, and once more when it is well again. */
export class FaultLog {
  readonly #log: Log;
  readonly #remote: string;
  readonly #told = new Set<string>();
  #problem: string | undefined;
  #isUnreachable = false;

  constructor(deps: { log: Log }, remote: string) {
    this.#log = deps.log;
    this.#remote = remote;
  }

  /** What is wrong now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  tellUnreachable(reason: string): void {
    this.#problem = reason;
    this.#isUnreachable = true;
    this.#once(`unreachable ${reason}`, 'the remote does not take samples; they wait', { reason });
  }

  tellRefused(status: number, reason: string): void {
    this.#problem = reason;
    // The text names series and times; its kind is the cause.
    this.#once(
      `refused ${status} ${refusalReasonOf(reason)}`,
      'the remote refused samples for good; they are lost there',
      {
        reason,
      },
    );
  }

  tellFull(): void {
    this.#once('full', 'the queue for a remote is full; its oldest samples are dropped', {});
  }

  tellFallback(): void {
    this.#log.warn('the remote does not speak version 2 of remote write; version 1 is used from now on', {
      remote: this.#remote,
    });
  }

  tellWritten(): void {
    this.#problem = undefined;
    if (this.#isUnreachable) this.#log.info('the remote takes samples again', { remote: this.#remote });
    this.#isUnreachable = false;
    for (const cause of this.#told) if (!cause.startsWith('refused')) this.#told.delete(cause);
  }

  #once(cause: string, message: string, fields: { readonly reason?: string }): void {
    if (this.#told.has(cause) || this.#told.size >= CAUSES_TOLD_MAX) return;
    this.#told.add(cause);
    this.#log.warn(message, { remote: this.#remote, ...fields });
  }
}

// An answer that carries a request id is another cause each time: sixteen lines are enough to see that.
const CAUSES_TOLD_MAX = 16;
