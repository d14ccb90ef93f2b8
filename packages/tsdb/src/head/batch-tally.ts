import type { RefusalReason } from '@vedette/model';

/** The limit that a new series met. */
export type SeriesLimitHit =
  | { readonly kind: 'total'; readonly limit: number }
  | { readonly kind: 'job'; readonly limit: number; readonly job: string };

/** Counts of one batch. */
export class BatchTally {
  acceptedCount = 0;
  /** How many of the accepted ones were older than the newest of their series, and new. */
  lateCount = 0;
  acceptedHistogramCount = 0;
  createdSeriesCount = 0;
  acceptedExemplarCount = 0;
  /** Position in the batch of the series at work. */
  position = 0;
  /** The first limit of series that one of the batch met. */
  seriesLimit: SeriesLimitHit | undefined;
  /** By reason: how many samples, and the position of the first series concerned. */
  readonly refused = new Map<RefusalReason, { count: number; position: number }>();

  refuse(reason: RefusalReason, count: number): void {
    const known = this.refused.get(reason);
    if (known === undefined) this.refused.set(reason, { count, position: this.position });
    else known.count += count;
  }
}
