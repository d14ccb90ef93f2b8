/** Randomness comes from outside, like time: a seed reproduces a run. */
export interface Random {
  /** A number in [0, 1). */
  float(): number;
  /** Fills `bytes` and returns it. Production uses a cryptographic source: ids and tokens come from here. */
  fill(bytes: Uint8Array): Uint8Array;
  /** A UUID version 4, lower case. */
  uuid(): string;
}
