/** A column by series id that grows by half when it must; `resized` keeps the content and the type. */
export type Column = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

export function resized<T extends Column>(column: T, length: number): T {
  const Constructor = column.constructor as new (length: number) => T;
  const larger = new Constructor(length);
  larger.set(column);
  return larger;
}
