/** Counts what an execution costs and stops it at its limits. */
import { CHARACTERS_PER_STEP, type TemplateLimits } from './limits.ts';
import { LimitError } from './template-error.ts';
import { utf8Length } from './utf8.ts';

export class Meter {
  readonly limits: TemplateLimits;
  #steps = 0;

  constructor(limits: TemplateLimits) {
    this.limits = limits;
  }

  /** Takes note of work done or about to be done. Throws `LimitError` past the limit. */
  addSteps(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.limits.stepsMax) {
      throw new LimitError(`template takes more than ${this.limits.stepsMax} steps (limit stepsMax)`);
    }
  }

  /** Reading or making `length` characters of text. */
  addCharacters(length: number): void {
    if (length >= CHARACTERS_PER_STEP) this.addSteps(Math.floor(length / CHARACTERS_PER_STEP));
  }
}

/** Text under construction, bounded by `outputBytesMax`. */
export class TextSink {
  readonly #meter: Meter;
  #text = '';
  #bytes = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  get text(): string {
    return this.#text;
  }

  write(text: string): void {
    const { outputBytesMax } = this.#meter.limits;
    this.#meter.addCharacters(text.length);
    this.#bytes += utf8Length(text);
    if (this.#bytes > outputBytesMax) {
      throw new LimitError(`template makes more than ${outputBytesMax} bytes of text (limit outputBytesMax)`);
    }
    this.#text += text;
  }
}
