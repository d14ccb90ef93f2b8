import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchRuleGroups, type PrometheusRule, type PrometheusRuleGroup } from '../api/prometheus.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import type { Tone } from '../design/tone.ts';
import { Badge } from '../design/tone-badge.tsx';
import { formatAge, formatStep } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { useNow } from '../time/use-now.ts';
import css from './alerts.module.css';
import { containsWords } from './group-alerts.ts';
import { RuleDetails } from './rule-details.tsx';
import { evaluatedAtMs, nextEvaluationMs } from './rule-standing.ts';

const REFRESH_MS = 10_000;

/** Rule groups as they are evaluated: state, health, how long ago, how long it took. */
export function RuleList({ filter }: { readonly filter: string }) {
  const { t } = useTranslation();
  const groups = useQuery({
    queryKey: ['rules'],
    queryFn: ({ signal }) => fetchRuleGroups(signal),
    refetchInterval: REFRESH_MS,
  });
  if (groups.data === undefined)
    return groups.error === null ? (
      <Skeleton height={320} />
    ) : (
      <Fault message={groups.error.message} onRetry={groups.refetch} />
    );
  const shown = groups.data
    .map((group) => ({ ...group, rules: group.rules.filter((rule) => matches(group, rule, filter)) }))
    .filter(({ rules }) => rules.length > 0);
  if (shown.length === 0)
    return (
      <Panel title={t('alerts.rules')}>
        {filter === '' ? (
          <Empty title={t('rules.none')} text={t('rules.noneText')} code="rule_files: [rules/*.yml]" />
        ) : (
          <Empty title={t('alerts.noMatch', { filter })} />
        )}
      </Panel>
    );
  return (
    <div className={css.groups}>
      {shown.map((group) => (
        <Group key={`${group.file} ${group.name}`} group={group} askedAtMs={groups.dataUpdatedAt} />
      ))}
    </div>
  );
}

function matches(group: PrometheusRuleGroup, rule: PrometheusRule, filter: string): boolean {
  return containsWords([group.name, rule.name, rule.query, rule.state ?? '', rule.health].join(' '), filter);
}

interface GroupProps {
  readonly group: PrometheusRuleGroup;
  readonly askedAtMs: number;
}

function Group({ group, askedAtMs }: GroupProps) {
  const { t } = useTranslation();
  const nowMs = useNow(5000);
  return (
    <section className={css.group} aria-label={group.name}>
      <header className={css.groupHead}>
        <h2>{group.name}</h2>
        <span className={css.file}>{group.file}</span>
        <span className={css.counts}>
          {t('rules.groupNote', {
            interval: formatStep(group.interval * 1000),
            age: ageOf(group.lastEvaluation, nowMs),
            took: formatValue(group.evaluationTime, 's'),
          })}
          <NextEvaluation group={group} nowMs={nowMs} />
        </span>
      </header>
      <ul className={css.rules}>
        {group.rules.map((rule, i) => (
          <Rule key={`${rule.name} ${i}`} rule={rule} group={group} askedAtMs={askedAtMs} />
        ))}
      </ul>
    </section>
  );
}

function Rule({ rule, group, askedAtMs }: GroupProps & { readonly rule: PrometheusRule }) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  const hasFault = rule.health === 'err';
  return (
    <li>
      <details className={css.ruleRow} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary className={css.rule} data-row="">
          <span className={css.ruleState}>
            <IconChevronRight size={16} className={css.chevron} aria-hidden="true" />
            <Badge tone={hasFault ? 'critical' : toneOfRule(rule)}>
              {hasFault ? t('rules.failing') : t(`rules.state.${stateOf(rule)}`)}
            </Badge>
          </span>
          <span className={css.ruleBody}>
            <span className={css.ruleName}>{rule.name}</span>
            <code className={css.query}>{rule.query}</code>
            {hasFault && <span className={css.ruleFault}>{rule.lastError}</span>}
          </span>
          <span className={css.ruleEnd}>
            {rule.duration !== undefined && rule.duration > 0 && (
              <span>{t('rules.for', { duration: formatStep(rule.duration * 1000) })}</span>
            )}
            <span>{formatValue(rule.evaluationTime, 's')}</span>
          </span>
        </summary>
        {isOpen && <RuleDetails rule={rule} group={group} askedAtMs={askedAtMs} />}
      </details>
    </li>
  );
}

function stateOf(rule: PrometheusRule): 'recording' | 'firing' | 'pending' | 'inactive' | 'unknown' {
  return rule.type === 'recording' ? 'recording' : (rule.state ?? 'unknown');
}

function toneOfRule(rule: PrometheusRule): Tone {
  switch (stateOf(rule)) {
    case 'firing':
      return rule.labels?.['severity'] === 'none' ? 'unknown' : 'critical';
    case 'pending':
      return 'warning';
    case 'inactive':
    case 'recording':
      return rule.health === 'ok' ? 'ok' : 'unknown';
    case 'unknown':
      return 'unknown';
  }
}

function NextEvaluation({ group, nowMs }: { readonly group: PrometheusRuleGroup; readonly nowMs: number }) {
  const { t } = useTranslation();
  const leftMs = nextEvaluationMs(group, nowMs);
  if (leftMs === undefined) return null;
  return <> · {leftMs === 0 ? t('rules.due') : t('rules.next', { left: formatAge(leftMs) })}</>;
}

function ageOf(timestamp: string, nowMs: number): string {
  const atMs = evaluatedAtMs(timestamp);
  return atMs === undefined ? '–' : formatAge(nowMs - atMs);
}
