import { BatchBuilders } from './batch-builders.ts';
import {
  InputError,
  type Clock,
  type Files,
  type Labels,
  type MetricMetadata,
  type MetricsWriter,
  type Slicer,
} from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { Log } from '../../telemetry/log.ts';
import { findScrapeFaults, type GlobalScrapeConfig, type ScrapeConfig } from './config.ts';
import { resolveJob } from './job.ts';
import type { ScrapeLoop } from './scrape-loop.ts';
import { createScrapeMetrics } from './scrape-metrics.ts';
import { ScrapePool, type ScrapePoolDeps } from './scrape-pool.ts';

export interface ScrapeDeps {
  readonly clock: Clock;
  readonly writer: MetricsWriter;
  readonly files: Files;
  readonly slicer: Slicer;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
}

export interface ScrapeOptions {
  /** Folder of the configuration file: relative names in it are relative to this. */
  readonly directory: string;
  /** Version in `User-Agent: Vedette/…`. */
  readonly version: string;
  /** URL under which people reach this server; its host replaces localhost in `globalUrl`. */
  readonly externalUrl?: string | undefined;
}

/** The part of the configuration that concerns scraping. */
export interface ScrapeSettings {
  readonly global: GlobalScrapeConfig;
  readonly scrapeConfigs: readonly ScrapeConfig[];
}

/** Scrapes everything that is configured. */
export interface ScrapeManager {
  /**
   * Takes over a configuration, before or after `start`. Resolves when the discovery files were read and
   * the loops adjusted. Targets that stay keep their pace and what they remember. Calls are applied in
   * their order. Throws `InputError` (VED_CONFIG_INVALID), leaving everything as it was.
   */
  apply(settings: ScrapeSettings): Promise<void>;
  start(): void;
  /** Gives up scrapes under way and writes no staleness markers: a restart goes on where this ends. */
  stop(): Promise<void>;
  targets(): TargetPools;
}

/** What `/api/v1/targets` and the targets page show. */
export interface TargetPools {
  readonly active: readonly ActiveTarget[];
  readonly dropped: readonly DroppedTarget[];
  /** Per pool, all of them, also those that are not listed. */
  readonly droppedCounts: Readonly<Record<string, number>>;
}

export interface ActiveTarget {
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly globalUrl: string;
  /** Empty when the last scrape went well. */
  readonly lastError: string;
  /** `undefined` before the first scrape. */
  readonly lastScrapeMs: number | undefined;
  readonly lastScrapeDurationMs: number;
  readonly health: 'up' | 'down' | 'unknown';
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  /** What its pages said of their metric families. */
  metadata(): readonly MetricMetadata[];
}

export interface DroppedTarget {
  readonly discoveredLabels: Labels;
  readonly scrapePool: string;
}

/** Wires the scraper; nothing runs before `start`. */
export function createScrapeManager(deps: ScrapeDeps, options: ScrapeOptions): ScrapeManager {
  const log = deps.log.child('scrape');
  const metrics = createScrapeMetrics(deps.metrics);
  const poolDeps: ScrapePoolDeps = { ...deps, log, metrics, builders: new BatchBuilders() };
  const pools = new Map<string, ScrapePool>();
  const retired = new Set<ScrapePool>();
  let isRunning = false;
  let applied: Promise<void> = Promise.resolve();
  const poolOptions = { directory: options.directory, userAgent: `Vedette/${options.version}` };

  const adjust = async (settings: ScrapeSettings): Promise<void> => {
    const jobs = settings.scrapeConfigs.map((config) => resolveJob(settings.global, config));
    const names = new Set(jobs.map((job) => job.name));
    for (const [name, pool] of pools) {
      if (names.has(name)) continue;
      pools.delete(name);
      retired.add(pool);
      pool.retire(() => retired.delete(pool));
    }
    for (const job of jobs) {
      const known = pools.get(job.name);
      const pool = known ?? new ScrapePool(poolDeps, job, poolOptions);
      pools.set(job.name, pool);
      await pool.apply(job);
      if (known === undefined && isRunning) pool.start();
    }
  };
  return {
    apply: (settings) => {
      assertValid(settings);
      applied = applied.catch(() => undefined).then(() => adjust(settings));
      return applied;
    },
    start: () => {
      isRunning = true;
      for (const pool of pools.values()) pool.start();
    },
    stop: async () => {
      isRunning = false;
      await applied;
      await Promise.all([...pools.values(), ...retired].map((pool) => pool.stop()));
    },
    targets: () => targetPoolsOf(pools, options.externalUrl),
  };
}

function assertValid(settings: ScrapeSettings): void {
  const faults = findScrapeFaults(settings.global, settings.scrapeConfigs);
  if (faults.length === 0) return;
  const text = faults.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
  throw new InputError('VED_CONFIG_INVALID', text);
}

function targetPoolsOf(pools: ReadonlyMap<string, ScrapePool>, externalUrl: string | undefined): TargetPools {
  const all = [...pools];
  return {
    active: all.flatMap(([name, pool]) =>
      Array.from(pool.loops, (loop) => activeTargetOf(loop, { pool: name, externalUrl })),
    ),
    dropped: all.flatMap(([scrapePool, pool]) =>
      pool.droppedTargets.map((discoveredLabels) => ({ discoveredLabels, scrapePool })),
    ),
    droppedCounts: Object.fromEntries(all.map(([name, pool]) => [name, pool.droppedTargetCount])),
  };
}

function activeTargetOf(
  loop: ScrapeLoop,
  place: { pool: string; externalUrl: string | undefined },
): ActiveTarget {
  const { target } = loop.plan;
  return {
    discoveredLabels: target.discoveredLabels,
    labels: target.labels,
    scrapePool: place.pool,
    scrapeUrl: target.url,
    globalUrl: globalUrlOf(target.url, place.externalUrl),
    ...loop.status,
    scrapeIntervalMs: target.intervalMs,
    scrapeTimeoutMs: target.timeoutMs,
    metadata: () => loop.metadata(),
  };
}

const LOCAL_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A local target as people elsewhere reach it: by the host name of our own external URL. */
function globalUrlOf(scrapeUrl: string, externalUrl: string | undefined): string {
  if (externalUrl === undefined || !URL.canParse(externalUrl)) return scrapeUrl;
  const url = new URL(scrapeUrl);
  if (!LOCAL_HOSTS.has(url.hostname)) return scrapeUrl;
  url.hostname = new URL(externalUrl).hostname;
  return url.href;
}
