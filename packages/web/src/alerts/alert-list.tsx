import type { AlertSummary } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconBook, IconChevronRight, IconTerminal2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { basePath } from '../api/http.ts';
import { fetchAlerts } from '../api/vedette.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { LabelList } from '../design/labels.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { toneOfSeverity } from '../design/tone.ts';
import { Badge } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { useLiveAlerts, useLiveHealth } from '../live/use-live.ts';
import { isWebUrl, runbookNameOf } from '../runbook/runbook-name.ts';
import { useNow } from '../time/use-now.ts';
import css from './alerts.module.css';
import { groupAlerts, type AlertGroup } from './group-alerts.ts';

/** Without the live socket the list is asked for this often. */
const POLL_MS = 15_000;

/** Active alerts by name, the worst first. */
export function AlertList({ filter }: { readonly filter: string }) {
  const { t } = useTranslation();
  const alerts = useAlerts();
  if (alerts === undefined) return <Skeleton height={240} />;
  const groups = groupAlerts(alerts, filter);
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

function Group({ group }: { readonly group: AlertGroup }) {
  const { t } = useTranslation();
  const firing = group.alerts.filter(({ state }) => state === 'firing').length;
  const pending = group.alerts.length - firing;
  return (
    <section className={css.group} aria-label={group.name}>
      <header className={css.groupHead}>
        <Badge tone={toneOfSeverity(group.severity)}>{group.severity || t('alerts.noSeverity')}</Badge>
        <h2>{group.name}</h2>
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
        <Alert key={JSON.stringify(alert.labels)} alert={alert} isOnly={group.alerts.length === 1} />
      ))}
    </section>
  );
}

function Alert({ alert, isOnly }: { readonly alert: AlertSummary; readonly isOnly: boolean }) {
  const { t } = useTranslation();
  const nowMs = useNow(5000);
  return (
    <details className={css.alert} open={isOnly && alert.severity !== 'none'}>
      <summary>
        <IconChevronRight size={16} className={css.chevron} aria-hidden="true" />
        <span className={css.state} data-state={alert.state}>
          {t(`alerts.state.${alert.state}`)}
        </span>
        <span className={css.summary}>{alert.annotations['summary'] ?? alert.name}</span>
        <span className={css.age}>{t('alerts.since', { age: formatAge(nowMs - alert.activeAtMs) })}</span>
      </summary>
      <Details alert={alert} />
    </details>
  );
}

function Details({ alert }: { readonly alert: AlertSummary }) {
  const { t, i18n } = useTranslation();
  const { summary: _summary, runbook_url: runbookUrl, description, ...rest } = alert.annotations;
  return (
    <div className={css.details}>
      {description !== undefined && <p>{description}</p>}
      <LabelList labels={alert.labels} without={['alertname']} />
      <dl className={css.facts}>
        <dt>{t('alerts.value')}</dt>
        <dd>{alert.value}</dd>
        <dt>{t('alerts.activeAt')}</dt>
        <dd>{formatMoment(alert.activeAtMs, i18n.language)}</dd>
        <dt>{t('alerts.rule')}</dt>
        <dd>
          {alert.group} · <code>{alert.expr}</code>
        </dd>
        {Object.entries(rest).map(([name, text]) => (
          <Annotation key={name} name={name} text={text} />
        ))}
      </dl>
      <p className={css.links}>
        <Link to="/explore" search={{ expr: alert.expr }}>
          <IconTerminal2 size={16} aria-hidden="true" />
          {t('alerts.explore')}
        </Link>
        {runbookUrl !== undefined && <RunbookLink url={runbookUrl} />}
      </p>
    </div>
  );
}

function Annotation({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {isWebUrl(text) ? (
          <a href={text} target="_blank" rel="noreferrer">
            {text}
          </a>
        ) : (
          text
        )}
      </dd>
    </>
  );
}

function RunbookLink({ url }: { readonly url: string }) {
  const { t } = useTranslation();
  const name = runbookNameOf(url, `${location.origin}${basePath()}`);
  const content = (
    <>
      <IconBook size={16} aria-hidden="true" />
      {t('alerts.runbook')}
    </>
  );
  if (name !== undefined)
    return (
      <Link to="/runbook/$name" params={{ name }}>
        {content}
      </Link>
    );
  return isWebUrl(url) ? (
    <a href={url} target="_blank" rel="noreferrer">
      {content}
    </a>
  ) : null;
}
