/**
 * Keeps what is late from bringing erased subjects back: actions that applications counted before the erasure and still
 * had in their queues.
 *
 * 1. An action that happened before the end of the erasure is left out; one that happened later is new and counts. Nobody
 *    buys an hour without a judge by asking for an erasure.
 * 2. Intake refuses what is older than an hour by itself, so that this is remembered for an hour.
 * 3. Only hashes are remembered, under a seed that dies with the process, and nothing is written down. What a restart
 *    forgets are the rows that arrive in the first hour after both.
 */
import type { Clock } from '@vedette/model';
import { hashSeedOf, hashSubject, type ActionCount, type HashSeed, type SubjectKey } from '@vedette/sdk';

/** `ACTION_AGE_MS_MAX` of intake: nothing older comes in. */
const REMEMBERED_MS = 3_600_000;

// At about 100 bytes each 1 MB; who erases more within an hour loses the oldest, whose queues are long empty.
const SUBJECTS_MAX = 10_000;

export class ErasedSubjects {
  readonly #clock: Clock;
  readonly #seed: HashSeed;
  /** By hash: actions until then are left out, `Infinity` while the erasure runs. The oldest first. */
  readonly #untilMs = new Map<string, number>();

  constructor({
    clock,
    random,
  }: {
    readonly clock: Clock;
    readonly random: { fill(bytes: Uint8Array): Uint8Array };
  }) {
    this.#clock = clock;
    this.#seed = hashSeedOf(random);
  }

  /** All actions of these subjects are left out until `end`. */
  begin(subjects: readonly SubjectKey[]): void {
    this.#put(subjects, Infinity);
  }

  /** From now on they may act again. */
  end(subjects: readonly SubjectKey[]): void {
    this.#put(subjects, this.#clock.nowMs());
  }

  /** Without what happened before an erasure. The list itself when that is all of it. */
  withoutErased(actions: readonly ActionCount[]): readonly ActionCount[] {
    if (this.#untilMs.size === 0) return actions;
    this.#forgetOld();
    return actions.filter((action) => action.atMs > (this.#untilMs.get(this.#nameOf(action)) ?? -Infinity));
  }

  #put(subjects: readonly SubjectKey[], untilMs: number): void {
    for (const subject of subjects) {
      const name = this.#nameOf(subject);
      this.#untilMs.delete(name);
      this.#untilMs.set(name, untilMs);
    }
    for (const name of this.#untilMs.keys()) {
      if (this.#untilMs.size <= SUBJECTS_MAX) break;
      this.#untilMs.delete(name);
    }
  }

  #forgetOld(): void {
    const beforeMs = this.#clock.nowMs() - REMEMBERED_MS;
    for (const [name, untilMs] of this.#untilMs) {
      if (untilMs >= beforeMs) break;
      this.#untilMs.delete(name);
    }
  }

  #nameOf({ scope, subject }: SubjectKey): string {
    const { high, low } = hashSubject(this.#seed, scope, subject);
    return `${high} ${low}`;
  }
}
