import { quotePattern, type Labels, type Matcher } from '@vedette/model';
import { labelPairsOf } from '../../common-labels.ts';
import { createAlertMatcher } from '../../matchers/matcher.ts';

/** Alternatives of one label; a group of more alerts is silenced by what they have in common. */
const VALUES_MAX = 50;

/**
 * A silence on these alerts and, as far as one silence can say it, on no others: each label that all share by its
 * value, each other one by the values it has among them (an alert without the label counts as the empty value). An alert
 * that joins the group later has another value somewhere and rings. With more than `VALUES_MAX` values of a label that label is
 * left out: the silence would be longer than anybody reads.
 */
export function acknowledgeMatchers(alerts: readonly Labels[]): readonly Matcher[] {
  const sets = alerts.map((labels) => new Map(labelPairsOf(labels)));
  const names = [...new Set(sets.flatMap((set) => [...set.keys()]))].toSorted();
  return names.flatMap((name) => {
    const values = [...new Set(sets.map((set) => set.get(name) ?? ''))].toSorted();
    if (values.length > VALUES_MAX) return [];
    const [only = ''] = values;
    if (values.length === 1) return [createAlertMatcher(name, '=', only)];
    return [createAlertMatcher(name, '=~', values.map(quotePattern).join('|'))];
  });
}
