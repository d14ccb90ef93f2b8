import type { GuardDecision } from '@vedette/api';
import { useTranslation } from 'react-i18next';
import css from './guard.module.css';
import { formatLeft } from './format-left.ts';

export interface TimeLeftProps {
  readonly decision: Pick<GuardDecision, 'state' | 'untilMs'>;
  readonly nowMs: number;
}

/** How long a decision still holds. What is over, or never held, has nothing left. */
export function TimeLeft({ decision: { state, untilMs }, nowMs }: TimeLeftProps) {
  const { t } = useTranslation();
  if (state !== 'live') return <span className={css.left}>{t(`guard.ended.${state}`)}</span>;
  if (untilMs === null) return <span className={css.left}>{t('guard.untilLifted')}</span>;
  const left = formatLeft(untilMs - nowMs);
  // Its end is known before the list says so.
  return (
    <span className={css.left}>{left === undefined ? t('guard.ending') : t('guard.left', { left })}</span>
  );
}
