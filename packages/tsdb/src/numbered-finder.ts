import { bug, NO_NUMBER, type SampleBatch } from '@vedette/model';
import type { SeriesTable } from './head/series-table.ts';

/**
 * Finds the series of a batch: by the numbers of its sender where they lead anywhere, else by their keys. A scrape
 * repeats its series; by number that is two loads for each, by key a comparison of all its labels, an eighth of the whole.
 */
export class NumberedFinder {
  readonly #table: SeriesTable;
  readonly #batch: SampleBatch;
  readonly #keys: DataView;

  constructor(table: SeriesTable, batch: SampleBatch) {
    this.#table = table;
    this.#batch = batch;
    const { keys, numbered } = batch;
    this.#keys = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
    // What was noted before a series left may be the id of another one by now.
    if (numbered !== undefined && numbered.places.finder !== table.tenure)
      numbered.places.clear(table.tenure);
  }

  /** The series at `position`, whose key is [from, until); -1 when there is none. */
  find(position: number, from: number, until: number): number {
    const { numbered } = this.#batch;
    if (numbered === undefined) return this.#table.find(this.#keys, from, until);
    const number = numbered.numbers[position] ?? NO_NUMBER;
    const noted = numbered.places.at(number);
    if (noted < 0) {
      const found = this.#table.find(this.#keys, from, until);
      if (found >= 0) numbered.places.note(number, found);
      return found;
    }
    if (this.#table.keyLengthOf(noted) !== until - from)
      bug(`number ${number} of a sender stands for one series for ever; got another key`);
    return noted;
  }
}
