/**
 * How many requests may run at one time, by the rule of Prometheus: what one sample costs, times the samples
 * that come in, and a part of what has piled up.
 *
 * Every 10 s: the time all requests took together, per sample that left, is what a sample costs; as many
 * shards are wanted as there are seconds of cost in a second of income, 5 % of the backlog added, so
 * that it is gone in 20 s or so. A change of less than 30 % is not worth it. While nothing gets through nothing is
 * learned, and the number stays.
 */
export const SHARD_INTERVAL_MS = 10_000;

/** How much of a new figure counts; the rest is what was known. */
const SMOOTHING = 0.2;

const BACKLOG_SHARE_PER_SECOND = 0.05;

const TOLERANCE = 0.3;

export class ShardCount {
  readonly #min: number;
  readonly #max: number;
  #current: number;
  #desired: number;
  #income = 0;
  #sent = 0;
  #busyMs = 0;
  #incomePerSecond: number | undefined;
  #secondsPerSample: number | undefined;

  constructor(bounds: { min: number; max: number }) {
    this.#min = bounds.min;
    this.#max = bounds.max;
    this.#current = bounds.min;
    this.#desired = bounds.min;
  }

  get current(): number {
    return this.#current;
  }

  get desired(): number {
    return this.#desired;
  }

  countIncome(rows: number): void {
    this.#income += rows;
  }

  /** A request with so many rows was answered after so long. */
  countSent(rows: number, tookMs: number): void {
    this.#sent += rows;
    this.#busyMs += tookMs;
  }

  /** Call it every `SHARD_INTERVAL_MS`. */
  update(pendingRows: number): void {
    this.#incomePerSecond = smoothed(this.#incomePerSecond, this.#income / (SHARD_INTERVAL_MS / 1000));
    const isLearning = this.#sent > 0;
    if (isLearning)
      this.#secondsPerSample = smoothed(this.#secondsPerSample, this.#busyMs / 1000 / this.#sent);
    this.#income = 0;
    this.#sent = 0;
    this.#busyMs = 0;
    if (!isLearning) return;
    const wantedPerSecond = this.#incomePerSecond + pendingRows * BACKLOG_SHARE_PER_SECOND;
    this.#desired = wantedPerSecond * (this.#secondsPerSample ?? 0);
    if (Math.abs(this.#desired - this.#current) <= this.#current * TOLERANCE) return;
    this.#current = Math.min(Math.max(Math.ceil(this.#desired), this.#min), this.#max);
  }
}

function smoothed(known: number | undefined, fresh: number): number {
  return known === undefined ? fresh : known + (fresh - known) * SMOOTHING;
}
