import type { Counter, Gauge, MetricsRegistry } from '@vedette/sdk';

/** What the scraper counts about itself. */
export interface ScrapeMetrics {
  readonly scrapes: Counter;
  /** By `reason`: target, timeout, store. */
  readonly failed: Counter;
  readonly skipped: Counter;
  readonly samples: Counter;
  /** By `reason`: the store's, duplicate, or exemplar-limit. */
  readonly refused: Counter;
  /** By `mechanism`. */
  readonly discoveryFailures: Counter;
  /** By `pool`. */
  readonly syncFailures: Counter;
  readonly targets: Gauge;
}

export function createScrapeMetrics(registry: MetricsRegistry): ScrapeMetrics {
  return {
    scrapes: registry.counter({
      name: 'vedette_scrape_scrapes_total',
      help: 'Scrapes that were stored, failed ones included.',
    }),
    failed: registry.counter({
      name: 'vedette_scrape_failures_total',
      help: 'Scrapes that failed: at the target, at its deadline, or at the store.',
      labelNames: ['reason'],
    }),
    skipped: registry.counter({
      name: 'vedette_scrape_skipped_total',
      help: 'Scrapes left out because the one before was still running, or the process was late.',
    }),
    samples: registry.counter({ name: 'vedette_scrape_samples_total', help: 'Samples stored by scrapes.' }),
    refused: registry.counter({
      name: 'vedette_scrape_samples_refused_total',
      help: 'Samples and exemplars of scrapes that were not stored.',
      labelNames: ['reason'],
    }),
    discoveryFailures: registry.counter({
      name: 'vedette_scrape_discovery_failures_total',
      help: 'Looks at files, URLs and names for targets that failed; the last good targets stay.',
      labelNames: ['mechanism'],
    }),
    syncFailures: registry.counter({
      name: 'vedette_scrape_target_failures_total',
      help: 'Discovered targets that cannot be scraped because of their labels.',
      labelNames: ['pool'],
    }),
    targets: registry.gauge({
      name: 'vedette_scrape_targets',
      help: 'Targets scraped now.',
      labelNames: ['pool'],
    }),
  };
}
