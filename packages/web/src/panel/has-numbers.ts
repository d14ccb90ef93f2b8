import type { DataFrame } from '@vedette/dashboard';

/** Whether frames hold anything to draw: a column besides the times, and a row. */
export function hasNumbers(frames: readonly DataFrame[]): boolean {
  return frames.some(({ fields, length }) => length > 0 && fields.some(({ kind }) => kind !== 'time'));
}
