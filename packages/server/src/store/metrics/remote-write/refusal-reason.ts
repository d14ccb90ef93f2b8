import type { RefusalReason } from '@vedette/model';

/** What Prometheus, its kin and we ourselves write into the body of a 400, and what it means in our words. */
const WORDS: readonly (readonly [pattern: RegExp, reason: RefusalReason])[] = [
  [/exemplar/i, 'invalid-exemplar'],
  [/duplicate sample|duplicate-timestamp|new-value-for-timestamp/i, 'duplicate-timestamp'],
  [/too far in (?:the )?future/i, 'too-new'],
  [/too old|out of bounds/i, 'too-old'],
  [/out of order|out-of-order/i, 'out-of-order'],
  [/native histogram.*(?:disabled|not supported)|histograms are disabled/i, 'unsupported-histogram'],
  [/histogram/i, 'invalid-histogram'],
  [/series limit|limit of active series|per-user-series-limit/i, 'series-limit'],
];

/** As far as the text of the answer lets know. */
export function refusalReasonOf(text: string): RefusalReason {
  return WORDS.find(([pattern]) => pattern.test(text))?.[1] ?? 'remote';
}
