/**
 * Whether something began anew between sample i - 1 and sample i of a series, found out once for each: windows
 * overlap, and comparing two histograms takes microseconds.
 */
export class ResetFlags {
  readonly #find: (i: number) => boolean;
  /** 0 is not known yet, 1 no, 2 yes. */
  readonly #flags: Uint8Array;

  constructor(count: number, find: (i: number) => boolean) {
    this.#find = find;
    this.#flags = new Uint8Array(count);
  }

  isResetAt(i: number): boolean {
    if (this.#flags[i] === 0) this.#flags[i] = this.#find(i) ? 2 : 1;
    return this.#flags[i] === 2;
  }
}
