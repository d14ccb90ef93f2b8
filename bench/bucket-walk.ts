import { SeededRandom } from '@vedette/model';

export const BUCKETS = [
  '0.005',
  '0.01',
  '0.025',
  '0.05',
  '0.1',
  '0.25',
  '0.5',
  '1',
  '2.5',
  '5',
  '10',
  '+Inf',
];

/**
 * Bucket `index` of a classic histogram, cumulative. Every bucket of one histogram walks the same seed and sums its
 * own share and those below, so that they add up whatever the order in which they are asked.
 */
export function bucketWalk(seed: number, index: number, startValue: number): () => number {
  const random = new SeededRandom(seed);
  let value = startValue * (index + 1);
  return () => {
    for (let i = 0; i < BUCKETS.length; i++) {
      const more = Math.floor(random.float() * (8 - Math.abs(5 - i)) ** 1.5);
      if (i <= index) value += more;
    }
    return value;
  };
}
