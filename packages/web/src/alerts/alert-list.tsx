import type { AlertSummary } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconBellOff, IconChevronRight } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useManagedAlerts } from '../api/use-alertmanager.ts';
import { fetchAlerts } from '../api/vedette.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { toneOfSeverity } from '../design/tone.ts';
import { Badge } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { useLiveAlerts, useLiveHealth } from '../live/use-live.ts';
import type { MatcherDraft } from '../silences/matchers.ts';
import { useNow } from '../time/use-now.ts';
import { AlertDetails } from './alert-details.tsx';
import css from './alerts.module.css';
import { FilterLabels } from './filter-labels.tsx';
import { groupAlerts, sharedLabels, type AlertGroup } from './group-alerts.ts';
import { joinAlerts, type ShownAlert } from './shown-alerts.ts';

/** Without the live socket the list is asked for this often. */
const POLL_MS = 15_000;

export interface AlertListProps {
  /** Words that an alert must contain. */
  readonly filter: string;
  /** Only alerts that this receiver is told of. */
  readonly receiver: string | undefined;
  /** Only alerts with these labels; empty: all. */
  readonly matchers: readonly MatcherDraft[];
}

/** Active alerts by name, the worst first. */
export function AlertList({ filter, receiver, matchers }: AlertListProps) {
  const { t } = useTranslation();
  const isNarrowed = receiver !== undefined || matchers.length > 0;
  const summaries = useAlerts();
  const managed = useManagedAlerts(isNarrowed ? { receiver, matchers } : {});
  const alerts = useMemo(
    () => summaries && joinAlerts(summaries, managed.data ?? []),
    [summaries, managed.data],
  );
  if (isNarrowed && managed.data === undefined && managed.error !== null)
    return <Fault message={managed.error.message} onRetry={managed.refetch} />;
  if (alerts === undefined || (isNarrowed && managed.data === undefined)) return <Skeleton height={240} />;
  const wanted = isNarrowed ? alerts.filter((alert) => alert.managed !== undefined) : alerts;
  const groups = groupAlerts(wanted, filter);
  if (groups.length === 0 && isNarrowed)
    return (
      <Panel title={t('alerts.alerts')}>
        <Empty title={t('alerts.noneNarrowed')} />
      </Panel>
    );
  if (groups.length === 0)
    return (
      <Panel title={t('alerts.alerts')}>
        {filter === '' ? (
          <Empty title={t('alerts.none')} text={t('alerts.noneText')} code={RULE_LINES} />
        ) : (
          <Empty title={t('alerts.noMatch', { filter })} />
        )}
      </Panel>
    );
  return (
    <div className={css.groups}>
      {groups.map((group) => (
        <Group key={group.name} group={group} />
      ))}
    </div>
  );
}

const RULE_LINES = `# vedette.yml
rule_files: [rules/*.yml]`;

function useAlerts(): readonly AlertSummary[] | undefined {
  const live = useLiveAlerts();
  const { kind } = useLiveHealth();
  const isDown = kind === 'offline' || kind === 'refused';
  const polled = useQuery({
    queryKey: ['alerts'],
    queryFn: ({ signal }) => fetchAlerts(signal),
    enabled: isDown,
    refetchInterval: POLL_MS,
  });
  return isDown ? (polled.data ?? live) : live;
}

function Group({ group }: { readonly group: AlertGroup<ShownAlert> }) {
  const { t } = useTranslation();
  const firing = group.alerts.filter(({ state }) => state === 'firing').length;
  const pending = group.alerts.length - firing;
  const shared = sharedLabels(group.alerts);
  return (
    <section className={css.group} aria-label={group.name || t('silences.noName')}>
      <header className={css.groupHead}>
        <Badge tone={toneOfSeverity(group.severity)}>{group.severity || t('alerts.noSeverity')}</Badge>
        <h2>{group.name || t('silences.noName')}</h2>
        <span className={css.counts}>
          {[
            firing > 0 && t('alerts.firing', { count: firing }),
            pending > 0 && t('alerts.pending', { count: pending }),
          ]
            .filter((words) => words !== false)
            .join(' · ')}
        </span>
      </header>
      {group.alerts.map((alert) => (
        <Alert
          key={JSON.stringify(alert.labels)}
          alert={alert}
          isOnly={group.alerts.length === 1}
          shared={Object.keys(shared)}
        />
      ))}
      {Object.keys(shared).length > 0 && (
        <footer className={css.groupFoot}>
          <span>{t('alerts.shared')}</span>
          <FilterLabels labels={shared} without={[]} />
        </footer>
      )}
    </section>
  );
}

interface AlertProps {
  readonly alert: ShownAlert;
  readonly isOnly: boolean;
  readonly shared: readonly string[];
}

function Alert({ alert, isOnly, shared }: AlertProps) {
  const { t } = useTranslation();
  const nowMs = useNow(5000);
  return (
    <details className={css.alert} open={isOnly && alert.severity !== 'none'}>
      <summary data-row="">
        <IconChevronRight size={16} className={css.chevron} aria-hidden="true" />
        <span className={css.state} data-state={alert.state}>
          {t(`alerts.state.${alert.state}`)}
        </span>
        <span className={css.summary}>{alert.annotations['summary'] ?? alert.name}</span>
        <Muting alert={alert} />
        <span className={css.age}>{t('alerts.since', { age: formatAge(nowMs - alert.activeAtMs) })}</span>
      </summary>
      <AlertDetails alert={alert} shared={shared} />
    </details>
  );
}

/** That people are not told of it, and why. */
function Muting({ alert: { managed } }: { readonly alert: ShownAlert }) {
  const { t } = useTranslation();
  if (managed === undefined) return null;
  const { silencedBy, inhibitedBy } = managed.status;
  if (silencedBy.length === 0 && inhibitedBy.length === 0) return null;
  return (
    <span className={css.muting}>
      <IconBellOff size={14} aria-hidden="true" />
      {t(silencedBy.length > 0 ? 'alerts.silenced' : 'alerts.inhibited')}
    </span>
  );
}
