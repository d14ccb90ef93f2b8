/**
 * Which batches were taken. A sender repeats a batch when it saw no answer, so that one that was taken may come again.
 *
 * Per instance the highest number and one bit for each of the 32 before it: a sender has one batch on its way, and
 * a few that overtook each other on a proxy are the worst. Older ones count as seen. Instances are forgotten in the
 * order in which they were last heard of; one that was forgotten begins anew, and the worst that follows is that one
 * batch counts twice.
 */
export class SeenBatches {
  readonly #instances = new Map<string, { highest: number; bits: number }>();

  /** Whether it is the first time; then it is remembered. */
  add(instance: string, seq: number): boolean {
    const known = this.#instances.get(instance);
    if (known === undefined) {
      this.#forgetOldest();
      this.#instances.set(instance, { highest: seq, bits: 1 });
      return true;
    }
    this.#instances.delete(instance);
    this.#instances.set(instance, known);
    return mark(known, seq);
  }

  /** What was just added was not taken after all. */
  remove(instance: string, seq: number): void {
    const known = this.#instances.get(instance);
    if (known === undefined) return;
    const age = known.highest - seq;
    if (age >= 0 && age < WINDOW) known.bits &= ~(1 << age);
  }

  get size(): number {
    return this.#instances.size;
  }

  #forgetOldest(): void {
    if (this.#instances.size < INSTANCES_MAX) return;
    for (const oldest of this.#instances.keys()) {
      this.#instances.delete(oldest);
      return;
    }
  }
}

const WINDOW = 32;

// A thousand processes that restart daily, for ten days; 150 bytes each.
export const INSTANCES_MAX = 10_000;

function mark(known: { highest: number; bits: number }, seq: number): boolean {
  if (seq > known.highest) {
    const shift = seq - known.highest;
    known.bits = shift >= WINDOW ? 1 : (known.bits << shift) | 1;
    known.highest = seq;
    return true;
  }
  const age = known.highest - seq;
  if (age >= WINDOW || (known.bits & (1 << age)) !== 0) return false;
  known.bits |= 1 << age;
  return true;
}
