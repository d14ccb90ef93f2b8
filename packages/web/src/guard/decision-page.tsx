import type { GuardDecision } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { RequestError } from '../api/http.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { Badge } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { Page } from '../shell/page.tsx';
import { useNow } from '../time/use-now.ts';
import { AppealLink } from './appeal-link.tsx';
import { BackToGuard } from './back-to-guard.tsx';
import { DecisionActions } from './decision-actions.tsx';
import { toneOfDecision } from './decisions.ts';
import { Evidence } from './evidence.tsx';
import css from './guard.module.css';
import { History } from './history.tsx';
import { PolicyName } from './policy-name.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import { TimeLeft } from './time-left.tsx';
import { useDecision } from './use-guard.ts';

/** One decision: whom it is about, what holds, on what grounds, what became of it, and what can be done. */
export function DecisionPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/guard/decisions/$id' });
  const decision = useDecision(id);
  return (
    <Page title={t('guard.one')}>
      <BackToGuard />
      {decision.data !== undefined && <Shown decision={decision.data} />}
      {decision.data === undefined && decision.error === null && <Skeleton height={240} />}
      {decision.data === undefined && decision.error !== null && <Absent id={id} fault={decision.error} />}
    </Page>
  );
}

function Absent({ id, fault }: { readonly id: string; readonly fault: Error }) {
  const { t } = useTranslation();
  if (!(fault instanceof RequestError && fault.status === 404)) return <Fault message={fault.message} />;
  return (
    <Panel title={t('guard.one')}>
      <Empty title={t('guard.unknown', { id })} text={t('guard.unknownText')} />
    </Panel>
  );
}

function Shown({ decision }: { readonly decision: GuardDecision }) {
  const { t } = useTranslation();
  const { scope, subject, kind, state } = decision;
  return (
    <div className={css.single}>
      <section className={css.card} aria-label={t('guard.one')}>
        <div className={css.headline}>
          <Badge tone={toneOfDecision(decision)}>
            {t(state === 'live' ? `guard.kind.${kind}` : `guard.state.${state}`)}
          </Badge>
          <h2 className={css.headlineSubject}>
            <span className={css.scope}>{t(`guard.scope.${scope}`)}</span> <StrangeText text={subject} />
          </h2>
        </div>
        <Facts decision={decision} />
        <div className={css.cardFoot}>
          <DecisionActions decision={decision} />
          <Link to="/guard" search={{ show: 'all', q: subject }} className={css.link}>
            {t('guard.sameSubject')}
          </Link>
        </div>
        <AppealLink decision={decision} />
      </section>
      <Evidence evidence={decision.evidence} />
      <History events={decision.events} />
    </div>
  );
}

function Facts({ decision }: { readonly decision: GuardDecision }) {
  const { t, i18n } = useTranslation();
  const nowMs = useNow(1000);
  const { kind, grade, level, reason, policy, policyVersion, mode, madeAtMs, untilMs, isEnforced } = decision;
  return (
    <dl className={css.facts}>
      <Fact name={t('guard.fact.what')}>
        {t(`guard.kind.${kind}`)} · {t(`guard.grade.${grade}`)}
        {level > 1 && ` · ${t('guard.strike', { count: level })}`}
      </Fact>
      <Fact name={t('guard.fact.why')}>
        <StrangeText text={reason} />
      </Fact>
      <Fact name={t('guard.policy')}>
        <PolicyName policy={policy} /> <span className={css.quiet}>{policyVersion}</span>
      </Fact>
      <Fact name={t('guard.fact.mode')}>
        {t(`guard.mode.${mode}`)}
        {!isEnforced && ` · ${t('guard.notEnforced')}`}
      </Fact>
      <Fact name={t('guard.fact.since')}>
        {formatMoment(madeAtMs, i18n.language)}{' '}
        <span className={css.quiet}>{t('guard.ago', { age: formatAge(nowMs - madeAtMs) })}</span>
      </Fact>
      <Fact name={t('guard.fact.until')}>
        {untilMs !== null && <span>{formatMoment(untilMs, i18n.language)} </span>}
        <TimeLeft decision={decision} nowMs={nowMs} />
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
