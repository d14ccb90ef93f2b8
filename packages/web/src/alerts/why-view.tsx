import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { queryInstant, type InstantResult } from '../api/prometheus.ts';
import { formatLabels } from '../chart/frame.ts';
import { Fault } from '../design/fault.tsx';
import { ToneIcon } from '../design/tone-badge.tsx';
import { formatValue } from '../format/unit.ts';
import { browserClock } from '../lib/browser-clock.ts';
import css from './alerts.module.css';
import { explainRule, type AskedSeries, type Explained, type ExplainedCondition } from './why-not-firing.ts';

/** A rule is mostly evaluated this often; asking oftener shows nothing new. */
const REFRESH_MS = 15_000;

/** What each condition of a rule finds now, against its threshold. */
export function WhyNotFiring({ expr }: { readonly expr: string }) {
  const { t } = useTranslation();
  const explained = useQuery({
    queryKey: ['why', expr],
    queryFn: ({ signal }) => {
      const nowMs = browserClock.nowMs();
      return explainRule(expr, async (asked) => seriesOf(await queryInstant(asked, nowMs, signal)));
    },
    refetchInterval: REFRESH_MS,
  });
  if (explained.error !== null)
    return <Fault title={t('why.fault')} message={explained.error.message} onRetry={explained.refetch} />;
  if (explained.data === undefined) return <Skeleton height={72} />;
  return (
    <section className={css.told} aria-label={t('why.title')}>
      <p className={css.toldAnswer}>{t('why.passing', { count: explained.data.passing })}</p>
      <Answer explained={explained.data} />
    </section>
  );
}

function Answer({ explained: { conditions, emptySteps, isUnmatched } }: { readonly explained: Explained }) {
  const { t } = useTranslation();
  return (
    <>
      {conditions.length > 0 && (
        <ul className={css.toldList}>
          {conditions.map((condition, i) => (
            <Condition key={`${i} ${condition.text}`} condition={condition} />
          ))}
        </ul>
      )}
      {isUnmatched && <p>{t('why.unmatched')}</p>}
      {!isUnmatched && <EmptySteps steps={emptySteps} />}
    </>
  );
}

function Condition({ condition }: { readonly condition: ExplainedCondition }) {
  const { t } = useTranslation();
  const { kind, role, text, total, passing, nearest, emptySteps } = condition;
  const isMet = passing > 0 !== (role === 'excluded');
  return (
    <li className={css.condition}>
      <ToneIcon tone={isMet ? 'ok' : 'unknown'} size={16} />
      <div className={css.conditionBody}>
        <code className={css.conditionText}>{text}</code>
        <span className={css.toldNote}>
          {kind === 'absent' ? t('why.absent', { count: total }) : t('why.met', { count: total, passing })}
          {role !== 'needed' && <> {t(`why.role.${role}`)}</>}
        </span>
        {nearest.length > 0 && <Nearest condition={condition} />}
        <EmptySteps steps={emptySteps} />
      </div>
    </li>
  );
}

/** The values that come nearest, each against the threshold. */
function Nearest({ condition }: { readonly condition: ExplainedCondition }) {
  const { kind, op, threshold, nearest, total } = condition;
  const { t } = useTranslation();
  return (
    <>
      <ul className={css.nearest}>
        {nearest.map(({ labels, value, isPassing, distance }) => (
          <li key={formatLabels(labels)} data-passes={isPassing}>
            <code>{formatLabels(labels)}</code>
            <span>
              {isPassing
                ? t('why.passes', { value: formatValue(value), op, threshold: formatValue(threshold) })
                : t(kind === 'difference' ? 'why.missesDifference' : 'why.misses', {
                    value: formatValue(value),
                    op,
                    threshold: formatValue(threshold),
                    distance: formatValue(distance),
                  })}
            </span>
          </li>
        ))}
      </ul>
      {total > nearest.length && (
        <span className={css.toldNote}>{t('why.further', { count: total - nearest.length })}</span>
      )}
    </>
  );
}

function EmptySteps({ steps }: { readonly steps: readonly string[] }) {
  const { t } = useTranslation();
  if (steps.length === 0) return null;
  return (
    <ul className={css.toldList}>
      {steps.map((step) => (
        <li key={step}>
          {t('why.finds')}{' '}
          <Link to="/explore" search={{ expr: step, view: 'explain' }}>
            <code>{step}</code>
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** Histograms have no single number to compare: they count as series of which nothing passes. */
function seriesOf(answer: InstantResult): readonly AskedSeries[] {
  switch (answer.resultType) {
    case 'vector':
      return answer.result.map(({ metric, value }) => ({ labels: metric, value: Number(value?.[1] ?? NaN) }));
    case 'scalar':
    case 'string':
      return [{ labels: {}, value: Number(answer.result[1]) }];
    case 'matrix':
      return answer.result.map(({ metric, values }) => ({
        labels: metric,
        value: Number(values.at(-1)?.[1] ?? NaN),
      }));
  }
}
