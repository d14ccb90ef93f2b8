import { SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Page } from '../shell/page.tsx';
import { ALERT_VIEWS, type AlertView } from '../search.ts';
import { AlertList } from './alert-list.tsx';
import css from './alerts.module.css';
import { NotificationList } from './notification-list.tsx';
import { RuleList } from './rule-list.tsx';

/** What fires and why, the rules behind it, and who was told. */
export function AlertsPage() {
  const { t } = useTranslation();
  const { view = 'alerts', q = '' } = useSearch({ from: '/alerts' });
  const navigate = useNavigate({ from: '/alerts' });
  const change = (next: { view?: AlertView; q?: string }): void =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
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
      {view === 'alerts' && <AlertList filter={q} />}
      {view === 'rules' && <RuleList filter={q} />}
      {view === 'notifications' && <NotificationList filter={q} />}
    </Page>
  );
}
