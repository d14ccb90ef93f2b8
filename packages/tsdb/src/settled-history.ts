import type { Clock, StoredHistory } from '@vedette/model';
import type { IncomingSamples } from './head/head.ts';

// Scrapes store what they read within seconds, rules within their interval; senders of remote write and OTLP that are
// up to date within a minute or two. VictoriaMetrics' cache leaves out five minutes, too.
export const SETTLING_MS = 300_000;

/** Between the look at a batch's samples and its commit the border moves; a batch takes no longer than that to apply. */
const APPLYING_MS_MAX = 10_000;

/**
 * Tells keepers of answers whether what they have still holds: see `StoredHistory`.
 *
 * 1. The border lies `SETTLING_MS` behind the clock, or the window for late samples where that is longer.
 * 2. The newest border that was ever handed out is remembered. Whatever adds, hides or removes samples at or before it
 *    makes another revision, in the turn in which readers come to see it.
 * 3. A clock that is set back would leave the border ahead for as long: it is taken back, at the price of a revision.
 *
 * Nobody asking costs nothing: nothing is before a border that was never handed out. Rejected: a revision per day
 * or block. Answers that span many would have to carry as many, for the sake of backfills, which are rare.
 */
export class SettledHistory {
  readonly #clock: Clock;
  readonly #settlingMs: number;
  #revision = 1;
  #handedOutMs = -Infinity;

  constructor(clock: Clock, outOfOrderWindowMs = 0) {
    this.#clock = clock;
    this.#settlingMs = Math.max(SETTLING_MS, outOfOrderWindowMs);
  }

  read(): StoredHistory {
    const settledUntilMs = this.#clock.nowMs() - this.#settlingMs;
    if (settledUntilMs < this.#handedOutMs) this.#revision++;
    this.#handedOutMs = settledUntilMs;
    return { revision: this.#revision, settledUntilMs };
  }

  /** Samples of any time came or went, past the commit queue. */
  change(): void {
    this.#revision++;
  }

  /** A batch becomes visible, the oldest of whose new samples is of this time; Infinity for none. */
  commit(oldestMs: number): void {
    if (oldestMs <= this.#handedOutMs) this.#revision++;
  }

  /**
   * The time of the oldest sample that a batch adds. Exact where it matters; of a batch of new samples only it is
   * the oldest sent, which costs a comparison a sample. To be asked before the batch is applied.
   */
  oldestOf(batch: AddedSamples): number {
    const oldestMs = least(batch.source.timestampsMs);
    const nearMs = Math.max(this.#handedOutMs, this.#clock.nowMs() - this.#settlingMs) + APPLYING_MS_MAX;
    return oldestMs > nearMs ? oldestMs : oldestAdded(batch);
  }
}

/** A batch that is about to be applied. */
export interface AddedSamples {
  readonly source: IncomingSamples;
  readonly sampleEnds: Uint32Array;
  /** Series id by position; -1 is refused. */
  readonly ids: Int32Array;
  /** From when on samples are taken that are older than the newest of their series. */
  readonly lateMinMs: number;
  /** Time of the newest sample of a series, -Infinity without one. */
  readonly newestMsOf: (series: number) => number;
}

function least(timestampsMs: Float64Array): number {
  let leastMs = Infinity;
  for (let i = 0; i < timestampsMs.length; i++) {
    const timestampMs = timestampsMs[i] ?? 0;
    if (timestampMs < leastMs) leastMs = timestampMs;
  }
  return leastMs;
}

/** Leaves out what is refused as too old, and repetitions: a sender that insists must not cost others their answers. */
function oldestAdded({ source, sampleEnds, ids, lateMinMs, newestMsOf }: AddedSamples): number {
  let oldestMs = Infinity;
  for (let position = 0, i = 0; position < ids.length; position++) {
    const until = sampleEnds[position] ?? 0;
    const series = ids[position] ?? -1;
    const lastMs = series < 0 ? Infinity : newestMsOf(series);
    for (; i < until; i++) {
      const timestampMs = source.timestampsMs[i] ?? 0;
      const isAdded = timestampMs > lastMs || (timestampMs < lastMs && timestampMs >= lateMinMs);
      if (series >= 0 && isAdded && timestampMs < oldestMs) oldestMs = timestampMs;
    }
  }
  return oldestMs;
}
