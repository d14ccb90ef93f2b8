import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { fetchCardinality } from '../api/administration.ts';
import { fetchTargets } from '../api/prometheus.ts';
import { fetchAlertSources } from '../api/vedette.ts';
import { Fault } from '../design/fault.tsx';
import { ToneIcon } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { useNow } from '../time/use-now.ts';
import { arrivedBy, type Arrived } from './arrivals.ts';
import css from './connect.module.css';
import { ARRIVALS, type Arrival, type WayId } from './ways.ts';

/** One looks at it while one waits; a tab in the background asks nothing. */
const REFRESH_MS = 3000;

/** Jobs listed; who has more looks at the cardinality. */
const SHOWN_MAX = 5;
const JOBS_MAX = 200;

/** Waits for the first data of a way, and leads on when it is there. */
export function ArrivalPanel({ way }: { readonly way: WayId }) {
  const { t } = useTranslation();
  const arrival = ARRIVALS[way];
  const heard = useHeard(arrival);
  if (arrival.kind === 'none') return null;
  const arrived = arrivedBy(arrival, heard.data ?? { targets: [], jobs: [], sources: [] });
  return (
    <div className={css.arrival} role="status" data-some={arrived.length > 0 || undefined}>
      {heard.error !== null && <Fault message={heard.error.message} onRetry={heard.refetch} />}
      {arrived.length === 0 ? (
        <span className={css.listening}>
          <span className={css.pulse} aria-hidden="true" />
          {t('connect.listening')}
        </span>
      ) : (
        <ul>
          {arrived.slice(0, SHOWN_MAX).map((one) => (
            <ArrivedJob key={one.job} arrived={one} kind={arrival.kind} />
          ))}
          {arrived.length > SHOWN_MAX && <li>{t('connect.more', { count: arrived.length - SHOWN_MAX })}</li>}
        </ul>
      )}
    </div>
  );
}

function ArrivedJob({ arrived, kind }: { readonly arrived: Arrived; readonly kind: Arrival['kind'] }) {
  const { t } = useTranslation();
  const nowMs = useNow(1000);
  const { job, seriesCount, atMs } = arrived;
  const words = [
    kind === 'alerts'
      ? t('connect.alertsFrom', { name: job })
      : seriesCount === undefined
        ? t('connect.samplesFrom', { job })
        : t('connect.seriesFrom', { count: seriesCount, job }),
    ...(atMs === undefined ? [] : [t('administration.ago', { age: formatAge(nowMs - atMs) })]),
  ];
  return (
    <li>
      <ToneIcon tone="ok" size={16} />
      <span className={css.words}>{words.join(', ')}</span>
      {kind === 'alerts' ? (
        <Link to="/alerts">{t('nav.alerts')}</Link>
      ) : (
        <>
          <Link to="/explore" search={{ expr: `{job=${JSON.stringify(job)}}`, view: 'table' }}>
            {t('nav.explore')}
          </Link>
          <Link to="/dashboards">{t('nav.dashboards')}</Link>
        </>
      )}
    </li>
  );
}

function useHeard({ kind }: Arrival) {
  return useQuery({
    queryKey: ['arrivals', kind],
    queryFn: async ({ signal }) => {
      if (kind === 'alerts') return { targets: [], jobs: [], sources: await fetchAlertSources(signal) };
      const [targets, { jobs }] = await Promise.all([
        fetchTargets(signal),
        fetchCardinality({ job: '', metric: '', limit: JOBS_MAX }, signal),
      ]);
      return { targets, jobs, sources: [] };
    },
    enabled: kind !== 'none',
    refetchInterval: REFRESH_MS,
  });
}
