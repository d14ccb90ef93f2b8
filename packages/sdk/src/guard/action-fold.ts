import type { KnownSubject } from './known-subject.ts';
import type { SubjectScope } from './subject.ts';
import type { ActionOutcome } from './wire.ts';

/** An `ActionCount` that waits. Once taken out of the fold it does not change. */
export interface PendingRow {
  readonly scope: SubjectScope;
  readonly subject: string;
  readonly action: string;
  readonly source: string;
  readonly outcome: ActionOutcome;
  count: number;
  /** Begin of its second, monotonic: the wall clock may be set before it is sent. */
  readonly atMonotonicMs: number;
  /** The subject's next open row. */
  next: PendingRow | undefined;
}

// Rows of one subject that are searched for a match; one who does more different things in a second gets more rows.
const ROWS_SEARCHED_MAX = 16;

// What the server takes in one row; a program that counts faster than a million a second gets another row.
const ROW_COUNT_MAX = 1_000_000;

/**
 * Folds equal actions of one second into rows. The open rows of a subject hang on it, so counting searches a list of
 * one or two and hashes nothing.
 */
export class ActionFold {
  #number = 0;
  #rows: PendingRow[] = [];
  readonly #urgent = new Set<KnownSubject>();

  /** Rows that are open. */
  get rowCount(): number {
    return this.#rows.length;
  }

  add(subject: KnownSubject, action: string, source: string, outcome: ActionOutcome, nowMs: number): void {
    const atMonotonicMs = nowMs - (nowMs % 1000);
    if (subject.foldNumber !== this.#number) {
      subject.foldNumber = this.#number;
      subject.rows = undefined;
    }
    let row = subject.rows;
    for (let searched = 0; row !== undefined && searched < ROWS_SEARCHED_MAX; searched++, row = row.next) {
      if (row.action !== action || row.atMonotonicMs !== atMonotonicMs) continue;
      if (row.outcome !== outcome || row.source !== source || row.count >= ROW_COUNT_MAX) continue;
      row.count++;
      return;
    }
    const { scope, keys, rows: next } = subject;
    subject.rows = { scope, subject: keys[0] ?? '', action, source, outcome, count: 1, atMonotonicMs, next };
    this.#rows.push(subject.rows);
  }

  /** What is open of this subject goes with the next `takeUrgent`. */
  markUrgent(subject: KnownSubject): void {
    this.#urgent.add(subject);
  }

  takeUrgent(): PendingRow[] {
    const taken: PendingRow[] = [];
    for (const subject of this.#urgent) {
      if (subject.foldNumber !== this.#number) continue;
      for (let row = subject.rows; row !== undefined; row = row.next) taken.push(row);
      subject.rows = undefined;
    }
    this.#urgent.clear();
    if (taken.length > 0) {
      const gone = new Set(taken);
      this.#rows = this.#rows.filter((row) => !gone.has(row));
    }
    return taken;
  }

  takeAll(): PendingRow[] {
    const taken = this.#rows;
    this.#rows = [];
    this.#number++;
    this.#urgent.clear();
    return taken;
  }
}
