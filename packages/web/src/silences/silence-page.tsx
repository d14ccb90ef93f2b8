import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { fetchSilence, type ManagedAlert, type Silence } from '../api/alertmanager.ts';
import { RequestError } from '../api/http.ts';
import { useManagedAlerts } from '../api/use-alertmanager.ts';
import { Fault } from '../design/fault.tsx';
import { LabelList } from '../design/labels.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { Page } from '../shell/page.tsx';
import { BackToSilences } from './back-to-silences.tsx';
import { draftOf } from './silence-draft.ts';
import { SilenceFacts } from './silence-facts.tsx';
import { SilenceForm } from './silence-form.tsx';
import css from './silences.module.css';

/** As often as the list. */
const REFRESH_MS = 15_000;

/** One silence: what it is and mutes, or the form to change it. */
export function SilencePage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/alerts/silences/$id' });
  const { edit } = useSearch({ from: '/alerts/silences/$id' });
  const silence = useQuery({
    queryKey: ['silence', id],
    queryFn: ({ signal }) => fetchSilence(id, signal),
    // Not while somebody changes it.
    refetchInterval: edit === undefined ? REFRESH_MS : false,
  });
  return (
    <Page title={t('silences.one')}>
      <BackToSilences />
      {silence.data !== undefined && <Shown silence={silence.data} isEdited={edit === '1'} />}
      {silence.data === undefined && silence.error === null && <Skeleton height={160} />}
      {silence.data === undefined && silence.error !== null && <Absent id={id} fault={silence.error} />}
    </Page>
  );
}

function Absent({ id, fault }: { readonly id: string; readonly fault: Error }) {
  const { t } = useTranslation();
  // An id that is none is refused as unprocessable.
  if (!(fault instanceof RequestError && (fault.status === 404 || fault.status === 422)))
    return <Fault message={fault.message} />;
  return (
    <Panel title={t('silences.one')}>
      <Empty title={t('silences.unknown', { id })} text={t('silences.unknownText')} />
    </Panel>
  );
}

function Shown({ silence, isEdited }: { readonly silence: Silence; readonly isEdited: boolean }) {
  const navigate = useNavigate();
  const alerts = useManagedAlerts();
  const show = (id: string): void =>
    void navigate({ to: '/alerts/silences/$id', params: { id }, replace: true });
  if (isEdited && silence.state !== 'expired')
    return (
      <SilenceForm
        key={silence.id}
        initial={draftOf(silence)}
        known={silence}
        onSaved={show}
        onCancel={() => show(silence.id)}
      />
    );
  const muted = alerts.data?.filter(({ status }) => status.silencedBy.includes(silence.id));
  return (
    <div className={css.single}>
      <div className={css.silences}>
        <SilenceFacts silence={silence} muteCount={muted?.length} />
      </div>
      {silence.state === 'active' && muted !== undefined && <Muted alerts={muted} />}
    </div>
  );
}

function Muted({ alerts }: { readonly alerts: readonly ManagedAlert[] }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('silences.mutedNow')}>
      {alerts.length === 0 && <p className={css.quiet}>{t('silences.mutes', { count: 0 })}</p>}
      <ul className={css.hits}>
        {alerts.map(({ fingerprint, labels }) => (
          <li key={fingerprint}>
            <strong>{labels['alertname'] ?? t('silences.noName')}</strong>
            <LabelList labels={labels} without={['alertname']} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
