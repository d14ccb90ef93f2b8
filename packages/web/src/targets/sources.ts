import type { AlertSource, CardinalityReport } from '@vedette/api';
import type { PrometheusTarget } from '../api/prometheus.ts';

/**
 * Everything that data comes in by. Two lists, since a sender's job and the protocol that it speaks are not joined
 * anywhere in what is stored:
 *
 * - by job: who has series, how they come as far as it can be told, how many, and what is wrong;
 * - by way in: what each receiver of the server took and refused of late, from the server's own metrics.
 */
export interface JobSource {
  readonly job: string;
  readonly kind: 'self' | 'host' | 'containers' | 'rules' | 'scraped' | 'sent';
  readonly seriesCount: number;
  /** Series that appeared within the last hour. */
  readonly createdCount: number;
  /** `undefined`: nothing tells. */
  readonly lastSeenMs: number | undefined;
  readonly problems: readonly SourceProblem[];
}

export type SourceProblem =
  | { readonly kind: 'down'; readonly count: number; readonly total: number; readonly error: string }
  /** Close to, or at, the number of series that the job may have. */
  | { readonly kind: 'limit'; readonly limit: number };

const OWN: Readonly<Record<string, JobSource['kind']>> = {
  vedette: 'self',
  node: 'host',
  containers: 'containers',
  // Recorded series and `ALERTS` may have no job.
  '': 'rules',
};

/** From here on a limit is worth a word, before series are refused. */
const LIMIT_RATIO = 0.9;

/** Jobs with troubles first, then by their series. */
export function jobSourcesOf(
  { jobs, turnoverByJob }: Pick<CardinalityReport, 'jobs' | 'turnoverByJob'>,
  targets: readonly PrometheusTarget[],
): JobSource[] {
  const byJob = Map.groupBy(targets, ({ labels }) => labels['job'] ?? '');
  const counted = new Map(jobs.map((entry) => [entry.job, entry]));
  const created = new Map(turnoverByJob.map(({ name, createdLastHour }) => [name, createdLastHour]));
  const names = new Set([...counted.keys(), ...byJob.keys()]);
  return [...names]
    .map((job) => {
      const own = byJob.get(job) ?? [];
      const { activeSeries = 0, limit = null } = counted.get(job) ?? {};
      return {
        job,
        kind: OWN[job] ?? (own.length > 0 ? ('scraped' as const) : ('sent' as const)),
        seriesCount: activeSeries,
        createdCount: created.get(job) ?? 0,
        lastSeenMs: lastScrapeMs(own),
        problems: [...downOf(own), ...limitOf(activeSeries, limit)],
      };
    })
    .sort(
      (a, b) =>
        Number(b.problems.length > 0) - Number(a.problems.length > 0) ||
        b.seriesCount - a.seriesCount ||
        a.job.localeCompare(b.job),
    );
}

function lastScrapeMs(targets: readonly PrometheusTarget[]): number | undefined {
  // Prometheus writes the year 1 for never.
  const times = targets.map(({ lastScrape }) => Date.parse(lastScrape)).filter((timeMs) => timeMs > 0);
  return times.length === 0 ? undefined : Math.max(...times);
}

function downOf(targets: readonly PrometheusTarget[]): SourceProblem[] {
  const down = targets.filter(({ health }) => health === 'down');
  const [first] = down;
  if (first === undefined) return [];
  return [{ kind: 'down', count: down.length, total: targets.length, error: first.lastError }];
}

function limitOf(seriesCount: number, limit: number | null): SourceProblem[] {
  return limit !== null && seriesCount >= limit * LIMIT_RATIO ? [{ kind: 'limit', limit }] : [];
}

/** A way in of the server: how much came by it and how much was refused, as questions in PromQL. */
export interface WayIn {
  readonly id: 'otlp' | 'remoteWrite' | 'actions';
  readonly takenExpr: string;
  readonly refusedExpr: string;
}

/** Rates of the last five minutes, refusals of the last hour; `job` keeps other servers of the kind out. */
export const WAYS_IN: readonly WayIn[] = [
  wayIn('otlp', 'vedette_otlp_points_total', 'vedette_otlp_points_refused_total'),
  wayIn('remoteWrite', 'vedette_remote_write_samples_total', 'vedette_remote_write_refused_total'),
  {
    id: 'actions',
    takenExpr: 'sum(rate(vedette_action_rows_total{job="vedette",outcome="taken"}[5m]))',
    refusedExpr: 'sum(increase(vedette_action_rows_total{job="vedette",outcome!="taken"}[1h]))',
  },
];

function wayIn(id: WayIn['id'], taken: string, refused: string): WayIn {
  return {
    id,
    takenExpr: `sum(rate(${taken}{job="vedette"}[5m]))`,
    refusedExpr: `sum(increase(${refused}{job="vedette"}[1h]))`,
  };
}

/** Whose webhooks announce alerts: those that fell silent first, then the last heard. */
export function alertSourcesInOrder(sources: readonly AlertSource[]): AlertSource[] {
  return sources.toSorted(
    (a, b) =>
      Number(b.staleCount > 0) - Number(a.staleCount > 0) ||
      (b.lastReceivedAtMs ?? 0) - (a.lastReceivedAtMs ?? 0) ||
      a.name.localeCompare(b.name),
  );
}
