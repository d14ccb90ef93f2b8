import type { RefusalReason } from '@vedette/model';
import { FAULTS_SHOWN_MAX } from './limits.ts';

/** Why a part of a request is not stored: what the decoders find, and what the store says. */
type FaultReason =
  | RefusalReason
  | 'invalid-labels'
  | 'label-limit'
  | 'histogram-limit'
  | 'exemplar-limit'
  | 'invalid-metadata'
  | 'metadata-limit';

/** What of a request is refused: the first reasons in words for its sender, all of them in numbers. */
export class WriteFaults {
  /** Samples, exemplars or metadata entries by reason. */
  readonly counts = new Map<FaultReason, number>();
  /** Sentences for the answer; the first ones. */
  readonly texts: string[] = [];
  #toldCount = 0;

  /** How many faults the sender is to hear of. */
  get toldCount(): number {
    return this.#toldCount;
  }

  /** Counts without a word: what senders of this version are not told. */
  count(reason: FaultReason, count: number): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + count);
  }

  /** Counts, and tells the sender. The text is made only while it is shown. */
  tell(reason: FaultReason, count: number, describe: () => string): void {
    this.count(reason, count);
    this.#toldCount++;
    if (this.texts.length < FAULTS_SHOWN_MAX) this.texts.push(describe());
  }
}
