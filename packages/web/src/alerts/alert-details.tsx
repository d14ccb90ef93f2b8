import { Button } from '@mantine/core';
import {
  IconBellOff,
  IconBook,
  IconExternalLink,
  IconHelpCircle,
  IconStethoscope,
  IconTerminal2,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { basePath } from '../api/http.ts';
import { useIsViewer } from '../api/use-alertmanager.ts';
import { formatMoment } from '../chart/time-axis.ts';
import design from '../design/design.module.css';
import { formatValue } from '../format/unit.ts';
import { isWebUrl, runbookNameOf } from '../runbook/runbook-name.ts';
import { formatMatchers, matchersOfLabels } from '../silences/matchers.ts';
import css from './alerts.module.css';
import { FilterLabels } from './filter-labels.tsx';
import type { ShownAlert } from './shown-alerts.ts';
import { WhoIsTold } from './who-is-told.tsx';

export interface AlertDetailsProps {
  readonly alert: ShownAlert;
  /** Names of labels that the group says for all of its alerts; that of the alert always stands elsewhere. */
  readonly shared: readonly string[];
}

/** What is known of an alert, and what one does about it. */
export function AlertDetails({ alert, shared }: AlertDetailsProps) {
  const { t, i18n } = useTranslation();
  const [isAsked, setIsAsked] = useState(false);
  const { summary: _summary, runbook_url: runbookUrl, description, ...rest } = alert.annotations;
  return (
    <div className={css.details}>
      {description !== undefined && <p>{description}</p>}
      <FilterLabels labels={alert.labels} without={['alertname', ...shared]} />
      <dl className={css.facts}>
        {alert.value !== '' && (
          <>
            <dt>{t('alerts.value')}</dt>
            <dd title={alert.value}>{formatValue(Number(alert.value))}</dd>
          </>
        )}
        <dt>{t('alerts.activeAt')}</dt>
        <dd>{formatMoment(alert.activeAtMs, i18n.language)}</dd>
        {alert.expr !== '' && (
          <>
            <dt>{t('alerts.rule')}</dt>
            <dd>
              {alert.group} · <code>{alert.expr}</code>
            </dd>
          </>
        )}
        {Object.entries(rest).map(([name, text]) => (
          <Annotation key={name} name={name} text={text} />
        ))}
      </dl>
      <div className={css.alertActions}>
        {alert.managed !== undefined && <AnalysisLink fingerprint={alert.managed.fingerprint} />}
        {alert.state === 'firing' && <SilenceLinks alert={alert} />}
        <Button
          variant="default"
          leftSection={<IconHelpCircle size={14} />}
          aria-expanded={isAsked}
          onClick={() => setIsAsked(!isAsked)}
        >
          {t('explain.title')}
        </Button>
        <Links alert={alert} runbookUrl={runbookUrl} />
      </div>
      {isAsked && <WhoIsTold labels={alert.managed?.labels ?? alert.labels} />}
    </div>
  );
}

function AnalysisLink({ fingerprint }: { readonly fingerprint: string }) {
  const { t } = useTranslation();
  return (
    <Link
      to="/alerts/analysis/$fingerprint"
      params={{ fingerprint }}
      className={design.buttonLink}
      data-primary=""
    >
      <IconStethoscope size={14} aria-hidden="true" />
      {t('analysis.open')}
    </Link>
  );
}

/** To make a silence for exactly this alert, or to the ones it has. */
function SilenceLinks({ alert: { labels, managed } }: { readonly alert: ShownAlert }) {
  const { t } = useTranslation();
  const isViewer = useIsViewer();
  const silencedBy = managed?.status.silencedBy ?? [];
  if (silencedBy.length > 0)
    return silencedBy.map((id) => (
      <Link key={id} to="/alerts/silences/$id" params={{ id }} className={design.buttonLink}>
        <IconBellOff size={14} aria-hidden="true" />
        {t('alerts.showSilence')}
      </Link>
    ));
  if (isViewer) return null;
  const filter = formatMatchers(matchersOfLabels(managed?.labels ?? labels));
  return (
    <Link to="/alerts/silences/new" search={{ filter }} className={design.buttonLink}>
      <IconBellOff size={14} aria-hidden="true" />
      {t('alerts.silence')}
    </Link>
  );
}

interface LinksProps {
  readonly alert: ShownAlert;
  readonly runbookUrl: string | undefined;
}

/** Where to look further. What others sent has no rule here, but may say where it comes from. */
function Links({ alert: { expr, managed }, runbookUrl }: LinksProps) {
  const { t } = useTranslation();
  const source = managed?.generatorURL ?? '';
  return (
    <p className={css.links}>
      {expr !== '' && (
        <Link to="/explore" search={{ expr }}>
          <IconTerminal2 size={16} aria-hidden="true" />
          {t('alerts.explore')}
        </Link>
      )}
      {expr === '' && isWebUrl(source) && (
        <a href={source} target="_blank" rel="noreferrer">
          <IconExternalLink size={16} aria-hidden="true" />
          {t('alerts.source')}
        </a>
      )}
      {runbookUrl !== undefined && <RunbookLink url={runbookUrl} />}
    </p>
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

/** To the page of a runbook of ours, or to where others keep theirs. */
export function RunbookLink({ url }: { readonly url: string }) {
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
