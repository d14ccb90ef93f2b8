import { SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../shell/page.tsx';
import { ALERT_VIEWS, alertsSearch, type AlertsSearch } from '../search.ts';
import { parseMatchers } from '../silences/matchers.ts';
import { SilenceList } from '../silences/silence-list.tsx';
import { AlertList } from './alert-list.tsx';
import css from './alerts.module.css';
import { IconButton } from '../design/icon-button.tsx';
import { NotificationList } from './notification-list.tsx';
import { RuleList } from './rule-list.tsx';

/** What fires and why, the rules behind it, and who was told. */
export function AlertsPage() {
  const { t } = useTranslation();
  const { view = 'alerts', q = '', receiver, filter = '', group } = useSearch({ from: '/alerts' });
  const navigate = useNavigate({ from: '/alerts' });
  const change = (next: Partial<Readonly<Record<keyof AlertsSearch, string | undefined>>>): void =>
    void navigate({ search: (old) => alertsSearch({ ...old, ...next }), replace: true });
  // One list as long as the text is the same: what is asked for hangs on it.
  const matchers = useMemo(() => {
    const read = parseMatchers(filter);
    return read.kind === 'matchers' ? read.matchers : [];
  }, [filter]);
  return (
    <Page title={t('nav.alerts')}>
      <div className={css.tools}>
        <SegmentedControl
          value={view}
          aria-label={t('alerts.view')}
          onChange={(next) => change({ view: ALERT_VIEWS.find((known) => known === next) ?? 'alerts' })}
          data={ALERT_VIEWS.map((value) => ({ value, label: t(`alerts.${value}`) }))}
        />
        <TextInput
          className={css.filter}
          value={q}
          data-search=""
          placeholder={t('alerts.filter')}
          aria-label={t('alerts.filter')}
          leftSection={<IconSearch size={14} />}
          onChange={(event) => change({ q: event.currentTarget.value })}
        />
      </div>
      {(view === 'alerts' || view === 'silences') && (
        <Narrowing
          receiver={view === 'alerts' ? receiver : undefined}
          filter={filter}
          onDrop={(name) => change({ [name]: undefined })}
        />
      )}
      {view === 'alerts' && (
        <AlertList
          filter={q}
          receiver={receiver}
          matchers={matchers}
          group={group}
          onGroup={(label) => change({ group: label })}
        />
      )}
      {view === 'silences' && <SilenceList filter={q} conditions={filter} />}
      {view === 'rules' && <RuleList filter={q} />}
      {view === 'notifications' && <NotificationList filter={q} />}
    </Page>
  );
}

interface NarrowingProps {
  readonly receiver: string | undefined;
  readonly filter: string;
  readonly onDrop: (name: 'receiver' | 'filter') => void;
}

/** What the link that led here left out, so that nobody takes a part for the whole. */
function Narrowing({ receiver, filter, onDrop }: NarrowingProps) {
  const { t } = useTranslation();
  const read = parseMatchers(filter);
  if (receiver === undefined && filter === '') return null;
  return (
    <div className={css.narrowing}>
      {receiver !== undefined && (
        <span className={css.narrowed}>
          {t('alerts.ofReceiver', { receiver })}
          <IconButton label={t('alerts.dropReceiver')} size={24} onClick={() => onDrop('receiver')}>
            <IconX size={14} />
          </IconButton>
        </span>
      )}
      {filter !== '' && (
        <span className={css.narrowed}>
          <code>{filter}</code>
          <IconButton label={t('alerts.dropFilter')} size={24} onClick={() => onDrop('filter')}>
            <IconX size={14} />
          </IconButton>
        </span>
      )}
      {read.kind === 'fault' && (
        <span className={css.narrowingFault} role="alert">
          {t('alerts.filterFault', { fault: t(`silences.matcherFault.${read.fault}`), column: read.column })}
        </span>
      )}
    </div>
  );
}
