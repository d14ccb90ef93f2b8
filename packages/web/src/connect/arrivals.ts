import type { AlertSource, CardinalityReport } from '@vedette/api';
import type { PrometheusTarget } from '../api/prometheus.ts';
import type { Arrival } from './ways.ts';

/** Data that came by a way, newest first. */
export interface Arrived {
  readonly job: string;
  /** `undefined` where what comes are no series. */
  readonly seriesCount: number | undefined;
  /** `undefined`: not told, and it is there now. */
  readonly atMs: number | undefined;
}

/** Scraped without anybody's doing: this machine, its containers, the server itself. */
const OWN_JOBS: ReadonlySet<string> = new Set(['node', 'vedette', 'containers']);

export interface Heard {
  readonly targets: readonly PrometheusTarget[];
  readonly jobs: CardinalityReport['jobs'];
  readonly sources: readonly AlertSource[];
}

/** What of all that is known came by this way. */
export function arrivedBy(arrival: Arrival, heard: Heard): readonly Arrived[] {
  switch (arrival.kind) {
    case 'none':
      return [];
    case 'alerts':
      return heard.sources
        .filter(({ lastReceivedAtMs }) => lastReceivedAtMs !== null)
        .map(({ name, lastReceivedAtMs }) => ({
          job: name,
          seriesCount: undefined,
          atMs: lastReceivedAtMs ?? undefined,
        }));
    case 'target':
      return scraped(heard, arrival.job);
    case 'push':
      return pushed(heard);
  }
}

function scraped({ targets, jobs }: Heard, job: string | undefined): readonly Arrived[] {
  const latest = new Map<string, number>();
  for (const { labels, health, lastScrape } of targets) {
    const name = labels['job'] ?? '';
    if (health !== 'up' || OWN_JOBS.has(name) || (job !== undefined && name !== job)) continue;
    latest.set(name, Math.max(latest.get(name) ?? 0, Date.parse(lastScrape)));
  }
  return [...latest]
    .map(([name, atMs]) => ({
      job: name,
      seriesCount: jobs.find((known) => known.job === name)?.activeSeries,
      atMs: Number.isNaN(atMs) ? undefined : atMs,
    }))
    .sort((a, b) => (b.atMs ?? 0) - (a.atMs ?? 0));
}

/** Jobs with series and without a target: somebody sends them. */
function pushed({ targets, jobs }: Heard): readonly Arrived[] {
  const scrapedJobs = new Set(targets.map(({ labels }) => labels['job'] ?? ''));
  return jobs
    .filter(({ job, activeSeries }) => activeSeries > 0 && !scrapedJobs.has(job) && !OWN_JOBS.has(job))
    .filter(({ job }) => job !== '')
    .map(({ job, activeSeries }) => ({ job, seriesCount: activeSeries, atMs: undefined }));
}
