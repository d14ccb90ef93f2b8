import { METRIC_NAME } from '@vedette/model';
import type { PairTable } from './head/pair-table.ts';

/** A name and how much there is of it. */
export interface NamedCount {
  readonly name: string;
  readonly value: number;
}

/** Which labels the series of the head come from; each list has the largest first. */
export interface Cardinality {
  readonly seriesCountByMetricName: readonly NamedCount[];
  readonly labelValueCountByLabelName: readonly NamedCount[];
  /** Bytes of the values' text. */
  readonly memoryInBytesByLabelName: readonly NamedCount[];
  /** `name=value`. */
  readonly seriesCountByLabelValuePair: readonly NamedCount[];
  readonly labelPairCount: number;
}

/** One pass over all pairs: some 10 ms for 100,000. */
export function cardinalityOf(pairs: PairTable, limit: number): Cardinality {
  const metrics = new TopList(limit);
  const byPair = new TopList(limit);
  const valueCounts = new TopList(limit);
  const memory = new TopList(limit);
  for (const name of pairs.names()) {
    const ids = pairs.pairsOf(name);
    let bytes = 0;
    for (const pair of ids) {
      const count = pairs.seriesCountOf(pair);
      bytes += pairs.lengthOf(pair);
      if (name === METRIC_NAME) metrics.offer(count, () => pairs.valueOf(pair));
      byPair.offer(count, () => `${name}=${pairs.valueOf(pair)}`);
    }
    valueCounts.offer(ids.length, () => name);
    memory.offer(bytes, () => name);
  }
  return {
    seriesCountByMetricName: metrics.sorted,
    labelValueCountByLabelName: valueCounts.sorted,
    memoryInBytesByLabelName: memory.sorted,
    seriesCountByLabelValuePair: byPair.sorted,
    labelPairCount: pairs.pairCount,
  };
}

/** The largest few of many, sorted; names are made for those only. */
class TopList {
  readonly sorted: NamedCount[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(value: number, nameOf: () => string): void {
    if (this.sorted.length === this.#limit && value <= (this.sorted.at(-1)?.value ?? Infinity)) return;
    const at = this.sorted.findIndex((other) => other.value < value);
    this.sorted.splice(at < 0 ? this.sorted.length : at, 0, { name: nameOf(), value });
    if (this.sorted.length > this.#limit) this.sorted.pop();
  }
}
