import type { Labels } from '@vedette/model';
import type { Postings } from './postings.ts';

/**
 * The labels of one source (the head or a block), as matchers see them. Series and label pairs have ids
 * of their own in each source. What is handed out does not change, though later series may come.
 */
export interface LabelIndex {
  /** All series ids lie below. */
  readonly idCount: number;
  /** Every series, ascending. */
  allIds(): Postings;
  names(): readonly string[];
  /** Pairs of one name, in no order. */
  pairsOf(name: string): Uint32Array;
  findPair(name: string, value: string): number | undefined;
  valueOf(pair: number): string;
  /** Series that carry the pair, ascending. */
  postingsOf(pair: number): Postings;
  labelsOf(series: number): Labels;
}
