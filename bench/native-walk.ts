import { SeededRandom, type NativeHistogram } from '@vedette/model';

const SCHEMA = 3;
const FIRST_BUCKET = -30;

/** A cumulative native histogram of `bucketCount` buckets that grows with every sample. */
export function nativeWalk(seed: number, bucketCount: number): () => NativeHistogram {
  const random = new SeededRandom(seed);
  const counts = new Float64Array(bucketCount);
  let count = 0;
  let sum = 0;
  return () => {
    for (let i = 0; i < bucketCount; i++) {
      const more = Math.floor(random.float() * 6);
      counts[i] = (counts[i] ?? 0) + more;
      count += more;
      sum += more * 2 ** ((FIRST_BUCKET + i) / 2 ** SCHEMA);
    }
    return {
      schema: SCHEMA,
      count,
      sum,
      zeroThreshold: 0,
      zeroCount: 0,
      positive: { spans: [{ offset: FIRST_BUCKET, length: bucketCount }], counts: counts.slice() },
      negative: { spans: [], counts: new Float64Array() },
      customBounds: new Float64Array(),
      counterReset: 'unknown',
    };
  };
}
