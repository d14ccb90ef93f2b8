import { Button } from '@mantine/core';
import { IconHelpCircle, IconListTree, IconTerminal2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrometheusRule, PrometheusRuleGroup } from '../api/prometheus.ts';
import { LabelList } from '../design/labels.tsx';
import { formatAge, formatStep } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { useNow } from '../time/use-now.ts';
import { RunbookLink } from './alert-details.tsx';
import css from './alerts.module.css';
import { standingsOf, type Standing } from './rule-standing.ts';
import { WhoIsTold } from './who-is-told.tsx';
import { WhyNotFiring } from './why-view.tsx';

export interface RuleDetailsProps {
  readonly rule: PrometheusRule;
  readonly group: PrometheusRuleGroup;
  /** When the server told of the rule. */
  readonly askedAtMs: number;
}

/** How a rule stands, why, and whom it would tell. */
export function RuleDetails({ rule, group, askedAtMs }: RuleDetailsProps) {
  const { t } = useTranslation();
  const nowMs = useNow(1000);
  const isAlerting = rule.type === 'alerting';
  return (
    <div className={css.details}>
      {isAlerting && (
        <ul className={css.standings}>
          {standingsOf(rule, group, { nowMs, askedAtMs }).map((standing) => (
            <li key={standing.kind} data-kind={standing.kind}>
              <StandingWords standing={standing} />
            </li>
          ))}
        </ul>
      )}
      {isAlerting && <WhyNotFiring expr={rule.query} />}
      <dl className={css.facts}>
        <dt>{t('rules.file')}</dt>
        <dd>
          <code>{group.file}</code> · {group.name}
        </dd>
        <dt>{t('rules.took')}</dt>
        <dd>{formatValue(rule.evaluationTime, 's')}</dd>
        {isAlerting && (
          <>
            <dt>for</dt>
            <dd>{formatStep((rule.duration ?? 0) * 1000)}</dd>
            <dt>keep_firing_for</dt>
            <dd>{formatStep((rule.keepFiringFor ?? 0) * 1000)}</dd>
          </>
        )}
        {Object.entries(rule.annotations ?? {})
          .filter(([name]) => name !== 'runbook_url')
          .map(([name, text]) => (
            <RuleFact key={name} name={name} text={text} />
          ))}
      </dl>
      <LabelList labels={rule.labels ?? {}} />
      <Actions rule={rule} />
    </div>
  );
}

function RuleFact({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </>
  );
}

function StandingWords({ standing }: { readonly standing: Standing }) {
  const { t } = useTranslation();
  switch (standing.kind) {
    case 'failing':
      return t('why.standing.failing', { error: standing.error });
    case 'neverRun':
      return t('why.standing.neverRun');
    case 'stalled':
      return t('why.standing.stalled', {
        age: formatAge(standing.ageMs),
        interval: formatStep(standing.intervalMs),
      });
    case 'slow':
      return t('why.standing.slow', {
        took: formatValue(standing.tookMs / 1000, 's'),
        interval: formatStep(standing.intervalMs),
      });
    case 'firing':
      return t('why.standing.firing', { count: standing.count });
    case 'kept':
      return t('why.standing.kept', { count: standing.count, left: formatAge(standing.leftMs) });
    case 'pending':
      return t('why.standing.pending', {
        count: standing.count,
        left: formatAge(standing.leftMs),
        duration: formatStep(standing.forMs),
      });
    case 'quiet':
      return t('why.standing.quiet');
  }
}

function Actions({ rule }: { readonly rule: PrometheusRule }) {
  const { t } = useTranslation();
  const [isAsked, setIsAsked] = useState(false);
  const runbookUrl = rule.annotations?.['runbook_url'];
  return (
    <>
      <div className={css.alertActions}>
        {rule.type === 'alerting' && (
          <Button
            variant="default"
            leftSection={<IconHelpCircle size={14} />}
            aria-expanded={isAsked}
            onClick={() => setIsAsked(!isAsked)}
          >
            {t('why.whoWould')}
          </Button>
        )}
        <p className={css.links}>
          <Link to="/explore" search={{ expr: rule.query }}>
            <IconTerminal2 size={16} aria-hidden="true" />
            {t('alerts.explore')}
          </Link>
          <Link to="/explore" search={{ expr: rule.query, view: 'explain' }}>
            <IconListTree size={16} aria-hidden="true" />
            {t('why.explain')}
          </Link>
          {runbookUrl !== undefined && <RunbookLink url={runbookUrl} />}
        </p>
      </div>
      {isAsked && <ToldOfRule rule={rule} />}
    </>
  );
}

/** Alerts that exist have more labels than the rule gives, and these may lead elsewhere: the first stands for them. */
function ToldOfRule({ rule }: { readonly rule: PrometheusRule }) {
  return <WhoIsTold labels={rule.alerts?.[0]?.labels ?? { ...rule.labels, alertname: rule.name }} />;
}
