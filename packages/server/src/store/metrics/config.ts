import { z } from 'zod';
import { byteSize, durationMs } from '../../lib/schema.ts';

/** `storage.exemplars` of the configuration file, as in a prometheus.yml. */
export const exemplarStorageSchema = z.strictObject({
  // Upstream's default. About 300 bytes each: 30 MB when they are all there, nothing while nobody sends any.
  max_exemplars: z
    .int()
    .min(0)
    .default(100_000)
    .describe('Exemplars kept of all series together, the newest; 0 keeps none.'),
});

/** `storage.metrics` of the configuration file. */
export const metricsStorageSchema = z.strictObject({
  engine: z
    .literal('embedded')
    .default('embedded')
    .describe(
      'Where samples are kept. `embedded`: in files below the data directory, no other program needed.',
    ),
  // 30 days at 1.3 bytes a sample: 1,000 series at 15 s take 225 MB.
  retention: durationMs
    .default(30 * 86_400_000)
    .describe('How long samples are kept, such as 30d. Older ones are removed, and refused when they come.'),
  // Off as in Prometheus: a sample that comes late is usually a second source of the same series.
  out_of_order_window: durationMs
    .default(0)
    .describe(
      'How far back from the newest sample of the store a sample may lie that is older than the newest of its series, such as 30m. 0s refuses all of them.',
    ),
  // One million series take about 1 GB at rest; whoever has more wants several machines anyway.
  series_max: z
    .int()
    .min(1)
    .default(1_000_000)
    .describe('Active series at one time. Beyond it new series are refused; known ones go on.'),
  // 256 MiB hold 130 million samples at 2 bytes: 270,000 series for two hours at 15 s.
  head_bytes_max: byteSize
    .default(256 * 2 ** 20)
    .describe('Memory for the samples of the running hours. Beyond it they are written to a block early.'),
  // 32 MiB decompressed are about 30 million samples: what a dashboard of a day over 5,000 series looks at.
  cache_bytes_max: byteSize
    .default(32 * 2 ** 20)
    .describe('Memory for blocks read lately, and the same again for their indexes.'),
  // Off, as the feature `created-timestamp-zero-ingestion` of Prometheus: each restart of a target adds a sample per series.
  created_zero_samples: z
    .boolean()
    .default(false)
    .describe(
      'Whether a counter whose source tells when it began gets a sample of 0 there, so that `increase` counts from it.',
    ),
});

/** How far back late samples are taken, in milliseconds, by our own key or by that of Prometheus; 0: not at all. */
export function outOfOrderWindowMsOf(storage: {
  readonly metrics: z.output<typeof metricsStorageSchema>;
  readonly tsdb?: { readonly out_of_order_time_window?: number | undefined } | undefined;
}): number {
  return storage.tsdb?.out_of_order_time_window ?? storage.metrics.out_of_order_window;
}
