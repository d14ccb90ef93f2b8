import type { GuardDecision } from '@vedette/api';
import type { TFunction } from 'i18next';
import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { useNow } from '../time/use-now.ts';
import { DecisionActions } from './decision-actions.tsx';
import { DecisionRow } from './decision-row.tsx';
import { isNamed } from './decisions.ts';
import { DidMost } from './did-most.tsx';
import css from './guard.module.css';
import { pressVerb } from './press-verb.ts';
import { StrangeText } from '../design/strange-text.tsx';
import { DECISIONS_SHOWN_MAX, useReviews } from './use-guard.ts';

/** A line of them. */
const ACTIONS_SHOWN = 3;

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
    return reviews.error === null ? (
      <Skeleton height={240} />
    ) : (
      <Fault message={reviews.error.message} onRetry={reviews.refetch} />
    );
  const kept = reviews.data.filter(
    (one) => isNamed(one, filter) && (policy === undefined || one.policy === policy),
  );
  const isNarrowed = filter !== '' || policy !== undefined;
  return (
    <>
      <p className={css.hint}>
        {t('guard.reviewHint')} <span className={css.keys}>{t('guard.keysHint')}</span>
      </p>
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
              note={noteOf(decision, t)}
              onKeyDown={pressVerb}
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

/** What the subject did, and its own words where it asked for this. */
function noteOf({ events, evidence }: GuardDecision, t: TFunction): ReactNode {
  const appeal = events.findLast((event) => event.kind === 'appealed');
  const actions = evidence.kind === 'crossing' ? evidence.topActions.slice(0, ACTIONS_SHOWN) : [];
  if (appeal === undefined && actions.length === 0) return undefined;
  return (
    <>
      {actions.length > 0 && <DidMost actions={actions} label={t('guard.topActions')} />}
      {appeal !== undefined && (
        <blockquote className={css.appeal}>
          <StrangeText text={appeal.text} mayBreak />
        </blockquote>
      )}
    </>
  );
}
