/**
 * Some rows that are counted together: what is known of each before it is counted, by columns.
 *
 * With a million subjects each place that a row touches is a miss of the processor's cache, 160 ns when one waits for
 * the other. So the hashes and kinds of a piece are found first; then everything that will be looked for is read once in a
 * tight loop (`warm`), where the processor waits for some ten misses at a time; then the rows are counted one after the
 * other, as if there were no pieces. Measured on one window: 260 ns per action without, 140 with.
 *
 * Rejected: rows sorted by table. It needs the order of arrival back for crossings, and overlaps no more misses.
 */
import { hashSubject, type ActionCount, type HashSeed } from '@vedette/sdk';
import type { ActionJournal } from './action-journal.ts';
import type { ActionKind, ActionKinds } from './action-kinds.ts';
import type { Suspects } from './suspects.ts';

/** 128 rows with four lines of the cache each are 32 kB: longer pieces push out of the first cache what they read. */
export const ROWS_PER_PIECE = 128;

export class RowPiece {
  readonly kinds: ActionKind[] = [];
  readonly #highs = new Uint32Array(ROWS_PER_PIECE);
  readonly #lows = new Uint32Array(ROWS_PER_PIECE);
  readonly #key = { high: 0, low: 0 };
  /** What `warm` read: kept, lest the compiler leaves the reading out. */
  #read = 0;

  /** At most `ROWS_PER_PIECE` rows. */
  fill(rows: readonly ActionCount[], seed: HashSeed, kinds: ActionKinds): void {
    this.kinds.length = 0;
    for (const row of rows) {
      const { high, low } = hashSubject(seed, row.scope, row.subject, this.#key);
      this.#highs[this.kinds.length] = high;
      this.#lows[this.kinds.length] = low;
      this.kinds.push(kinds.kindOf(row));
    }
  }

  warm(journal: ActionJournal, suspects: Suspects): void {
    let read = this.#read;
    this.kinds.forEach(({ fronts }, i) => {
      const high = this.#highs[i] ?? 0;
      const low = this.#lows[i] ?? 0;
      read ^= journal.warm(high) ^ suspects.warm(low);
      for (const { windows } of fronts) read ^= windows.warm(high, low);
    });
    this.#read = read;
  }

  /** Fills `into` with the hash of the subject of row `i`. */
  takeKey(i: number, into: { high: number; low: number }): void {
    into.high = this.#highs[i] ?? 0;
    into.low = this.#lows[i] ?? 0;
  }
}
