import { PROMQL_FEATURES } from '@vedette/promql';
import { z } from 'zod';
import { byteSize, durationMs } from '../../lib/schema.ts';

/** Limits of PromQL queries; the key `query` of the configuration file. Names are those of Prometheus' flags. */
export const queryConfigSchema = z.strictObject({
  // 16 bytes a sample: 50 million are 800 MB, more than the machines of DESIGN §1 should give one query.
  max_samples: z
    .int()
    .min(1)
    .default(50_000_000)
    .describe('Samples one query may hold in memory at one time; beyond that it is refused.'),
  timeout: durationMs.default(120_000).describe('A query that takes longer is stopped.'),
  // A dashboard of 20 panels asks at once; more would only share the same core.
  max_concurrency: z.int().min(1).default(20).describe('Queries that run at the same time.'),
  // Ten dashboards that reload together; what waits costs a closure, not samples. Rules wait apart.
  max_queued: z
    .int()
    .min(0)
    .default(200)
    .describe('Queries that may wait for their turn; beyond that they are refused.'),
  // Half of the queue: five dashboards of one user, and room for everybody else.
  max_queued_per_source: z
    .int()
    .min(0)
    .default(100)
    .describe(
      'Queries of one client that may wait; sources take turns, so that its queue delays nobody else.',
    ),
  // At 8 bytes a point: a day at one-minute steps of 1,400 series, which is 20 panels of 70 lines.
  cache_bytes_max: byteSize
    .default(16 * 2 ** 20)
    .describe(
      'Memory for answers of range queries, so that a dashboard that refreshes evaluates new steps only. The newest five minutes are never kept. 0 keeps none.',
    ),
  // Longer than anybody waits for a page, and well below the timeout.
  log_queries_longer_than: durationMs
    .default(10_000)
    .describe('Queries that take longer, waiting included, are logged and listed; 0s logs none.'),
  lookback_delta: durationMs
    .default(300_000)
    .describe('How far back an instant selector looks for the newest sample.'),
  delayed_name_removal: z
    .boolean()
    .default(false)
    .describe('Remove metric names at the end of a query instead of at each function.'),
  features: z
    .array(z.enum(PROMQL_FEATURES))
    .default([])
    .describe(
      "Experimental parts of PromQL to switch on, by the names of Prometheus' --enable-feature: queries, rules and their checks may then use them.",
    ),
});

export type QueryConfig = z.output<typeof queryConfigSchema>;
