import { SegmentedControl, Skeleton } from '@mantine/core';
import { IconBellOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ManagedAlert, Silence } from '../api/alertmanager.ts';
import { useIsViewer, useManagedAlerts, useSilences } from '../api/use-alertmanager.ts';
import { containsWords } from '../alerts/group-alerts.ts';
import design from '../design/design.module.css';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { formatMatcher, parseMatchers } from './matchers.ts';
import { SilenceFacts } from './silence-facts.tsx';
import css from './silences.module.css';

/** Ended ones that are listed: enough to find yesterday's. */
const EXPIRED_MAX = 50;

const STATES = ['active', 'pending', 'expired'] as const;

export interface SilenceListProps {
  /** Words that it must contain. */
  readonly filter: string;
  /** Conditions that it must have, as links name them. */
  readonly conditions: string;
}

/** Silences by state: those that mute now first. */
export function SilenceList({ filter, conditions }: SilenceListProps) {
  const { t } = useTranslation();
  const silences = useSilences();
  const alerts = useManagedAlerts();
  const isViewer = useIsViewer();
  const [state, setState] = useState<Silence['state']>('active');
  if (silences.data === undefined)
    return silences.error === null ? (
      <Skeleton height={240} />
    ) : (
      <Fault message={silences.error.message} onRetry={silences.refetch} />
    );
  const kept = silences.data.filter((silence) => isWanted(silence, filter, conditions));
  const shown = kept.filter((silence) => silence.state === state).slice(0, EXPIRED_MAX);
  const countOf = (wanted: Silence['state']): number =>
    kept.filter((silence) => silence.state === wanted).length;
  return (
    <>
      <div className={css.listHead}>
        <SegmentedControl
          value={state}
          aria-label={t('silences.states')}
          onChange={(next) => setState(STATES.find((known) => known === next) ?? 'active')}
          data={STATES.map((value) => ({
            value,
            label: `${t(`silences.state.${value}`)} ${countOf(value)}`,
          }))}
        />
        {!isViewer && (
          <Link
            to="/alerts/silences/new"
            search={conditions === '' ? {} : { filter: conditions }}
            className={design.buttonLink}
            data-primary=""
          >
            <IconBellOff size={16} aria-hidden="true" />
            {t('silences.new')}
          </Link>
        )}
      </div>
      {shown.length === 0 ? (
        <Panel title={t(`silences.state.${state}`)}>
          <NothingThere silences={silences.data} state={state} filter={filter || conditions} />
        </Panel>
      ) : (
        <ul className={css.silences}>
          {shown.map((silence) => (
            <li key={silence.id}>
              <SilenceFacts
                silence={silence}
                muteCount={alerts.data && muteCountOf(silence.id, alerts.data)}
              />
            </li>
          ))}
        </ul>
      )}
      {countOf(state) > shown.length && (
        <p className={css.quiet}>{t('silences.more', { count: countOf(state) - shown.length })}</p>
      )}
    </>
  );
}

interface NothingThereProps {
  readonly silences: readonly Silence[];
  readonly state: Silence['state'];
  readonly filter: string;
}

function NothingThere({ silences, state, filter }: NothingThereProps) {
  const { t } = useTranslation();
  if (filter !== '') return <Empty title={t('alerts.noMatch', { filter })} />;
  if (silences.length === 0) return <Empty title={t('silences.none')} text={t('silences.noneText')} />;
  return <Empty title={t(`silences.noneOf.${state}`)} />;
}

function muteCountOf(id: string, alerts: readonly ManagedAlert[]): number {
  return alerts.filter(({ status }) => status.silencedBy.includes(id)).length;
}

function isWanted(
  { matchers, createdBy, comment, id }: Silence,
  filter: string,
  conditions: string,
): boolean {
  const texts = matchers.map(formatMatcher);
  if (!containsWords([...texts, createdBy, comment, id].join(' '), filter)) return false;
  const read = parseMatchers(conditions);
  return read.kind === 'fault' || read.matchers.every((matcher) => texts.includes(formatMatcher(matcher)));
}
