import { Button } from '@mantine/core';
import { IconClockOff, IconCopy, IconPencil } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Silence } from '../api/alertmanager.ts';
import { useIsViewer } from '../api/use-alertmanager.ts';
import { formatMoment } from '../chart/time-axis.ts';
import design from '../design/design.module.css';
import { StrangeText } from '../design/strange-text.tsx';
import type { Tone } from '../design/tone.ts';
import { Badge } from '../design/tone-badge.tsx';
import { visibleText } from '../design/visible-text.ts';
import { formatAge } from '../format/relative-time.ts';
import { useNow } from '../time/use-now.ts';
import { formatMatcher, formatMatchers } from './matchers.ts';
import css from './silences.module.css';
import { part } from '../lib/part.ts';

const ExpireDialog = part(async () => (await import('./expire-dialog.tsx')).ExpireDialog);

const TONES: Readonly<Record<Silence['state'], Tone>> = {
  active: 'info',
  pending: 'warning',
  expired: 'unknown',
};

export interface SilenceFactsProps {
  readonly silence: Silence;
  /** Alerts that it mutes now; `undefined`: not known yet. */
  readonly muteCount: number | undefined;
}

/** A silence as one reads it: what, why, who, until when, how many; and what can be done with it. */
export function SilenceFacts({ silence, muteCount }: SilenceFactsProps) {
  const { t } = useTranslation();
  const { id, state, matchers, createdBy, comment } = silence;
  return (
    <div className={css.silence}>
      <div className={css.silenceHead}>
        <Badge tone={TONES[state]}>{t(`silences.state.${state}`)}</Badge>
        <Link to="/alerts/silences/$id" params={{ id }} className={css.comment} data-row="">
          {comment === '' ? t('silences.noComment') : <StrangeText text={comment} mayBreak />}
        </Link>
        {state === 'active' && muteCount !== undefined && (
          <span className={css.muteCount}>{t('silences.mutes', { count: muteCount })}</span>
        )}
      </div>
      <ul className={css.conditions} aria-label={t('silences.matchers')}>
        {matchers.map((matcher, i) => (
          <li key={i}>
            <code>
              <StrangeText text={formatMatcher(matcher)} />
            </code>
          </li>
        ))}
      </ul>
      <div className={css.silenceFoot}>
        <span className={css.when}>
          <Ending silence={silence} />
          {createdBy !== '' && <span>{t('silences.by', { author: visibleText(createdBy) })}</span>}
        </span>
        <Actions silence={silence} muteCount={muteCount ?? 0} />
      </div>
    </div>
  );
}

function Ending({ silence: { state, startsAtMs, endsAtMs } }: { readonly silence: Silence }) {
  const { t, i18n } = useTranslation();
  const nowMs = useNow(10_000);
  const moment = (timestampMs: number): string => formatMoment(timestampMs, i18n.language);
  switch (state) {
    case 'active':
      return (
        <span>{t('silences.endsIn', { time: moment(endsAtMs), left: formatAge(endsAtMs - nowMs) })}</span>
      );
    case 'pending':
      return (
        <span>
          {t('silences.startsIn', {
            time: moment(startsAtMs),
            left: formatAge(startsAtMs - nowMs),
            end: moment(endsAtMs),
          })}
        </span>
      );
    case 'expired':
      return <span>{t('silences.ended', { time: moment(endsAtMs), age: formatAge(nowMs - endsAtMs) })}</span>;
  }
}

/** Which of several silences a button is about stands in its name: a list of equal names helps nobody who cannot see it. */
function Actions({ silence, muteCount }: { readonly silence: Silence; readonly muteCount: number }) {
  const { t } = useTranslation();
  const isViewer = useIsViewer();
  const [isExpiring, setIsExpiring] = useState(false);
  const { id, state, comment, matchers } = silence;
  if (isViewer) return null;
  const name = comment === '' ? formatMatchers(matchers) : comment;
  if (state === 'expired')
    return (
      <span className={css.actions}>
        <Link
          to="/alerts/silences/new"
          search={{ filter: formatMatchers(matchers), comment }}
          className={design.buttonLink}
          aria-label={t('silences.againOf', { name })}
        >
          <IconCopy size={14} aria-hidden="true" />
          {t('silences.again')}
        </Link>
      </span>
    );
  return (
    <span className={css.actions}>
      <Link
        to="/alerts/silences/$id"
        params={{ id }}
        search={{ edit: '1' }}
        className={design.buttonLink}
        aria-label={t('silences.editOf', { name })}
      >
        <IconPencil size={14} aria-hidden="true" />
        {t('silences.edit')}
      </Link>
      <Button
        variant="default"
        leftSection={<IconClockOff size={14} />}
        aria-label={t('silences.expireOf', { name })}
        onClick={() => setIsExpiring(true)}
      >
        {t('silences.expire')}
      </Button>
      {isExpiring && (
        <Suspense>
          <ExpireDialog silence={silence} muteCount={muteCount} onClose={() => setIsExpiring(false)} />
        </Suspense>
      )}
    </span>
  );
}
