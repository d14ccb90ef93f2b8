import { InputError } from '@vedette/model';

/** The time after a distance; one that does not go forward is damage. */
export function nextTime(timestampMs: number, deltaMs: number): number {
  if (!(deltaMs > 0) || !Number.isSafeInteger(timestampMs + deltaMs))
    throw new InputError(
      'VED_IMPORT_INVALID',
      `times in a chunk must increase; got ${deltaMs} ms after ${timestampMs}`,
    );
  return timestampMs + deltaMs;
}
