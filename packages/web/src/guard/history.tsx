import type { GuardDecision } from '@vedette/api';
import { useTranslation } from 'react-i18next';
import { formatMoment } from '../chart/time-axis.ts';
import { Panel } from '../design/panel.tsx';
import css from './guard.module.css';
import { StrangeText } from '../design/strange-text.tsx';

type GuardEvent = GuardDecision['events'][number];

/** What became of the decision, the oldest first: who did what, when and why. */
export function History({ events }: { readonly events: readonly GuardEvent[] }) {
  const { t, i18n } = useTranslation();
  return (
    <Panel title={t('guard.history')}>
      <ol className={css.events}>
        {events.map((event, i) => (
          // Events are only ever added at the end.
          <li key={i}>
            <time className={css.eventTime} dateTime={new Date(event.atMs).toISOString()}>
              {formatMoment(event.atMs, i18n.language)}
            </time>
            <div className={css.eventBody}>
              <EventWords event={event} />
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function EventWords({ event }: { readonly event: GuardEvent }) {
  const { t, i18n } = useTranslation();
  switch (event.kind) {
    case 'made':
    case 'expired':
      return <span>{t(`guard.event.${event.kind}`)}</span>;
    case 'appealed':
      return (
        <>
          <span>{t('guard.event.appealed')}</span>
          <blockquote className={css.appeal}>
            <StrangeText text={event.text} mayBreak />
          </blockquote>
        </>
      );
    case 'changed':
      return (
        <>
          <span>
            {event.untilMs === null
              ? t('guard.event.permanent')
              : t('guard.event.extended', { end: formatMoment(event.untilMs, i18n.language) })}
          </span>
          <By event={event} />
        </>
      );
    case 'lifted':
    case 'approved':
      return (
        <>
          <span>{t(`guard.event.${event.kind}`)}</span>
          <By event={event} />
        </>
      );
  }
}

function By({ event: { by, reason } }: { readonly event: { readonly by: string; readonly reason: string } }) {
  return (
    <span className={css.quiet}>
      <StrangeText text={by} />: <StrangeText text={reason} mayBreak />
    </span>
  );
}
