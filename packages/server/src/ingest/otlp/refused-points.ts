/** Why points of a request were not taken. Few and fixed: they are values of a metric's label. */
export type PointRefusal =
  | 'invalid'
  | 'limit'
  | 'name'
  | 'out-of-order-delta'
  | 'series-limit-delta'
  | 'store'
  | 'temporality'
  | 'timestamp';

/** Counts the refused points of one request, and keeps the first fault of each reason for its sender. */
export class RefusedPoints {
  readonly counts = new Map<PointRefusal, number>();
  readonly #faults = new Map<PointRefusal, string>();

  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }

  /** `fault` says what is wrong with the first one, for a person. */
  add(reason: PointRefusal, count: number, fault: string): void {
    if (count === 0) return;
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + count);
    if (!this.#faults.has(reason)) this.#faults.set(reason, fault);
  }

  /** Empty when nothing was refused. */
  message(): string {
    return [...this.#faults]
      .map(([reason, fault]) => `${this.counts.get(reason) ?? 0} refused (${reason}), the first: ${fault}`)
      .join('; ');
  }
}
