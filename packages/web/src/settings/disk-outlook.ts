/**
 * How long the disk lasts at the present growth. Growth is a straight line through the last hours, which
 * compaction makes jagged: what is said is rounded, and nothing is said when nothing grows.
 */
export type DiskOutlook =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'steady' }
  | { readonly kind: 'fills'; readonly inMs: number }
  /** Retention removes as much as comes before the disk is full. */
  | { readonly kind: 'kept' };

export interface DiskFacts {
  /** `undefined`: not measured yet. */
  readonly growthBytesPerSecond: number | undefined;
  readonly freeBytes: number;
  readonly usedBytes: number | null;
  readonly retentionBytes: number | null;
  /** How much of the time that is kept is there: `oldestAgeMs` of `retentionMs`. */
  readonly oldestAgeMs: number | null;
  readonly retentionMs: number | null;
}

/** Below this much a day growth is noise: a log that was just cut. */
const GROWTH_BYTES_PER_DAY_MIN = 1024 * 1024;

export function diskOutlookOf(facts: DiskFacts): DiskOutlook {
  const { growthBytesPerSecond: growth, freeBytes, usedBytes, retentionBytes } = facts;
  if (growth === undefined || Number.isNaN(growth)) return { kind: 'unknown' };
  if (growth * 86_400 < GROWTH_BYTES_PER_DAY_MIN) return { kind: 'steady' };
  const inMs = (freeBytes / growth) * 1000;
  const hasSizeLimit =
    retentionBytes !== null && usedBytes !== null && retentionBytes - usedBytes <= freeBytes;
  // From then on the oldest goes as fast as the newest comes.
  const { oldestAgeMs, retentionMs } = facts;
  const hasTimeLimit = oldestAgeMs !== null && retentionMs !== null && retentionMs - oldestAgeMs <= inMs;
  return hasSizeLimit || hasTimeLimit ? { kind: 'kept' } : { kind: 'fills', inMs };
}
