import type { AppendResult, Refusal, RefusalReason } from '@vedette/model';
import { EXEMPLAR, HISTOGRAM } from './row-kind.ts';

/**
 * The answer to one `append`: it is given once the fate of each of its rows is known, or refused when the
 * sender stops before.
 */
export class AppendTicket {
  readonly result: Promise<AppendResult>;
  #open = 0;
  #isComplete = false;
  #accepted = 0;
  #acceptedHistograms = 0;
  #acceptedExemplars = 0;
  readonly #refused = new Map<RefusalReason, { count: number; example: string }>();
  readonly #settle: { resolve: (result: AppendResult) => void; reject: (error: Error) => void };

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
    this.result = promise;
    this.#settle = { resolve, reject };
  }

  /** A row was queued for it. */
  open(): void {
    this.#open++;
  }

  /** No more rows will be queued. */
  complete(): void {
    this.#isComplete = true;
    this.#check();
  }

  accept(kind: number): void {
    if (kind === EXEMPLAR) this.#acceptedExemplars++;
    else this.#accepted++;
    if (kind === HISTOGRAM) this.#acceptedHistograms++;
    this.#close();
  }

  refuse(reason: RefusalReason, example: () => string): void {
    const known = this.#refused.get(reason);
    if (known === undefined) this.#refused.set(reason, { count: 1, example: example() });
    else known.count++;
    this.#close();
  }

  /** Like `refuse` for a row that never was in the queue. */
  refuseUnsent(reason: RefusalReason, example: () => string): void {
    this.#open++;
    this.refuse(reason, example);
  }

  /** Nobody will learn what became of the rest. */
  fail(error: Error): void {
    this.#settle.reject(error);
  }

  #close(): void {
    this.#open--;
    this.#check();
  }

  #check(): void {
    if (!this.#isComplete || this.#open > 0) return;
    this.#settle.resolve({
      acceptedCount: this.#accepted,
      acceptedHistogramCount: this.#acceptedHistograms,
      acceptedExemplarCount: this.#acceptedExemplars,
      // The protocol has no word for it.
      createdSeriesCount: 0,
      refusals: REASONS.flatMap((reason): Refusal[] => {
        const found = this.#refused.get(reason);
        return found === undefined ? [] : [{ reason, ...found }];
      }),
    });
  }
}

/** In the order of the type. */
const REASONS: readonly RefusalReason[] = [
  'out-of-order',
  'duplicate-timestamp',
  'too-old',
  'too-new',
  'series-limit',
  'invalid-histogram',
  'unsupported-histogram',
  'invalid-exemplar',
  'remote',
];
