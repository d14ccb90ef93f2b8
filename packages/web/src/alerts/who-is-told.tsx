import type { AlertExplanation, ExplainedRouteStep } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconChevronRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { explainAlert } from '../api/alertmanager.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { Fault } from '../design/fault.tsx';
import { LabelList } from '../design/labels.tsx';
import css from './alerts.module.css';

const REFRESH_MS = 15_000;

/** Everything between an alert and the people it is for: what mutes it, who is told when, and why them. */
export function WhoIsTold({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  const { t, i18n } = useTranslation();
  const explanation = useQuery({
    queryKey: ['explain', labels],
    queryFn: ({ signal }) => explainAlert(labels, signal),
    refetchInterval: REFRESH_MS,
  });
  if (explanation.data === undefined)
    return explanation.error === null ? (
      <Skeleton height={96} />
    ) : (
      <Fault message={explanation.error.message} onRetry={explanation.refetch} />
    );
  const { summary, silencedBy, inhibitedBy, routes, tree } = explanation.data;
  const answer = withLocalTimes(summary, i18n.language);
  return (
    <section className={css.told} aria-label={t('explain.title')}>
      <p className={css.toldAnswer}>{answer}</p>
      {(silencedBy.length > 0 || inhibitedBy.length > 0) && <MutedBy explanation={explanation.data} />}
      {routes.map((route) => (
        <Route key={route.id} route={route} answer={answer} />
      ))}
      <details>
        <summary>
          <IconChevronRight size={16} aria-hidden="true" />
          {t('explain.tree')}
        </summary>
        <ul className={css.tree}>
          <Step step={tree} />
        </ul>
      </details>
    </section>
  );
}

function MutedBy({ explanation: { silencedBy, inhibitedBy } }: { readonly explanation: AlertExplanation }) {
  const { t, i18n } = useTranslation();
  return (
    <ul className={css.toldList}>
      {silencedBy.map(({ id, comment, createdBy, endsAtMs }) => (
        <li key={id}>
          {t('explain.silenced')}{' '}
          <Link to="/alerts/silences/$id" params={{ id }}>
            {comment === '' ? t('silences.noComment') : comment}
          </Link>
          <div className={css.toldNote}>
            {t('explain.silencedUntil', { author: createdBy, time: formatMoment(endsAtMs, i18n.language) })}
          </div>
        </li>
      ))}
      {inhibitedBy.map(({ fingerprint, labels, rule }) => (
        <li key={`${fingerprint} ${rule.name}`}>
          {t('explain.inhibited', { name: labels['alertname'] ?? t('silences.noName') })}
          <LabelList labels={labels} without={['alertname']} />
        </li>
      ))}
    </ul>
  );
}

type ExplainedRoute = AlertExplanation['routes'][number];

interface RouteProps {
  readonly route: ExplainedRoute;
  /** What is said above it and needs no saying twice. */
  readonly answer: string;
}

function Route({ route, answer }: RouteProps) {
  const { t, i18n } = useTranslation();
  const { receiver, groupKey, group, mutedBy, integrations } = route;
  return (
    <div className={css.toldRoute}>
      <h3>{receiver}</h3>
      <div className={css.toldNote}>
        <code>{groupKey}</code>
        {group !== null && <> · {t('explain.group', { count: group.alertCount })}</>}
      </div>
      {mutedBy !== null && (
        <p>
          {mutedBy.untilMs === null
            ? t('explain.quiet', { names: mutedBy.names.join(', ') })
            : t('explain.quietUntil', {
                names: mutedBy.names.join(', '),
                time: formatMoment(mutedBy.untilMs, i18n.language),
              })}
        </p>
      )}
      {integrations.length === 0 && <p className={css.toldNote}>{t('explain.nobody')}</p>}
      <ul className={css.toldList}>
        {integrations.map((one) => (
          <Integration key={`${one.integration} ${one.index}`} one={one} answer={answer} />
        ))}
      </ul>
    </div>
  );
}

interface IntegrationProps {
  readonly one: ExplainedRoute['integrations'][number];
  readonly answer: string;
}

function Integration({ one, answer }: IntegrationProps) {
  const { t, i18n } = useTranslation();
  const moment = (timestampMs: number): string => formatMoment(timestampMs, i18n.language);
  const { integration, index, told, retrying, lastError, next } = one;
  const why = withLocalTimes(next.text, i18n.language);
  return (
    <li>
      <strong>{index === 0 ? integration : `${integration} ${index + 1}`}</strong>{' '}
      {next.atMs === null ? t('explain.noneDue') : t('explain.next', { time: moment(next.atMs) })}
      {!answer.includes(why) && <div className={css.toldNote}>{why}</div>}
      <div className={css.toldNote}>
        {told === null
          ? t('explain.neverTold')
          : t(`explain.told.${told.said ?? 'others'}`, { time: moment(told.atMs) })}
      </div>
      {retrying === null && lastError !== null && (
        <div className={css.toldError}>
          {t('explain.lastError', { time: moment(lastError.atMs), error: lastError.error })}
        </div>
      )}
    </li>
  );
}

function Step({ step }: { readonly step: ExplainedRouteStep }) {
  const { t } = useTranslation();
  const { receiver, verdict, matchers, routes } = step;
  return (
    <li>
      <div className={css.step} data-verdict={verdict}>
        <span>{receiver}</span>
        <span>{t(`explain.verdict.${VERDICT_KEYS[verdict]}`)}</span>
        {matchers.map(({ matcher, value, isMet }) => (
          <span key={matcher}>
            <code>{matcher}</code> {isMet ? '' : t('explain.notMet', { value: value === '' ? '""' : value })}
          </span>
        ))}
      </div>
      {routes.length > 0 && (
        <ul className={css.tree}>
          {routes.map((inner) => (
            <Step key={inner.id} step={inner} />
          ))}
        </ul>
      )}
    </li>
  );
}

const VERDICT_KEYS = {
  taken: 'taken',
  passed: 'passed',
  refused: 'refused',
  'not asked': 'notAsked',
} as const;

/** The server's sentences name moments as logs do; here they are read beside a clock. */
function withLocalTimes(text: string, language: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (moment) =>
    formatMoment(Date.parse(moment), language),
  );
}
