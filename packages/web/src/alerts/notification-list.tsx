import type { NotificationEntry } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { fetchNotifications } from '../api/vedette.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import type { Tone } from '../design/tone.ts';
import { Badge } from '../design/tone-badge.tsx';
import css from './alerts.module.css';
import { filterOfGroup } from './filter-of-group.ts';
import { containsWords } from './group-alerts.ts';

const REFRESH_MS = 10_000;

const TONES: Readonly<Record<NotificationEntry['outcome'], Tone>> = {
  delivered: 'ok',
  retrying: 'warning',
  failed: 'critical',
  held: 'warning',
};

const ROUTE_LINES = `# vedette.yml
alertmanager:
  route: { receiver: team }
  receivers:
    - name: team
      webhook_configs: [{ url: "http://127.0.0.1:9000/hook" }]`;

/** Who was told what, and whether it got there. */
export function NotificationList({ filter }: { readonly filter: string }) {
  const { t } = useTranslation();
  const log = useQuery({
    queryKey: ['notifications'],
    queryFn: ({ signal }) => fetchNotifications(signal),
    refetchInterval: REFRESH_MS,
  });
  if (log.data === undefined)
    return log.error === null ? (
      <Skeleton height={240} />
    ) : (
      <Fault message={log.error.message} onRetry={log.refetch} />
    );
  const shown = log.data.filter(({ receiver, groupKey, status, outcome, error }) =>
    containsWords([receiver, groupKey, status, outcome, error ?? ''].join(' '), filter),
  );
  return (
    <Panel title={t('alerts.notifications')}>
      {shown.length === 0 && filter === '' && (
        <Empty title={t('notifications.none')} text={t('notifications.noneText')} code={ROUTE_LINES} />
      )}
      {shown.length === 0 && filter !== '' && <Empty title={t('alerts.noMatch', { filter })} />}
      <ul className={css.rules}>
        {shown.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
    </Panel>
  );
}

function Entry({ entry }: { readonly entry: NotificationEntry }) {
  const { t, i18n } = useTranslation();
  return (
    <li className={css.rule}>
      <span className={css.ruleState}>
        <Badge tone={TONES[entry.outcome]}>{t(`notifications.${entry.outcome}`)}</Badge>
      </span>
      <div className={css.ruleBody}>
        <span className={css.notification}>
          <Link
            to="/alerts"
            search={{ receiver: entry.receiver, ...filterOfGroup(entry.groupKey) }}
            className={css.ruleName}
            data-row=""
          >
            {entry.receiver}
          </Link>
          {t(`notifications.${entry.status}`, { count: entry.alertCount })}
        </span>
        <code className={css.query}>{entry.groupKey}</code>
        {entry.error !== null && <p className={css.ruleFault}>{entry.error}</p>}
      </div>
      <span className={css.ruleEnd}>
        <span>{formatMoment(entry.atMs, i18n.language)}</span>
        <span>{entry.attempts > 1 ? t('notifications.attempts', { count: entry.attempts }) : ''}</span>
      </span>
    </li>
  );
}
