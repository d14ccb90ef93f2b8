/** This process as every application of the SDK shows itself (`process_*`, `nodejs_*`), and what it is. */
import type { Clock } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { watchRuntime, type RuntimeWatch } from '@vedette/sdk/runtime';

export type ProcessMetrics = RuntimeWatch;

/** Registers the metrics; `version` is ours. */
export function registerProcessMetrics(
  { metrics, clock }: { readonly clock: Clock; readonly metrics: MetricsRegistry },
  { version }: { readonly version: string },
): ProcessMetrics {
  const build = metrics.gauge({
    name: 'vedette_build_info',
    help: 'Version of Vedette and of its runtime; always 1.',
    labelNames: ['version', 'nodeversion'],
  });
  build.set(1, version, process.versions.node);
  return watchRuntime(metrics, { clock });
}
