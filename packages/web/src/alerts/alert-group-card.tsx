import { IconBellOff, IconChevronRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useIsViewer } from '../api/use-alertmanager.ts';
import design from '../design/design.module.css';
import { toneOfSeverity } from '../design/tone.ts';
import { Badge } from '../design/tone-badge.tsx';
import { useSteadyOrder } from '../design/use-steady-order.ts';
import { formatAge } from '../format/relative-time.ts';
import { formatMatchers, matchersOfLabels } from '../silences/matchers.ts';
import { AlertDetails } from './alert-details.tsx';
import css from './alerts.module.css';
import { FilterLabels } from './filter-labels.tsx';
import { sharedLabels, type AlertGroup } from './group-alerts.ts';
import { keyOfLabels, type ShownAlert } from './shown-alerts.ts';

export interface AlertGroupCardProps {
  readonly group: AlertGroup<ShownAlert>;
  readonly nowMs: number;
  /** Whether an alert that is the only one of its group stands open at first. */
  readonly opensAlone: boolean;
}

/** The alerts of a group below each other, with what they have in common said once. */
export function AlertGroupCard({ group, nowMs, opensAlone }: AlertGroupCardProps) {
  const { t } = useTranslation();
  const firing = group.alerts.filter(({ state }) => state === 'firing').length;
  const pending = group.alerts.length - firing;
  const inHead = group.labels.map(([name]) => name);
  const shared = Object.fromEntries(
    Object.entries(sharedLabels(group.alerts)).filter(([name]) => !inHead.includes(name)),
  );
  const title = useTitle(group.labels);
  const { ordered, holder } = useSteadyOrder(group.alerts, keyOf);
  return (
    <section className={css.group} aria-label={title} {...holder}>
      <header className={css.groupHead}>
        <Badge tone={toneOfSeverity(group.severity)}>{group.severity || t('alerts.noSeverity')}</Badge>
        <h2>{title}</h2>
        <span className={css.groupEnd}>
          <span className={css.counts}>
            {[
              firing > 0 && t('alerts.firing', { count: firing }),
              pending > 0 && t('alerts.pending', { count: pending }),
            ]
              .filter((words) => words !== false)
              .join(' · ')}
          </span>
          {group.alerts.length > 1 && <SilenceGroup labels={group.labels} title={title} />}
        </span>
      </header>
      {ordered.map((alert) => (
        <Alert
          key={keyOf(alert)}
          alert={alert}
          nowMs={nowMs}
          opens={opensAlone && group.alerts.length === 1 && alert.severity !== 'none'}
          isNamed={!inHead.includes('alertname')}
          said={[...inHead, ...Object.keys(shared)]}
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

/** Two rules may make alerts with the same labels. */
function keyOf({ labels, group, expr }: ShownAlert): string {
  return JSON.stringify([keyOfLabels(labels), group, expr]);
}

/** A name stands for itself, other values with their label. */
function useTitle(labels: AlertGroup['labels']): string {
  const { t } = useTranslation();
  return labels
    .map(([label, value]) => {
      if (label === 'alertname') return value || t('silences.noName');
      return value === '' ? t('alerts.withoutLabel', { label }) : `${label}=${value}`;
    })
    .join(' · ');
}

/**
 * To make a silence for what the group is made of: what it has not, others must not have either, so that they go on being
 * told. Alerts that have none of the labels need other words.
 */
function SilenceGroup({ labels, title }: { readonly labels: AlertGroup['labels']; readonly title: string }) {
  const { t } = useTranslation();
  const isViewer = useIsViewer();
  if (isViewer || labels.every(([, value]) => value === '')) return null;
  return (
    <Link
      to="/alerts/silences/new"
      search={{ filter: formatMatchers(matchersOfLabels(Object.fromEntries(labels))) }}
      className={design.buttonLink}
      aria-label={t('alerts.silenceGroup', { group: title })}
    >
      <IconBellOff size={14} aria-hidden="true" />
      {t('alerts.silence')}
    </Link>
  );
}

interface AlertProps {
  readonly alert: ShownAlert;
  readonly nowMs: number;
  readonly opens: boolean;
  /** Whether its name is to be said: the head does not. */
  readonly isNamed: boolean;
  /** Labels that the group says. */
  readonly said: readonly string[];
}

/**
 * What is closed is not there: a browser lays out the inside of closed details whenever somebody asks for its size, and
 * 300 alerts have 300 of them. Opened or closed it stays as it is, whoever comes into its group.
 */
function Alert({ alert, nowMs, opens, isNamed, said }: AlertProps) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(opens);
  const summary = alert.annotations['summary'] ?? alert.name;
  return (
    <details
      className={css.alert}
      open={isOpen}
      onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}
    >
      <summary data-row="">
        <IconChevronRight size={16} className={css.chevron} aria-hidden="true" />
        <span className={css.state} data-state={alert.state}>
          {t(`alerts.state.${alert.state}`)}
        </span>
        <span className={css.summary}>
          {isNamed && summary !== alert.name && <b>{alert.name} </b>}
          {summary}
        </span>
        <Muting alert={alert} />
        <span className={css.age}>{t('alerts.since', { age: formatAge(nowMs - alert.activeAtMs) })}</span>
      </summary>
      {isOpen && <AlertDetails alert={alert} shared={said} />}
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
