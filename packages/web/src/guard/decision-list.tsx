import type { GuardDecision } from '@vedette/api';
import { SegmentedControl, Skeleton } from '@mantine/core';
import { IconBan } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { apiUrl } from '../api/http.ts';
import design from '../design/design.module.css';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { GUARD_SHOWS, type GuardShow } from '../search.ts';
import { useNow } from '../time/use-now.ts';
import { DecisionRow } from './decision-row.tsx';
import { isNamed } from './decisions.ts';
import css from './guard.module.css';
import { DECISIONS_SHOWN_MAX, useDecisions, usePolicies, useReviews } from './use-guard.ts';

export interface DecisionListProps {
  readonly show: GuardShow;
  /** Words that a decision must contain. */
  readonly filter: string;
  readonly policy: string | undefined;
  readonly onShow: (show: GuardShow) => void;
}

/** Decisions, the newest first, as they come and go. */
export function DecisionList({ show, filter, policy, onShow }: DecisionListProps) {
  const { t } = useTranslation();
  const { data, fault, refetch } = useShown({ show, filter, policy });
  const kept = data?.filter((decision) => isNamed(decision, filter));
  const shown = kept?.slice(0, DECISIONS_SHOWN_MAX);
  const isCut = kept !== undefined && kept.length >= DECISIONS_SHOWN_MAX;
  return (
    <>
      <div className={css.listHead}>
        <SegmentedControl
          value={show}
          aria-label={t('guard.shows')}
          onChange={(next) => onShow(GUARD_SHOWS.find((known) => known === next) ?? 'live')}
          data={GUARD_SHOWS.map((value) => ({ value, label: t(`guard.show.${value}`) }))}
        />
        <span className={css.listCount} role="status">
          {kept !== undefined && !isCut && t(`guard.counted.${show}`, { count: kept.length })}
          {isCut && t('guard.newest', { count: DECISIONS_SHOWN_MAX })}
        </span>
        <Link to="/guard/ban" className={`${design.buttonLink} ${css.ban}`} data-primary="">
          <IconBan size={16} aria-hidden="true" />
          {t('guard.ban.link')}
        </Link>
      </div>
      {fault !== undefined && <Fault message={fault} onRetry={refetch} />}
      {shown === undefined && fault === undefined && <Skeleton height={240} />}
      {shown?.length === 0 && (
        <Panel title={t(`guard.show.${show}`)}>
          <NothingThere show={show} isNarrowed={filter !== '' || policy !== undefined} />
        </Panel>
      )}
      {shown !== undefined && shown.length > 0 && <Rows decisions={shown} />}
    </>
  );
}

function Rows({ decisions }: { readonly decisions: readonly GuardDecision[] }) {
  // One clock for all rows, so that they count in step.
  const nowMs = useNow(1000);
  return (
    <ul className={css.rows}>
      {decisions.map((decision) => (
        <DecisionRow key={decision.id} decision={decision} nowMs={nowMs} />
      ))}
    </ul>
  );
}

type Shown = Pick<DecisionListProps, 'show' | 'filter' | 'policy'>;

/** What is held back is in the queue; everything else is asked for as decisions. */
function useShown({ show, filter, policy }: Shown) {
  const isHeld = show === 'held';
  const isSearched = filter !== '';
  const decisions = useDecisions({ isLive: show === 'live', policy, isSearched, isEnabled: !isHeld });
  const reviews = useReviews(isHeld);
  const held = reviews.data?.filter(
    (one) => one.state === 'held-back' && (policy === undefined || one.policy === policy),
  );
  const { error, refetch } = isHeld ? reviews : decisions;
  return { data: isHeld ? held : decisions.data, fault: error?.message, refetch };
}

interface NothingThereProps {
  readonly show: GuardShow;
  readonly isNarrowed: boolean;
}

function NothingThere({ show, isNarrowed }: NothingThereProps) {
  const { t } = useTranslation();
  const policies = usePolicies().data;
  if (isNarrowed) return <Empty title={t('guard.noMatch')} />;
  if (show === 'held') return <Empty title={t('guard.noneHeld')} text={t('guard.noneHeldText')} />;
  const hasWorked = policies === undefined || policies.some(({ decisionCount }) => decisionCount > 0);
  if (hasWorked) return <Empty title={t(`guard.none.${show}`)} text={t('guard.noneText')} />;
  return (
    <Empty title={t('guard.begin')} text={t('guard.beginText')} code={snippetOf(apiUrl(''))}>
      <p>{t('guard.beginMode')}</p>
      <p>
        {t('guard.beginDocs')} <code>docs/guard/enforcement.md</code>
      </p>
    </Empty>
  );
}

/** The lines that bring the first action, with the address of this very server in them. */
function snippetOf(url: string): string {
  return `import { createGuard } from '@vedette/sdk';
import { guardMiddleware } from '@vedette/sdk/express';

const guard = createGuard({
  server: { url: '${url}', token: process.env.VEDETTE_TOKEN },
  ids: { mode: 'plain' },
});
app.use(guardMiddleware(guard, { subject: (request) => request.user?.id }));`;
}
