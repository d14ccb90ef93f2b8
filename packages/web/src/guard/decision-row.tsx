import type { GuardDecision } from '@vedette/api';
import { Link } from '@tanstack/react-router';
import type { KeyboardEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Badge } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { toneOfDecision } from './decisions.ts';
import css from './guard.module.css';
import { PolicyName } from './policy-name.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import { TimeLeft } from './time-left.tsx';
import { visibleText } from '../design/visible-text.ts';

export interface DecisionRowProps {
  readonly decision: GuardDecision;
  readonly nowMs: number;
  /** What can be done with it right here. */
  readonly actions?: ReactNode;
  /** What else is to be read before. */
  readonly note?: ReactNode;
  /** Of a key that is pressed while the focus is in the row. */
  readonly onKeyDown?: (event: KeyboardEvent<HTMLLIElement>) => void;
}

/** A decision as one line of a list: what, whom, why, by which policy, since when, for how long still. */
export function DecisionRow({ decision, nowMs, actions, note, onKeyDown }: DecisionRowProps) {
  const { t } = useTranslation();
  const { id, scope, subject, kind, grade, state, reason, policy, madeAtMs } = decision;
  return (
    <li className={css.row} data-actions={actions === undefined ? undefined : ''} onKeyDown={onKeyDown}>
      <span className={css.rowState}>
        <Badge tone={toneOfDecision(decision)}>
          {t(state === 'live' ? `guard.kind.${kind}` : `guard.state.${state}`)}
        </Badge>
      </span>
      <div className={css.rowSubject}>
        <Link
          to="/guard/decisions/$id"
          params={{ id }}
          className={css.subject}
          title={visibleText(subject)}
          data-row=""
        >
          <span className={css.scope}>{t(`guard.scope.${scope}`)}</span> <StrangeText text={subject} />
        </Link>
        <p className={css.reason}>
          <StrangeText text={reason} />
        </p>
      </div>
      <div className={css.rowPolicy}>
        <span>
          {state === 'live'
            ? t(`guard.grade.${grade}`)
            : `${t(`guard.kind.${kind}`)} · ${t(`guard.grade.${grade}`)}`}
        </span>
        <PolicyName policy={policy} />
      </div>
      <div className={css.rowTime}>
        <TimeLeft decision={decision} nowMs={nowMs} />
        <span className={css.age}>{t('guard.ago', { age: formatAge(nowMs - madeAtMs) })}</span>
      </div>
      {actions !== undefined && <div className={css.rowActions}>{actions}</div>}
      {note !== undefined && <div className={css.rowNote}>{note}</div>}
    </li>
  );
}
