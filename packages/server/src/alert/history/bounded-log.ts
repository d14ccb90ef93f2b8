/**
 * A log of the state store that stays within an age and a number: what people read of what happened.
 *
 * 1. Records older than `retentionMs` are removed once an hour; beyond `recordsMax` the oldest go, looked
 *    at every 1,000 records, so that what happens often cannot fill the file that rule states live in.
 * 2. A record that cannot be stored is logged and let go: no alert waits for room in a book about alerts.
 */
import type { Clock } from '@vedette/model';
import type { LogRecord, LogRequest, StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';

const TRIM_INTERVAL_MS = 3_600_000;
const TRIM_RECORDS = 1000;

export interface BoundedLogDeps {
  readonly clock: Clock;
  readonly state: StateStore;
  readonly log: Log;
}

export interface BoundedLogOptions {
  /** In the state store. */
  readonly name: string;
  readonly retentionMs: number;
  readonly recordsMax: number;
  /** What the operator reads when it cannot be stored. */
  readonly complaint: string;
}

export class BoundedLog {
  readonly #deps: BoundedLogDeps;
  readonly #options: BoundedLogOptions;
  #trimmedAtMs = 0;

  constructor(deps: BoundedLogDeps, options: BoundedLogOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Durable when it resolves, unless it could not be stored; never rejects. At most 500 at once. */
  async append(records: readonly { readonly atMs: number; readonly value: unknown }[]): Promise<void> {
    const { name, retentionMs, recordsMax } = this.#options;
    const { logs } = this.#deps.state;
    const [first] = records;
    if (first === undefined) return;
    await this.#keepGoing(async () => {
      const seq = await logs.append(name, records);
      if (seq % TRIM_RECORDS < records.length) await this.#trimBefore(seq - recordsMax);
    });
    const nowMs = this.#deps.clock.nowMs();
    if (Math.abs(nowMs - this.#trimmedAtMs) < TRIM_INTERVAL_MS) return;
    this.#trimmedAtMs = nowMs;
    await this.#keepGoing(() => logs.trim(name, nowMs - retentionMs));
  }

  async read(request: LogRequest): Promise<readonly LogRecord[]> {
    return await this.#deps.state.logs.read(this.#options.name, request);
  }

  /** Logs are trimmed by time: that of the record is the border. */
  async #trimBefore(seq: number): Promise<void> {
    const [oldestKept] = seq < 0 ? [] : await this.read({ direction: 'forward', afterSeq: seq, limit: 1 });
    if (oldestKept !== undefined) await this.#deps.state.logs.trim(this.#options.name, oldestKept.atMs);
  }

  async #keepGoing(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#deps.log.error(this.#options.complaint, { error });
    }
  }
}
