import { Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import type { Tone } from '../design/tone.ts';
import { Badge } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { useNow } from '../time/use-now.ts';
import type { Appeal, AppealState } from './appeals.ts';
import { DecisionActions } from './decision-actions.tsx';
import { DecisionRow } from './decision-row.tsx';
import { isNamed } from './decisions.ts';
import css from './guard.module.css';
import { pressVerb } from './press-verb.ts';
import { StrangeText } from '../design/strange-text.tsx';
import { DECISIONS_SHOWN_MAX, useAppeals } from './use-guard.ts';

const TONES: Readonly<Record<AppealState, Tone>> = {
  open: 'warning',
  accepted: 'ok',
  refused: 'unknown',
  over: 'unknown',
};

/** What subjects say of decisions about them, with what can be answered, and what was. */
export function AppealList({ filter }: { readonly filter: string }) {
  const { t } = useTranslation();
  const appeals = useAppeals(true);
  const nowMs = useNow(1000);
  if (appeals.data === undefined)
    return appeals.error === null ? <Skeleton height={240} /> : <Fault message={appeals.error.message} />;
  const shown = appeals.data.filter(({ decision }) => isNamed(decision, filter));
  if (shown.length === 0)
    return (
      <Panel title={t('guard.appeals')}>
        {filter === '' ? (
          <Empty title={t('guard.noAppeals')} text={t('guard.noAppealsText')} />
        ) : (
          <Empty title={t('guard.noMatch')} />
        )}
      </Panel>
    );
  return (
    <>
      <p className={css.hint}>{t('guard.appealHint')}</p>
      <ul className={css.rows}>
        {shown.slice(0, DECISIONS_SHOWN_MAX).map((appeal) => (
          <DecisionRow
            key={appeal.decision.id}
            decision={appeal.decision}
            nowMs={nowMs}
            onKeyDown={pressVerb}
            {...(appeal.state === 'open' ? { actions: <Answers appeal={appeal} /> } : {})}
            note={<Words appeal={appeal} nowMs={nowMs} />}
          />
        ))}
      </ul>
    </>
  );
}

function Answers({ appeal: { decision } }: { readonly appeal: Appeal }) {
  const { t } = useTranslation();
  return (
    <DecisionActions
      decision={decision}
      isShort
      labels={{ lift: t('guard.appealAccept'), approve: t('guard.appealRefuse') }}
    />
  );
}

function Words({ appeal, nowMs }: { readonly appeal: Appeal; readonly nowMs: number }) {
  const { t } = useTranslation();
  const { state, text, answer, atMs } = appeal;
  return (
    <>
      <p className={css.appealHead}>
        <Badge tone={TONES[state]}>{t(`guard.appealState.${state}`)}</Badge>
        <span className={css.quiet}>{t('guard.ago', { age: formatAge(nowMs - atMs) })}</span>
      </p>
      <blockquote className={css.appeal}>
        <StrangeText text={text} mayBreak />
      </blockquote>
      {answer !== undefined && (
        <p className={css.words}>
          <StrangeText text={t('guard.appealAnswer', { by: answer.by, reason: answer.reason })} mayBreak />
        </p>
      )}
    </>
  );
}
