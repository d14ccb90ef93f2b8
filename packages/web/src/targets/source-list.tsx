import type { AlertSource, CardinalityReport } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchCardinality } from '../api/administration.ts';
import { fetchTargets, queryInstant, type PrometheusTarget } from '../api/prometheus.ts';
import { fetchAlertSources } from '../api/vedette.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { Badge } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { useNow } from '../time/use-now.ts';
import {
  alertSourcesInOrder,
  jobSourcesOf,
  WAYS_IN,
  type JobSource,
  type SourceProblem,
  type WayIn,
} from './sources.ts';
import css from './targets.module.css';

const REFRESH_MS = 15_000;

/** Jobs that are listed; those with the most series matter. */
const JOBS_MAX = 100;

interface Heard {
  readonly report: CardinalityReport;
  readonly targets: readonly PrometheusTarget[];
  readonly alerts: readonly AlertSource[];
  readonly ways: readonly HeardWay[];
}

/** What the server's metrics say of a way in; `undefined`: nothing, since it was never used. */
interface HeardWay {
  readonly id: WayIn['id'];
  readonly perSecond: number | undefined;
  readonly refused: number;
}

/** Everything that data comes in by, asked for or not. */
export function SourceList() {
  const { t } = useTranslation();
  const heard = useQuery({
    queryKey: ['sources'],
    queryFn: ({ signal }) => hear(signal),
    refetchInterval: REFRESH_MS,
  });
  if (heard.error !== null) return <Fault message={heard.error.message} onRetry={heard.refetch} />;
  if (heard.data === undefined) return <Skeleton height={320} />;
  const { report, targets, alerts, ways } = heard.data;
  const jobs = jobSourcesOf(report, targets);
  return (
    <div className={css.pools}>
      <Part title={t('sources.jobs')} count={jobs.length}>
        {jobs.map((source) => (
          <JobRow key={source.job} source={source} />
        ))}
      </Part>
      {!jobs.some(({ kind }) => kind === 'scraped' || kind === 'sent') && <NothingOfYours />}
      <Part title={t('sources.ways')} count={ways.length}>
        {ways.map((way) => (
          <WayRow key={way.id} way={way} />
        ))}
      </Part>
      {alerts.length > 0 && (
        <Part title={t('sources.alerts')} count={alerts.length}>
          {alertSourcesInOrder(alerts).map((source) => (
            <AlertRow key={source.name} source={source} />
          ))}
        </Part>
      )}
    </div>
  );
}

async function hear(signal: AbortSignal): Promise<Heard> {
  const nowMs = browserClock.nowMs();
  const numberOf = async (expr: string): Promise<number | undefined> => {
    const answer = await queryInstant(expr, nowMs, signal);
    const value = answer.resultType === 'vector' ? answer.result[0]?.value?.[1] : undefined;
    return value === undefined ? undefined : Number(value);
  };
  const hearWay = async ({ id, takenExpr, refusedExpr }: WayIn): Promise<HeardWay> => {
    const [perSecond, refused] = await Promise.all([numberOf(takenExpr), numberOf(refusedExpr)]);
    return { id, perSecond, refused: Math.round(refused ?? 0) };
  };
  const [report, targets, alerts, ways] = await Promise.all([
    fetchCardinality({ job: '', metric: '', limit: JOBS_MAX }, signal),
    fetchTargets(signal),
    fetchAlertSources(signal),
    Promise.all(WAYS_IN.map(hearWay)),
  ]);
  return { report, targets, alerts, ways };
}

function NothingOfYours() {
  const { t } = useTranslation();
  return (
    <Panel title={t('sources.none')}>
      <Empty title={t('sources.noneText')}>
        <Link to="/connect">{t('nav.connect')}</Link>
      </Empty>
    </Panel>
  );
}

interface PartProps {
  readonly title: string;
  readonly count: number;
  readonly children: ReactNode;
}

function Part({ title, count, children }: PartProps) {
  return (
    <section className={css.pool} aria-label={title}>
      <header className={css.head}>
        <h2>{title}</h2>
        <span className={css.count}>{count}</span>
      </header>
      <ul className={css.targets}>{children}</ul>
    </section>
  );
}

