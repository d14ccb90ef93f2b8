/**
 * Passwords as scrypt hashes.
 *
 * N = 2^15, r = 8, p = 3: 128 · N · r = 32 MiB of memory, three times through it; one of the settings that OWASP
 * names as equal to N = 2^17, p = 1, which would take 128 MiB, nearly all that the process has. About 0.25 s of one core
 * on a small server, in a thread of libuv's pool, so that nothing else waits for it.
 *
 * Every check costs the same: a name without an account is compared with a hash of nothing. The parameters stand in the
 * hash, so that stronger ones can come with the next sign-in.
 */
import { scrypt, timingSafeEqual } from 'node:crypto';
import type { Random } from '@vedette/model';
import { AuthError } from '../auth-error.ts';

export interface ScryptCost {
  /** N is two to the power of it. */
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
}

export const SCRYPT_COST: ScryptCost = { log2N: 15, r: 8, p: 3 };

// Two take 64 MiB for a quarter of a second, and leave two of libuv's four threads to files and names.
export const SCRYPTS_AT_ONCE_MAX = 2;

// Four seconds' worth. Those whose browser is known here may wait where strangers may not, so that a crowd of guesses
// cannot keep everybody out.
export const SCRYPTS_WAITING_MAX = 32;
const STRANGERS_WAITING_MAX = 24;

const SALT_BYTES = 16;
const HASH_BYTES = 32;

export class Passwords {
  readonly #random: Random;
  readonly #cost: ScryptCost;
  readonly #nothing: string;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(random: Random, cost: ScryptCost = SCRYPT_COST) {
    this.#random = random;
    this.#cost = cost;
    const unreachable = Buffer.from(random.fill(new Uint8Array(HASH_BYTES)));
    this.#nothing = this.#print(cost, Buffer.alloc(SALT_BYTES), unreachable);
  }

  async hash(password: string): Promise<string> {
    const salt = Buffer.from(this.#random.fill(new Uint8Array(SALT_BYTES)));
    return this.#print(this.#cost, salt, await this.#derive(password, salt, this.#cost, true));
  }

  /** Whether the password is the one of `hash`; without a hash it takes as long and is false. */
  async check(password: string, hash: string | undefined, isKnownBrowser = false): Promise<boolean> {
    const { cost, salt, wanted } = parse(hash ?? this.#nothing);
    const derived = await this.#derive(password, salt, cost, isKnownBrowser);
    return derived.length === wanted.length && timingSafeEqual(derived, wanted) && hash !== undefined;
  }

  /** Whether a hash was made with other parameters than those of now. */
  isOutdated(hash: string): boolean {
    const { cost } = parse(hash);
    return cost.log2N !== this.#cost.log2N || cost.r !== this.#cost.r || cost.p !== this.#cost.p;
  }

  async #derive(password: string, salt: Buffer, cost: ScryptCost, isPreferred: boolean): Promise<Buffer> {
    await this.#enter(isPreferred ? SCRYPTS_WAITING_MAX : STRANGERS_WAITING_MAX);
    try {
      return await scryptOf(password.normalize('NFKC'), salt, cost);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #enter(waitingMax: number): Promise<void> {
    if (this.#running >= SCRYPTS_AT_ONCE_MAX) {
      if (this.#waiting.length >= waitingMax)
        throw new AuthError(
          503,
          `cannot check the password: ${this.#waiting.length} others wait (SCRYPTS_WAITING_MAX); try again in some seconds`,
          5,
        );
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
  }

  #print({ log2N, r, p }: ScryptCost, salt: Buffer, hash: Buffer): string {
    return ['scrypt', log2N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
  }
}

function scryptOf(password: string, salt: Buffer, { log2N, r, p }: ScryptCost): Promise<Buffer> {
  const N = 2 ** log2N;
  // Node refuses from exactly the memory on that it takes.
  const maxmem = 128 * N * r + 128 * r * p + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, { N, r, p, maxmem }, (error, derived) =>
      error === null ? resolve(derived) : reject(error),
    );
  });
}

function parse(hash: string): { readonly cost: ScryptCost; readonly salt: Buffer; readonly wanted: Buffer } {
  const [, log2N, r, p, salt = '', wanted = ''] = hash.split('$');
  return {
    cost: { log2N: Number(log2N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    wanted: Buffer.from(wanted, 'base64url'),
  };
}
