/** Numbers that are appended one by one: eight bytes each, without an array's boxes. */
export class NumberColumn {
  #numbers = new Float64Array(256);
  length = 0;

  push(number: number): void {
    if (this.length === this.#numbers.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.length++] = number;
  }

  at(index: number): number {
    return this.#numbers[index] ?? 0;
  }

  words(): Uint32Array {
    return Uint32Array.from(this.#numbers.subarray(0, this.length));
  }

  doubles(): Float64Array {
    return this.#numbers.subarray(0, this.length);
  }
}
