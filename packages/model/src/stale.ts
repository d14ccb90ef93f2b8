/**
 * The staleness marker on the wire and in chunks: a NaN of this bit pattern. It exists as bytes only:
 * a JavaScript number loses the pattern in an array element or in arithmetic, so samples in memory
 * carry a flag beside the value.
 */
export const STALE_NAN_HIGH = 0x7ff00000;
export const STALE_NAN_LOW = 0x00000002;

/** Whether the 8 little-endian bytes at `offset` are the staleness marker. */
export function isStaleAt(view: DataView, offset: number): boolean {
  return (
    view.getUint32(offset, true) === STALE_NAN_LOW && view.getUint32(offset + 4, true) === STALE_NAN_HIGH
  );
}

/** Writes the staleness marker as 8 little-endian bytes. */
export function writeStaleAt(view: DataView, offset: number): void {
  view.setUint32(offset, STALE_NAN_LOW, true);
  view.setUint32(offset + 4, STALE_NAN_HIGH, true);
}
