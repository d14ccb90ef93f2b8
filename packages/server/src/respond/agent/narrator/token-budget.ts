/** Tokens of one narrative: what was spent, as the provider counts it, and whether one more call fits. */
import { NarrativeError } from './outcome.ts';

// JSON with numbers has about three bytes for a token; prose has four. The estimate errs to the safe side.
const BYTES_PER_TOKEN = 3;

export function estimateTokens(value: unknown): number {
  return Math.ceil(Buffer.byteLength(JSON.stringify(value) ?? '') / BYTES_PER_TOKEN);
}

export class TokenBudget {
  readonly #max: number;
  readonly #outputMax: number;
  #used = 0;

  constructor(limits: { readonly tokens: number; readonly output_tokens: number }) {
    this.#max = limits.tokens;
    this.#outputMax = limits.output_tokens;
  }

  get used(): number {
    return this.#used;
  }

  /** Tokens that the next answer may have. Throws when not even a short one fits beside what is sent. */
  reserve(sentTokens: number): number {
    const left = this.#max - this.#used - sentTokens;
    if (left < ANSWER_TOKENS_MIN)
      throw new NarrativeError(
        'token_limit',
        `the narrative would need more than its ${this.#max} tokens; ${this.#used} are used, and the next call sends some ${sentTokens}; raise agent.model.limits.tokens`,
      );
    return Math.min(left, this.#outputMax);
  }

  /** Whether there is room for a further call after one that sends this much: else it has to be the last one. */
  hasRoomAfter(sentTokens: number): boolean {
    return this.#used + 2 * (sentTokens + this.#outputMax) <= this.#max;
  }

  spend(tokens: number): void {
    this.#used += tokens;
  }
}

// What a narrative of three claims has.
const ANSWER_TOKENS_MIN = 300;
