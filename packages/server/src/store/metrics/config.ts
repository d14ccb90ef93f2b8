import { formatDurationMs } from '@vedette/model';
import { z } from 'zod';
import { checkHttpClient, httpClientShape } from '../../lib/http-client-config.ts';
import { byteSize, durationMs } from '../../lib/schema.ts';
import { remoteWriteConfig, type RemoteWriteConfig } from './remote-write/config.ts';

/** `storage.exemplars` of the configuration file, as in a prometheus.yml. */
export const exemplarStorageSchema = z.strictObject({
  // Upstream's default. About 300 bytes each: 30 MB when they are all there, nothing while nobody sends any.
  max_exemplars: z
    .int()
    .min(0)
    .default(100_000)
    .describe('Exemplars kept of all series together, the newest; 0 keeps none.'),
});

const RETENTION_MS_DEFAULT = 30 * 86_400_000;

// Less is a slip. 0 above all: it is "no limit" for a size, and here would remove all that is stored.
const RETENTION_MS_MIN = 3_600_000;

// The log alone takes megabytes before it becomes a block, at a quarter of this limit.
const RETENTION_SIZE_MIN = 16 * 2 ** 20;

/** The running hours are in memory, where no rule looks: two, and the time that a block takes. */
const RULE_RETENTION_MS_MIN = 3 * 3_600_000;

// Each is matched against the index of a block about as often as the cutoffs move, every ten minutes.
const RETENTION_RULES_MAX = 100;

