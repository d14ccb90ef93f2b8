import type { MetricsRegistry } from '@vedette/sdk';

/** Counts what `POST /api/v2/alerts` could not take. */
export function createInvalidCounter(registry: MetricsRegistry): (count: number) => void {
  const invalid = registry.counter({
    name: 'vedette_alerts_invalid_total',
    help: 'Alerts of a post that could not be taken.',
  });
  return (count) => invalid.inc(count);
}
