import type { Slicer } from '@vedette/model';

// Pages, since a column of six million numbers (a million series) is copied for 30 ms when it grows in one piece.
const PAGE_SHIFT = 12;
const PAGE_LENGTH = 2 ** PAGE_SHIFT;

/** Numbers that are appended one by one: eight bytes each, without an array's boxes. */
export class NumberColumn {
  readonly #pages: Float64Array[] = [];
  #last = new Float64Array(0);
  length = 0;

  push(number: number): void {
    const at = this.length++ & (PAGE_LENGTH - 1);
    if (at === 0) this.#pages.push((this.#last = new Float64Array(PAGE_LENGTH)));
    this.#last[at] = number;
  }

  at(index: number): number {
    return this.#pages[index >>> PAGE_SHIFT]?.[index & (PAGE_LENGTH - 1)] ?? 0;
  }

  /** All of them in one piece, each as `map` has it. */
  async words(slicer: Slicer, map: (number: number) => number = asItIs): Promise<Uint32Array<ArrayBuffer>> {
    const words = new Uint32Array(this.length);
    for (let i = 0; i < words.length; i++) {
      words[i] = map(this.at(i));
      if ((i & 1023) === 0 && slicer.shouldYield()) await slicer.yield();
    }
    return words;
  }

  async doubles(slicer: Slicer): Promise<Float64Array> {
    const doubles = new Float64Array(this.length);
    for (const [i, page] of this.#pages.entries()) {
      doubles.set(page.subarray(0, this.length - i * PAGE_LENGTH), i * PAGE_LENGTH);
      if (slicer.shouldYield()) await slicer.yield();
    }
    return doubles;
  }
}

function asItIs(number: number): number {
  return number;
}