/** `storage.metrics` without another engine: samples are kept here. */
export const embeddedStorageSchema = z.strictObject({
  engine: z
    .literal('embedded')
    // Both: `default` alone is no key that a union can be told apart by when it is absent.
    .optional()
    .default('embedded')
    .describe(
      'Where samples are kept. `embedded`: in files below the data directory, no other program needed.',
    ),
  // 30 days at 1.3 bytes a sample: 1,000 series at 15 s take 225 MB.
  retention: durationMs
    .refine((ms) => ms >= RETENTION_MS_MIN, 'must be at least 1h; whoever wants no limit says 100y')
    .default(RETENTION_MS_DEFAULT)
    .describe('How long samples are kept, such as 30d. Older ones are removed, and refused when they come.'),
  // As in Prometheus: whoever says nothing has the space; the floor of free space holds.
  retention_size: byteSize
    .refine((bytes) => bytes === 0 || bytes >= RETENTION_SIZE_MIN, 'must be 0 or at least 16MB')
    .default(0)
    .describe(
      'How much log and blocks may take together, such as 10GB: beyond it the oldest blocks go. 0: as much as the disk has. Whichever comes first, this or retention.',
    ),
  retention_rules: z
    .array(
      z.strictObject({
        match: z.string().min(1).describe('A selector of series, such as {job="debug"}.'),
        retention: durationMs
          .refine((ms) => ms >= RULE_RETENTION_MS_MIN, 'must be at least 3h')
          .describe('How long their samples are kept; not longer than retention.'),
      }),
    )
    .max(RETENTION_RULES_MAX)
    .default([])
    .describe(
      'Shorter times for some series. The first rule that matches a series counts; a series that none matches is kept as long as retention says.',
    ),
  // Off, since it takes more disk than the samples of a month: a series of counters or gauges is 0.6 to 1.3 MB a year in
  // buckets of five minutes and 0.06 to 0.11 MB in those of an hour, and 3 to 5 MB as it came at 15 s (tsdb/tier/tier.bench.ts).
  downsampling: z
    .strictObject({
      // Two quarters, to compare this one with the last.
      retention_5m: durationMs
        .default(180 * 86_400_000)
        .describe('How long one bucket per series and five minutes is kept; at least as long as retention.'),
      // Two years, to compare a season with the same one a year ago.
      retention_1h: durationMs
        .default(2 * 365 * 86_400_000)
        .describe('How long one bucket per series and hour is kept; at least as long as retention_5m.'),
    })
    .optional()
    .describe(
      'With it, even as {}, older times are answered after retention from what is kept of the samples: count, sum, min, max, first, last and resets of each five minutes, then of each hour. Series that a rule of retention_rules names are left out.',
    ),
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
  // A quarter of series_max: four jobs must go wrong at once before the others feel it. 2,000 pods of 125 series each.
  series_max_per_job: z
    .int()
    .min(0)
    .default(250_000)
    .describe(
      'Active series at one time with the same label `job`, by whichever way they come. Beyond it new ones are refused; 0: only series_max counts.',
    ),
  series_max_by_job: z
    .record(z.string().min(1), z.int().min(0))
    .default({})
    .describe('Limits of single jobs in place of series_max_per_job, such as { kubelet: 500000 }.'),
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

/** `storage.metrics` with `engine: prometheus`: samples are kept by another server, and asked for there. */
const prometheusStorageSchema = z
  .strictObject({
    engine: z
      .literal('prometheus')
      .describe(
        'Samples are kept by a server with the HTTP API of Prometheus: Prometheus, Mimir, VictoriaMetrics.',
      ),
    url: z
      .url({
        protocol: /^https?$/,
        error: ({ code }) => (code === 'invalid_format' ? 'must be an http or https URL' : undefined),
      })
      // By its characters: a parsed URL does not tell of an empty ? or #, and paths are put behind it.
      .refine((text) => !/[?#]/.test(text), {
        error: 'must have no ? and no #',
      })
      .describe(
        'Its address, such as http://127.0.0.1:9090, with the path before /api/v1 if there is one, such as http://mimir/prometheus.',
      ),
    rules: z
      .enum(['here', 'there'])
      .default('here')
      .describe(
        'Who evaluates rules. `here`: this server, its results are written there. `there`: the other server its own; they are shown here, and its alerts are routed here.',
      ),
    remote_write: z
      .strictObject({
        ...remoteWriteConfig.shape,
        url: remoteWriteConfig.shape.url
          .optional()
          .describe('Where samples are written to; by default url with /api/v1/write.'),
      })
      .check(checkHttpClient)
      .optional()
      .describe(
        'How samples are written there, as an entry of remote_write. Without a url of its own the keys of the HTTP client are taken from here.',
      ),
    ...httpClientShape,
  })
  .check(checkHttpClient);

/** `storage.metrics` of the configuration file. */
export const metricsStorageSchema = z.discriminatedUnion(
  'engine',
  [embeddedStorageSchema, prometheusStorageSchema],
  {
    error: ({ code }) => (code === 'invalid_union' ? 'must be one of "embedded", "prometheus"' : undefined),
  },
);

export type PrometheusStorageConfig = z.output<typeof prometheusStorageSchema>;
export type EmbeddedStorageConfig = z.output<typeof embeddedStorageSchema>;

/** The sender's settings for an engine elsewhere. */
export function remoteWriteOf(config: PrometheusStorageConfig): RemoteWriteConfig {
  const { remote_write: own, engine: _engine, rules: _rules, url: engineUrl, ...client } = config;
  if (own?.url !== undefined) return { ...own, url: own.url };
  const address = new URL(engineUrl);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/api/v1/write`;
  const url = address.href;
  return { ...(own ?? remoteWriteConfig.parse({ url, name: 'engine' })), ...client, url };
}

/** Prometheus' `storage.tsdb.retention`. */
export const tsdbRetentionSchema = z.strictObject({
  time: durationMs
    .optional()
    .describe(
      'What storage.metrics.retention means, under the name that Prometheus has for it. 0s, or left out beside a size: no limit of time.',
    ),
  size: byteSize
    .optional()
    .describe('What storage.metrics.retention_size means, under the name that Prometheus has for it.'),
  percentage: z
    .custom<undefined>(
      (value) => value === undefined || value === 0,
      'percentage is not supported; say a size in storage.tsdb.retention.size',
    )
    .optional()
    .describe('Not supported; size says it in bytes.'),
});

interface RetentionConfig {
  readonly metrics: EmbeddedStorageConfig;
  readonly tsdb?: { readonly retention?: z.output<typeof tsdbRetentionSchema> | undefined } | undefined;
}

/** Longer than any disk lasts: a hundred years stand for no limit of time. */
export const UNLIMITED_MS = 36_500 * 86_400_000;

/** How long and how much is kept, by our own keys or by those of Prometheus; a size of 0 is no limit. */
export function retentionOf({ metrics, tsdb }: RetentionConfig): {
  readonly retentionMs: number;
  readonly retentionBytes: number;
} {
  const { time, size } = tsdb?.retention ?? {};
  const hasSize = size !== undefined && size > 0;
  const isUnlimited = hasSize ? (time ?? 0) === 0 : false;
  // Zeros alone are Prometheus' way to say: the default.
  const timeMs = time === 0 ? undefined : time;
  return {
    retentionMs: isUnlimited ? UNLIMITED_MS : (timeMs ?? metrics.retention),
    retentionBytes: hasSize ? size : metrics.retention_size,
  };
}

/** What contradicts itself between our keys and those of Prometheus, and between rules and the general time. */
export function findRetentionFaults(
  config: RetentionConfig,
): { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const { metrics, tsdb } = config;
  const faults: { path: (string | number)[]; message: string }[] = [];
  const { retentionMs } = retentionOf(config);
  const { time, size } = tsdb?.retention ?? {};
  if (time !== undefined && metrics.retention !== RETENTION_MS_DEFAULT && metrics.retention !== time)
    faults.push({
      path: ['tsdb', 'retention', 'time'],
      message: 'says another time than storage.metrics.retention; leave one of them out',
    });
  if (time !== undefined && time > 0 && time < RETENTION_MS_MIN)
    faults.push({ path: ['tsdb', 'retention', 'time'], message: 'must be 0 or at least 1h' });
  if (size !== undefined && metrics.retention_size !== 0 && metrics.retention_size !== size)
    faults.push({
      path: ['tsdb', 'retention', 'size'],
      message: 'says another size than storage.metrics.retention_size; leave one of them out',
    });
  if (size !== undefined && size > 0 && size < RETENTION_SIZE_MIN)
    faults.push({ path: ['tsdb', 'retention', 'size'], message: 'must be 0 or at least 16MB' });
  faults.push(...findDownsamplingFaults(metrics, retentionMs));
  for (const [i, rule] of metrics.retention_rules.entries())
    if (rule.retention > retentionMs)
      faults.push({
        path: ['metrics', 'retention_rules', i, 'retention'],
        message: `must not be longer than the retention of all, ${formatDurationMs(retentionMs)}: raise storage.metrics.retention, and let a last rule {__name__=~".+"} shorten the others`,
      });
  return faults;
}

/** What is coarser is kept longer: answers of a time come from one resolution. Without a limit of time the size decides. */
function findDownsamplingFaults(
  { downsampling }: EmbeddedStorageConfig,
  retentionMs: number,
): { readonly path: string[]; readonly message: string }[] {
  if (downsampling === undefined) return [];
  const { retention_5m, retention_1h } = downsampling;
  const path = ['metrics', 'downsampling'];
  const faults: { path: string[]; message: string }[] = [];
  if (retention_5m < retentionMs && retentionMs !== UNLIMITED_MS)
    faults.push({
      path: [...path, 'retention_5m'],
      message: `must not be shorter than the retention of samples, ${formatDurationMs(retentionMs)}`,
    });
  if (retention_1h < retention_5m)
    faults.push({
      path: [...path, 'retention_1h'],
      message: `must not be shorter than retention_5m, ${formatDurationMs(retention_5m)}`,
    });
  return faults;
}

/** How far back late samples are taken, in milliseconds, by our own key or by that of Prometheus; 0: not at all. */
export function outOfOrderWindowMsOf(storage: {
  readonly metrics: EmbeddedStorageConfig;
  readonly tsdb?: { readonly out_of_order_time_window?: number | undefined } | undefined;
}): number {
  return storage.tsdb?.out_of_order_time_window ?? storage.metrics.out_of_order_window;
}
