import type { GuardBacktestJson } from '@vedette/api';
import { useTranslation } from 'react-i18next';
import { formatMoment } from '../chart/time-axis.ts';
import { Panel } from '../design/panel.tsx';
import type { Tone } from '../design/tone.ts';
import { Badge } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import css from './guard.module.css';
import { StrangeText } from '../design/strange-text.tsx';

type Row = GuardBacktestJson['subjects'][number];

const TONES: Readonly<Record<Row['change'], Tone>> = {
  added: 'critical',
  removed: 'ok',
  changed: 'warning',
  same: 'unknown',
};

export interface BacktestReportProps {
  readonly report: GuardBacktestJson;
  readonly tookMs: number;
}

/** Who would be refused and is not now, who is and would not be, and what the answer does not know. */
export function BacktestReport({ report, tookMs }: BacktestReportProps) {
  const { t } = useTranslation();
  const { candidate, inForce, difference, subjects, furtherSubjectCount, remarks, actionCount } = report;
  return (
    <Panel
      title={t('guard.backtest.title')}
      aside={t('guard.backtest.done', { actions: formatValue(actionCount), age: formatAge(tookMs) })}
    >
      <dl className={css.counts} role="status">
        <Count name={t('guard.backtest.now')} count={inForce.refusedSubjectCount} />
        <Count name={t('guard.backtest.then')} count={candidate.refusedSubjectCount} />
        <Count name={t('guard.backtest.added')} count={difference.addedCount} />
        <Count name={t('guard.backtest.removed')} count={difference.removedCount} />
      </dl>
      {candidate.trips.map(({ policy, reason }) => (
        <p key={policy} className={css.words}>
          <StrangeText text={t('guard.backtest.trip', { policy, reason })} />
        </p>
      ))}
      {subjects.length === 0 ? (
        <p className={css.words}>{t('guard.backtest.nobody')}</p>
      ) : (
        <ul className={css.backtestRows}>
          {subjects.map((row) => (
            <Subject key={`${row.scope} ${row.subject}`} row={row} />
          ))}
        </ul>
      )}
      {furtherSubjectCount > 0 && (
        <p className={css.hint}>{t('guard.backtest.further', { count: furtherSubjectCount })}</p>
      )}
      {remarks.map((remark) => (
        <p key={remark} className={css.hint}>
          {remark}
        </p>
      ))}
    </Panel>
  );
}

function Count({ name, count }: { readonly name: string; readonly count: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{formatValue(count)}</dd>
    </div>
  );
}

function Subject({ row: { scope, subject, change, candidate, inForce } }: { readonly row: Row }) {
  const { t, i18n } = useTranslation();
  const first = (candidate ?? inForce)?.first;
  return (
    <li>
      <Badge tone={TONES[change]}>{t(`guard.backtest.${change}`)}</Badge>
      <span className={css.backtestSubject}>
        <span className={css.scope}>{t(`guard.scope.${scope}`)}</span> <StrangeText text={subject} />
      </span>
      {first !== undefined && (
        <span className={css.quiet}>
          <StrangeText
            text={`${formatMoment(first.atMs, i18n.language)} · ${first.policy} · ${first.reason}`}
          />
        </span>
      )}
    </li>
  );
}
