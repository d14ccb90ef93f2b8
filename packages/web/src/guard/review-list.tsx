import type { GuardDecision } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { useNow } from '../time/use-now.ts';
import { DecisionActions } from './decision-actions.tsx';
import { DecisionRow } from './decision-row.tsx';
import { isNamed } from './decisions.ts';
import css from './guard.module.css';
import { StrangeText } from '../design/strange-text.tsx';
import { DECISIONS_SHOWN_MAX, useReviews } from './use-guard.ts';

export interface ReviewListProps {
  readonly filter: string;
  readonly policy: string | undefined;
}

/** What waits for a person, with what a person can do about it beside each. */
export function ReviewList({ filter, policy }: ReviewListProps) {
  const { t } = useTranslation();
  const reviews = useReviews(true);
  const nowMs = useNow(1000);
  if (reviews.data === undefined)
    return reviews.error === null ? <Skeleton height={240} /> : <Fault message={reviews.error.message} />;
  const kept = reviews.data.filter(
    (one) => isNamed(one, filter) && (policy === undefined || one.policy === policy),
  );
  const isNarrowed = filter !== '' || policy !== undefined;
  return (
    <>
      <p className={css.hint}>{t('guard.reviewHint')}</p>
      {kept.length === 0 ? (
        <Panel title={t('guard.reviews')}>
          {isNarrowed ? (
            <Empty title={t('guard.noMatch')} />
          ) : (
            <Empty title={t('guard.noReviews')} text={t('guard.noReviewsText')} />
          )}
        </Panel>
      ) : (
        <ul className={css.rows}>
          {kept.slice(0, DECISIONS_SHOWN_MAX).map((decision) => (
            <DecisionRow
              key={decision.id}
              decision={decision}
              nowMs={nowMs}
              actions={<DecisionActions decision={decision} isShort />}
              note={appealOf(decision)}
            />
          ))}
        </ul>
      )}
      {kept.length > DECISIONS_SHOWN_MAX && (
        <p className={css.hint}>{t('guard.newest', { count: DECISIONS_SHOWN_MAX })}</p>
      )}
    </>
  );
}

/** The subject's own words, where it asked for this. */
function appealOf({ events }: GuardDecision): ReactNode {
  const appeal = events.findLast((event) => event.kind === 'appealed');
  if (appeal === undefined) return undefined;
  return (
    <blockquote className={css.appeal}>
      <StrangeText text={appeal.text} mayBreak />
    </blockquote>
  );
}
