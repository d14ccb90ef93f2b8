import type { SdkRandom } from '../system/system.ts';

/** Cells that sampling needs behind those of the instrument: observations waiting, their sum, how many more to wait for. */
export const SAMPLER_CELLS = 3;

/**
 * Takes one of `oneIn` observations on average, for all since the one before. The gaps are random and independent of
 * the values, so that each bucket's expected count is the true one, and a rhythm in the traffic does not show; no
 * observation is lost from sum and count but the last few that wait (fewer than twice `oneIn`).
 */
export class ObservationSampler {
  readonly #random: Pick<SdkRandom, 'float'>;
  readonly #oneIn: number;
  /** Sum of the observations that the one taken stands for, itself among them. */
  takenSum = 0;

  constructor(random: Pick<SdkRandom, 'float'>, oneIn: number) {
    this.#random = random;
    this.#oneIn = oneIn;
  }

  /** How many observations this one stands for; 0 when it waits. `at` is the first of the sampler's cells. */
  weightOf(cells: Float64Array, at: number, value: number): number {
    const count = (cells[at] ?? 0) + 1;
    const sum = (cells[at + 1] ?? 0) + value;
    // 1 to 2n-1, n on average; a new series has none drawn yet.
    const gap = cells[at + 2] || 1 + Math.floor(this.#random.float() * (2 * this.#oneIn - 1));
    const isTaken = count >= gap;
    cells[at] = isTaken ? 0 : count;
    cells[at + 1] = isTaken ? 0 : sum;
    cells[at + 2] = isTaken ? 0 : gap;
    if (!isTaken) return 0;
    this.takenSum = sum;
    return count;
  }
}
