// A page of 32 KiB: an array of a million in one piece is copied as a whole when it grows, 20 to 40 ms in one go.
const PAGE_SHIFT = 12;
const PAGE_MASK = 2 ** PAGE_SHIFT - 1;

/** Objects by id, in pages, so that it grows without a copy. A page without objects takes no room. */
export class PagedList<T> {
  readonly #pages: ((T | undefined)[] | undefined)[] = [];
  #pageCount = 0;

  get(id: number): T | undefined {
    return this.#pages[id >>> PAGE_SHIFT]?.[id & PAGE_MASK];
  }

  set(id: number, value: T | undefined): void {
    const page = id >>> PAGE_SHIFT;
    const objects = this.#pages[page] ?? (value === undefined ? undefined : this.#addPage(page));
    if (objects !== undefined) objects[id & PAGE_MASK] = value;
  }

  #addPage(page: number): (T | undefined)[] {
    while (this.#pages.length <= page) this.#pages.push(undefined);
    this.#pageCount++;
    return (this.#pages[page] = Array.from<T | undefined>({ length: PAGE_MASK + 1 }));
  }

  /** Of the pages, without what they refer to. */
  get sizeBytes(): number {
    return this.#pageCount * (PAGE_MASK + 1) * 8;
  }
}
