import type { Labels } from '@vedette/model';
import type { LabelIndex } from '../query/label-index.ts';
import type { Postings } from '../query/postings.ts';
import type { SeriesTable } from './series-table.ts';

/** The head's series table as matchers see it. */
export class HeadIndex implements LabelIndex {
  readonly #table: SeriesTable;

  constructor(table: SeriesTable) {
    this.#table = table;
  }

  get idCount(): number {
    return this.#table.idCount;
  }

  allIds(): Postings {
    return this.#table.ids();
  }

  names(): readonly string[] {
    return this.#table.pairs.names();
  }

  pairsOf(name: string): Uint32Array {
    return this.#table.pairs.pairsOf(name);
  }

  findPair(name: string, value: string): number | undefined {
    return this.#table.pairs.find(name, value);
  }

  valueOf(pair: number): string {
    return this.#table.pairs.valueOf(pair);
  }

  postingsOf(pair: number): Postings {
    return this.#table.pairs.postingsOf(pair);
  }

  labelsOf(series: number): Labels {
    return this.#table.labelsOf(series);
  }
}
