import { Skeleton } from '@mantine/core';
import type { StoredDashboard } from '@vedette/api';
import { newDashboard, viewOfDashboard, type ClassicDashboard } from '@vedette/dashboard';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchDashboard } from '../api/dashboards.ts';
import { RequestError } from '../api/http.ts';
import { Fault } from '../design/fault.tsx';
import { Empty } from '../design/panel.tsx';
import { Page } from '../shell/page.tsx';
import { useScrapeInterval } from './answers/use-scrape-interval.ts';
import { rememberOpened } from './list/kept-dashboards.ts';
import { NEW_UID } from './new-uid.ts';
import { OpenDashboard } from './view/open-dashboard.tsx';

/** One dashboard: fetched, read, and shown or edited. What is chosen on it stands in the address. */
export function DashboardPage() {
  const { uid } = useParams({ from: '/dashboards/$uid' });
  return uid === NEW_UID ? <NewDashboard /> : <StoredPage key={uid} uid={uid} />;
}

function NewDashboard() {
  const { t } = useTranslation();
  // Not made anew by a render: it is what undo goes back to.
  const first = useRef<ClassicDashboard>(undefined);
  first.current ??= newDashboard(t('dashboards.newTitle'));
  return <OpenDashboard stored={undefined} classic={first.current} />;
}

function StoredPage({ uid }: { readonly uid: string }) {
  const { t } = useTranslation();
  const { version } = useSearch({ from: '/dashboards/$uid' });
  const wanted = version === undefined ? undefined : Number(version);
  // Needed once the file is read: asked for beside it, not after it.
  useScrapeInterval();
  const stored = useQuery({
    queryKey: ['dashboard', uid, 'version', wanted ?? 'newest'],
    queryFn: ({ signal }) => fetchDashboard(uid, wanted, signal),
    // Somebody may be editing: it is looked at anew when it is opened, not under their hands.
    staleTime: Infinity,
    gcTime: 0,
  });
  const isThere = stored.data !== undefined;
  useEffect(() => {
    if (isThere) rememberOpened(localStorage, uid);
  }, [isThere, uid]);
  if (stored.data !== undefined) return <ReadDashboard key={stored.data.version} stored={stored.data} />;
  return (
    <Page title={t('nav.dashboards')} hasTime>
      {stored.error === null && <Skeleton height={480} />}
      {stored.error !== null && <Absent uid={uid} fault={stored.error} onRetry={stored.refetch} />}
    </Page>
  );
}

interface AbsentProps {
  readonly uid: string;
  readonly fault: Error;
  readonly onRetry: () => Promise<unknown>;
}

function Absent({ uid, fault, onRetry }: AbsentProps) {
  const { t } = useTranslation();
  if (!(fault instanceof RequestError && fault.status === 404))
    return <Fault message={fault.message} onRetry={onRetry} />;
  return (
    <Empty title={t('dashboards.absent', { uid })} text={t('dashboards.absentText')}>
      <Link to="/dashboards">{t('dashboards.all')}</Link>
    </Empty>
  );
}

/** A file of the operator's may be no dashboard: that is said, and the page lives. */
function ReadDashboard({ stored }: { readonly stored: StoredDashboard }) {
  const { t } = useTranslation();
  const read = useMemo(() => {
    try {
      return { classic: viewOfDashboard(stored.dashboard).classic };
    } catch (fault) {
      return { fault: fault instanceof Error ? fault.message : String(fault) };
    }
  }, [stored]);
  if (read.classic !== undefined) return <OpenDashboard stored={stored} classic={read.classic} />;
  return (
    <Page title={stored.title === '' ? stored.uid : stored.title}>
      <Fault title={t('dashboards.notRead')} message={read.fault} />
    </Page>
  );
}
