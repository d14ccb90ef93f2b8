import type { SdkRandom } from './system.ts';

/** Repeatable numbers (a linear congruential generator, Numerical Recipes' constants). */
export class SeededRandom implements SdkRandom {
  #state: number;
  #uuidCount = 0;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  float(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  fill(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(this.float() * 256);
    return bytes;
  }

  uuid(): string {
    this.#uuidCount++;
    return `00000000-0000-4000-8000-${String(this.#uuidCount).padStart(12, '0')}`;
  }
}
