import { bug } from '@vedette/model';

/**
 * Who sees what, and until when it must stay: the one place that knows of batches being applied and of
 * readers at work.
 *
 * - A reader sees the batches up to `seq`, the last committed when it came. It first *captures* where each
 *   of its series ends, in slices; the head can answer that for the batch before the running one, so a batch
 *   waits to begin until no reader is capturing from before the last. Readers that come meanwhile
 *   see a newer batch and are not waited for: nobody starves.
 * - What a reader may look at (frozen chunks, ids of series, block files) is taken away only when every
 *   reader that came before the replacement was published is gone: `drained`.
 */
export class Views {
  #committedSeq = 0;
  #isBatchOpen = false;
  readonly #open = new Set<View>();
  readonly #waiters = new Set<() => void>();
  #stopReason: Error | undefined;

  get committedSeq(): number {
    return this.#committedSeq;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Opens a view of what is committed now. It captures until `captured`, and must be closed. */
  open(): View {
    const view: View = {
      seq: this.#committedSeq,
      isCapturing: true,
      captured: () => {
        view.isCapturing = false;
        this.#changed();
      },
      close: () => {
        view.isCapturing = false;
        this.#open.delete(view);
        this.#changed();
      },
    };
    this.#open.add(view);
    return view;
  }

  /** Waits until a batch may be begun and returns its number. Until it is committed no reader sees it. */
  async beginBatch(): Promise<number> {
    if (this.#isBatchOpen) bug('batches are applied one at a time');
    this.#isBatchOpen = true;
    await this.#until(() => !this.#some((view) => view.isCapturing && view.seq < this.#committedSeq));
    return this.#committedSeq + 1;
  }

  /** Makes the begun batch visible as a whole. */
  commitBatch(): void {
    this.#isBatchOpen = false;
    this.#committedSeq++;
  }

  /** Resolves when all views that are open now are closed; rejects when `stopDraining` is called before. */
  async drained(): Promise<void> {
    const before = [...this.#open];
    await this.#until(() => this.#stopReason !== undefined || !before.some((view) => this.#open.has(view)));
    if (this.#stopReason !== undefined) throw this.#stopReason;
  }

  /** For the end: a reader that never comes back must not keep the process. `drained` rejects from now on. */
  stopDraining(reason: Error): void {
    this.#stopReason = reason;
    this.#changed();
  }

  #some(claim: (view: View) => boolean): boolean {
    for (const view of this.#open) if (claim(view)) return true;
    return false;
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }

  #changed(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }
}

export interface View {
  readonly seq: number;
  isCapturing: boolean;
  captured(): void;
  /** Closing twice is safe. */
  close(): void;
}
