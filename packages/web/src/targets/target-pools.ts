import type { PrometheusTarget } from '../api/prometheus.ts';

/** The targets of one scrape configuration. */
export interface Pool {
  readonly name: string;
  readonly upCount: number;
  readonly targets: readonly PrometheusTarget[];
}

export interface PoolFilter {
  /** Words that address, labels or error contain, each of them. */
  readonly words?: string;
  readonly health?: PrometheusTarget['health'] | undefined;
}

/** Pools by name, those with a target down first; within a pool the same. Counts are of what the filter leaves. */
export function poolsOf(targets: readonly PrometheusTarget[], filter: PoolFilter = {}): Pool[] {
  const words = (filter.words ?? '').toLowerCase().split(/\s+/);
  const kept = targets.filter(
    (target) =>
      (filter.health === undefined || target.health === filter.health) &&
      words.every((word) => textOf(target).includes(word)),
  );
  return [...Map.groupBy(kept, ({ scrapePool }) => scrapePool)]
    .map(([name, members]) => ({
      name,
      upCount: members.filter(({ health }) => health === 'up').length,
      targets: members.toSorted((a, b) => rankOf(a) - rankOf(b) || a.scrapeUrl.localeCompare(b.scrapeUrl)),
    }))
    .sort((a, b) => Number(isWhole(a)) - Number(isWhole(b)) || a.name.localeCompare(b.name));
}

function isWhole({ upCount, targets }: Pool): boolean {
  return upCount === targets.length;
}

function rankOf({ health }: PrometheusTarget): number {
  return ['down', 'unknown', 'up'].indexOf(health);
}

function textOf({ scrapeUrl, labels, lastError, scrapePool }: PrometheusTarget): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return [scrapePool, scrapeUrl, ...pairs, lastError].join(' ').toLowerCase();
}
