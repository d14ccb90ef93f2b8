import type { AlertSummary } from '@vedette/api';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import design from '../design/design.module.css';
import { formatMatcher, formatMatchers, parseMatchers } from '../silences/matchers.ts';
import css from './alerts.module.css';

export interface FilterLabelsProps {
  readonly labels: AlertSummary['labels'];
  /** Names that are said elsewhere on the card. */
  readonly without: readonly string[];
}

/** Labels, each of which narrows the page to alerts that have it. */
export function FilterLabels({ labels, without }: FilterLabelsProps) {
  const { t } = useTranslation();
  const names = Object.keys(labels)
    .filter((name) => !without.includes(name))
    .sort();
  if (names.length === 0) return null;
  return (
    <ul className={design.labels}>
      {names.map((name) => (
        <li key={name}>
          <Link
            from="/alerts"
            to="/alerts"
            search={(old) => ({ ...old, filter: withLabel(old.filter, name, labels[name]) })}
            className={`${design.label} ${css.filterLabel}`}
            title={t('alerts.filterBy')}
          >
            <span className={design.labelName}>{name}=</span>
            {labels[name]}
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** The filter with one condition more; one that cannot be read gives way. */
function withLabel(filter = '', name: string, value = ''): string {
  const read = parseMatchers(filter);
  const before = filter === '' || read.kind === 'fault' ? [] : read.matchers;
  const added = { name, op: '=' as const, value };
  const isThere = before.some((matcher) => formatMatcher(matcher) === formatMatcher(added));
  return formatMatchers(isThere ? before : [...before, added]);
}
