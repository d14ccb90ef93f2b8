import { getRandomValues, randomUUID } from 'node:crypto';
import type { Random } from '@vedette/model';

/** Node's cryptographic source. */
export class SystemRandom implements Random {
  float(): number {
    return Math.random();
  }

  fill(bytes: Uint8Array): Uint8Array {
    return getRandomValues(bytes as Uint8Array<ArrayBuffer>);
  }

  uuid(): string {
    return randomUUID();
  }
}
