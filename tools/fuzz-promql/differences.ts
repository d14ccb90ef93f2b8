import type { Answer } from './compare.ts';
import type { Form } from './sides.ts';

/** One way in which we mean to differ from Prometheus 2.42. */
export interface IntendedDifference {
  readonly name: string;
  /** What we do, what 2.42 does, and where upstream says so. */
  readonly reason: string;
  /** Whether it can be the cause of this difference. */
  explains(form: Form, answers: { readonly ours: Answer; readonly theirs: Answer }): boolean;
}

/** Few enough to be read. */
export const DIFFERENCES_MAX = 20;

const inQuery =
  (pattern: RegExp): IntendedDifference['explains'] =>
  ({ query }) =>
    pattern.test(query);

export const INTENDED_DIFFERENCES: readonly IntendedDifference[] = [
  {
    name: 'variance-of-one-non-finite',
    reason:
      'stddev and stdvar of a single NaN or infinity are NaN; 2.42 says 0 (prometheus/prometheus#14941, in 3.0).',
    explains: inQuery(/\bstd(?:dev|var)(?!_over_time)\b/),
  },
  {
    name: 'predict-linear-at',
    reason:
      'A range fixed by `@` stays where it is; under predict_linear 2.42 moves it with each step of a range query (prometheus/prometheus#13559, in 2.50).',
    explains: (form) =>
      ('step' in form || /\[[^\]]*:/.test(form.query)) &&
      /predict_linear\([^[]*\[[^\]]*\][^,]*@/.test(form.query),
  },
  {
    name: 'timestamp-at-offset',
    reason:
      'timestamp() of a selector with both `@` and `offset` counts the offset from the fixed time, as docs/querying/basics.md says of the two; 2.42 drops it.',
    explains: inQuery(/timestamp\([^()]*(?:@[^()]*(?:\(\))?[^()]*offset|offset[^()]*@)/),
  },
  {
    name: 'atan2-name',
    reason:
      'atan2 drops the metric name like any arithmetic; 2.42 keeps it (prometheus/prometheus#12595, in 2.47).',
    explains: inQuery(/\batan2\b/),
  },
  {
    name: 'matches-before-filter',
    reason:
      'Series that match one series of the other side twice are an error also where a comparison then leaves one or none of them; 2.42 looks after filtering (prometheus/prometheus#17668, in 3.9).',
    explains: ({ query }, { ours, theirs }) =>
      /[<>]|[!=]=/.test(query) &&
      theirs.kind === 'series' &&
      ours.kind === 'error' &&
      ours.message.startsWith('multiple matches for labels'),
  },
  {
    name: 'extrapolation-to-zero',
    reason:
      'A counter is extrapolated by half an interval where that ends before its zero point; 2.42 goes on to the zero point (prometheus/prometheus#13725, in 2.51).',
    explains: inQuery(/\b(?:rate|increase)\(/),
  },
  {
    name: 'date-of-no-time',
    reason:
      'Of NaN and infinities there is no date: NaN. 2.42 converts them to an int64, which the Go specification leaves to the processor.',
    explains: inQuery(/\b(?:day_of_month|day_of_week|day_of_year|days_in_month|hour|minute|month|year)\(/),
  },
];
