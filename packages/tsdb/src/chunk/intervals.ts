import { bug } from '@vedette/model';

/** Intervals minus the smallest one, into `target[0, count - 1)`; returns the smallest. */
export function subtractSmallestInterval(
  timestampsMs: Float64Array,
  count: number,
  target: Float64Array,
): number {
  let smallest = Infinity;
  for (let i = 1; i < count; i++) {
    const intervalMs = (timestampsMs[i] ?? 0) - (timestampsMs[i - 1] ?? 0);
    target[i - 1] = intervalMs;
    if (intervalMs < smallest) smallest = intervalMs;
  }
  if (smallest <= 0) bug(`timestamps of a chunk must increase; got an interval of ${smallest} ms`);
  for (let i = 0; i < count - 1; i++) target[i] = (target[i] ?? 0) - smallest;
  return smallest;
}

export function largestOf(numbers: Float64Array, count: number): number {
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const number = numbers[i] ?? 0;
    if (number > largest) largest = number;
  }
  return largest;
}
