import { createHmac } from 'node:crypto';
import type { Random } from '@vedette/model';
import type { SubjectKey } from '@vedette/sdk';

/** Enough to tell a thousand subjects apart, too few to try them all out against. */
const PSEUDONYM_CHARS = 12;

/**
 * What those who may not read who is meant see of subjects: that two of them are the same, or are not. The key is made
 * anew with each process and kept nowhere, so that nothing can be looked up by it later.
 */
export class Pseudonyms {
  readonly #key: Uint8Array;

  constructor(random: Pick<Random, 'fill'>) {
    this.#key = random.fill(new Uint8Array(32));
  }

  of({ scope, subject }: SubjectKey): string {
    const digest = createHmac('sha256', this.#key).update(`${scope}:${subject}`).digest('base64url');
    return `#${digest.slice(0, PSEUDONYM_CHARS)}`;
  }
}
