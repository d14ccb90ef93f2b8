import type { QueryResult } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { formatSource } from './query-source.ts';
import type { QueryRecord } from './query-record.ts';

// A screen or two of a list; what went by earlier is in the log.
export const SLOW_QUERIES_MAX = 100;

/** Of an expression, in the log and in the list: the longest of generated dashboards is some 2,000. */
export const LOGGED_EXPR_CHARACTERS_MAX = 4000;

export interface SlowQuery extends QueryRecord {
  /** Of the answer as it was sent; `undefined` while that is not known. */
  bytes: number | undefined;
}

/** Tells the log of queries that took long, and keeps the last of them. Their cost in between is a comparison each. */
export class SlowQueryLog {
  readonly #log: Log;
  readonly #thresholdMs: number;
  readonly #recent: SlowQuery[] = [];
  /** Slow queries whose answers are on their way to the client. */
  readonly #byResult = new WeakMap<QueryResult, SlowQuery>();

  /** `thresholdMs` 0 switches it off. */
  constructor(log: Log, thresholdMs: number) {
    this.#log = log;
    this.#thresholdMs = thresholdMs;
  }

  /** The newest first; at most `SLOW_QUERIES_MAX`. */
  recent(): readonly SlowQuery[] {
    return this.#recent.toReversed();
  }

  /** Takes note of a query that ended; true when it was slow. */
  note(record: QueryRecord, result: QueryResult | undefined): boolean {
    if (this.#thresholdMs === 0 || record.waitMs + record.runMs < this.#thresholdMs) return false;
    const slow = { ...record, expr: shortened(record.expr), bytes: undefined };
    this.#recent.push(slow);
    if (this.#recent.length > SLOW_QUERIES_MAX) this.#recent.shift();
    if (result !== undefined) this.#byResult.set(result, slow);
    const { source, waitMs, runMs, ...fields } = slow;
    this.#log.warn('a query took longer than query.log_queries_longer_than', {
      ...fields,
      source: formatSource(source),
      waitSeconds: waitMs / 1000,
      runSeconds: runMs / 1000,
    });
    return true;
  }

  /** How long the answer became, once that is known. */
  noteBytes(result: QueryResult, bytes: number): void {
    const slow = this.#byResult.get(result);
    if (slow !== undefined) slow.bytes = bytes;
  }
}

export function shortened(expr: string): string {
  return expr.length <= LOGGED_EXPR_CHARACTERS_MAX ? expr : `${expr.slice(0, LOGGED_EXPR_CHARACTERS_MAX)}…`;
}
