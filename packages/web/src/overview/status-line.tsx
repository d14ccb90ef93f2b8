import type { StatusSummary } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatClock } from '../chart/time-axis.ts';
import type { Tone } from '../design/tone.ts';
import { ToneIcon } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { useFiringCount, useLiveHealth, useLiveStatus } from '../live/use-live.ts';
import css from './overview.module.css';

/** The one sentence people open this page for. */
export function StatusLine() {
  const { t, i18n } = useTranslation();
  const status = useLiveStatus();
  const health = useLiveHealth();
  const firing = useFiringCount();
  if (status === undefined) return <StatusExpected />;
  const isStale = health.kind === 'offline' || health.kind === 'refused';
  const tone = toneOf(status, firing);
  const state =
    firing > 0
      ? t('overview.firing', { count: firing })
      : t(`overview.${tone === 'ok' ? 'allWell' : 'problems'}`);
  // Nobody knows how things are now: what was well a minute ago must not look well.
  const words = isStale
    ? t('overview.stale', { time: formatClock(status.nowMs, i18n.language), state })
    : state;
  return (
    <section className={css.status} data-tone={isStale ? 'unknown' : tone} aria-label={t('overview.status')}>
      <ToneIcon tone={isStale ? 'unknown' : tone} size={20} />
      <div className={css.statusWords}>
        <strong>{words}</strong>
        {status.problems.map((problem) => (
          <span key={problem} className={css.problem}>
            {problem}
          </span>
        ))}
      </div>
      <Facts status={status} />
    </section>
  );
}

/** As high as the line will be: what stands below must not move when it comes. */
function StatusExpected() {
  const { t } = useTranslation();
  return (
    <section className={css.status} data-tone="unknown" aria-label={t('overview.status')} aria-busy="true">
      <Skeleton circle height={20} />
      <div className={css.statusWords}>
        <strong aria-hidden="true">&nbsp;</strong>
      </div>
      <Facts status={undefined} />
    </section>
  );
}

function Facts({ status }: { readonly status: StatusSummary | undefined }) {
  const { t } = useTranslation();
  const facts = [
    [t('overview.factRules'), status && String(status.rules.rules)],
    [t('overview.factSeries'), status && formatKnown(status.storage.activeSeries)],
    [t('overview.factSamples'), status && `${formatValue(status.storage.samplesPerSecond)}/s`],
    [t('overview.factDisk'), status && formatKnown(status.storage.diskBytes, 'bytes')],
    [t('overview.factUptime'), status && formatAge(status.nowMs - status.startedAtMs)],
  ] as const;
  return (
    <dl className={css.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  );
}

/** An engine elsewhere may not say. */
function formatKnown(value: number | null, unit?: Parameters<typeof formatValue>[1]): string {
  return value === null ? '–' : formatValue(value, unit);
}

function toneOf(status: StatusSummary, firing: number): Tone {
  if (firing > 0) return 'critical';
  return status.status === 'ok' && status.problems.length === 0 ? 'ok' : 'warning';
}