interface RowProps {
  readonly badge: ReactNode;
  readonly name: ReactNode;
  readonly notes: readonly ReactNode[];
  readonly facts: readonly (readonly [name: string, value: string])[];
}

function Row({ badge, name, notes, facts }: RowProps) {
  return (
    <li className={css.target}>
      <span>{badge}</span>
      <div className={css.body}>
        {name}
        {notes}
      </div>
      <dl className={css.facts}>
        {facts.map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

function JobRow({ source }: { readonly source: JobSource }) {
  const { t } = useTranslation();
  const nowMs = useNow(5000);
  const { job, kind, seriesCount, createdCount, lastSeenMs, problems } = source;
  const seen = lastSeenMs === undefined ? '–' : t('targets.ago', { age: formatAge(nowMs - lastSeenMs) });
  return (
    <Row
      badge={<Badge tone={problems.length > 0 ? 'critical' : 'ok'}>{t(`sources.kind.${kind}`)}</Badge>}
      name={
        <Link
          to="/explore"
          search={{ expr: `count by (__name__) ({job=${JSON.stringify(job)}})`, view: 'table' }}
          className={css.url}
          data-row=""
        >
          {job === '' ? t('sources.noJob') : job}
        </Link>
      }
      notes={problems.map((problem) => (
        <p key={problem.kind} className={css.error}>
          <ProblemWords problem={problem} />
        </p>
      ))}
      facts={[
        [t('sources.lastSeen'), seen],
        [t('sources.series'), formatValue(seriesCount)],
        [t('sources.created'), formatValue(createdCount)],
      ]}
    />
  );
}

function ProblemWords({ problem }: { readonly problem: SourceProblem }) {
  const { t } = useTranslation();
  switch (problem.kind) {
    case 'down':
      return t('sources.problem.down', { count: problem.count, total: problem.total, error: problem.error });
    case 'limit':
      return t('sources.problem.limit', { limit: formatValue(problem.limit) });
  }
}

function WayRow({ way: { id, perSecond, refused } }: { readonly way: HeardWay }) {
  const { t } = useTranslation();
  const isUsed = (perSecond ?? 0) > 0;
  const state = refused > 0 ? 'refusing' : isUsed ? 'receiving' : 'idle';
  return (
    <Row
      badge={
        <Badge tone={refused > 0 ? 'warning' : isUsed ? 'ok' : 'unknown'}>
          {t(`sources.state.${state}`)}
        </Badge>
      }
      name={<span className={css.url}>{t(`sources.way.${id}`)}</span>}
      notes={
        refused > 0
          ? [
              <p key="refused" className={css.error}>
                {t('sources.refused', { count: refused })}
              </p>,
            ]
          : []
      }
      facts={[[t('sources.rate'), perSecond === undefined ? '–' : `${formatValue(perSecond)}/s`]]}
    />
  );
}

function AlertRow({ source }: { readonly source: AlertSource }) {
  const { t } = useTranslation();
  const nowMs = useNow(5000);
  const { name, lastReceivedAtMs, firingCount, staleCount } = source;
  return (
    <Row
      badge={
        <Badge tone={staleCount > 0 ? 'warning' : lastReceivedAtMs === null ? 'unknown' : 'ok'}>
          {t('sources.webhook')}
        </Badge>
      }
      name={
        <Link to="/alerts" search={{ q: name }} className={css.url} data-row="">
          {name}
        </Link>
      }
      notes={
        staleCount > 0
          ? [
              <p key="stale" className={css.error}>
                {t('sources.stale', { count: staleCount })}
              </p>,
            ]
          : []
      }
      facts={[
        [
          t('sources.lastSeen'),
          lastReceivedAtMs === null
            ? t('targets.never')
            : t('targets.ago', { age: formatAge(nowMs - lastReceivedAtMs) }),
        ],
        [t('sources.firing'), String(firingCount)],
      ]}
    />
  );
}
