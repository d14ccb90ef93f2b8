/** Counts what an execution costs and stops it at its limits. */
import { CHARACTERS_PER_STEP, CHARACTERS_PER_WRITE, type TemplateLimits } from './limits.ts';
import { LimitError } from './template-error.ts';
import { utf8Length } from './utf8.ts';

export class Meter {
  readonly limits: TemplateLimits;
  #steps = 0;
  /** Not yet enough for a step. */
  #characters = 0;

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

  /** A string that a function made. It is held to the same length as the whole output. */
  addResult(text: string): void {
    this.addCharacters(text.length);
    if (text.length > this.limits.outputBytesMax) throw tooMuchText(this.limits.outputBytesMax);
  }

  /** Reading or making `length` characters of text. */
  addCharacters(length: number): void {
    this.#characters += length;
    if (this.#characters < CHARACTERS_PER_STEP) return;
    this.addSteps(Math.floor(this.#characters / CHARACTERS_PER_STEP));
    this.#characters %= CHARACTERS_PER_STEP;
  }
}

const tooMuchText = (outputBytesMax: number): LimitError =>
  new LimitError(`template makes more than ${outputBytesMax} bytes of text (limit outputBytesMax)`);

/** Text under construction, bounded by `outputBytesMax`. */
export class TextSink {
  readonly #meter: Meter;
  #text = '';
  #bytes = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Work that writing needs beside the writing. */
  addSteps(steps: number): void {
    this.#meter.addSteps(steps);
  }

  get text(): string {
    return this.#text;
  }

  write(text: string): void {
    const { outputBytesMax } = this.#meter.limits;
    this.#meter.addCharacters(text.length + CHARACTERS_PER_WRITE);
    this.#bytes += utf8Length(text);
    if (this.#bytes > outputBytesMax) {
      throw tooMuchText(outputBytesMax);
    }
    this.#text += text;
  }
}
