/** One way in which we mean to differ from Prometheus 2.42; `differences.md` lists them with their reasons. */
export interface IntendedDifference {
  readonly name: string;
  readonly reason: string;
  /** Whether a query may answer differently for this reason. */
  readonly concerns: (query: string) => boolean;
}

export const INTENDED_DIFFERENCES: readonly IntendedDifference[] = [
  {
    name: 'subquery-left-open',
    reason:
      'Ranges are left-open since Prometheus 3; a subquery evaluates at whole steps, so a value lies on its border and 2.42 counts one more.',
    concerns: (query) => /\[[^\]]*:[^\]]*\]/.test(query),
  },
];
