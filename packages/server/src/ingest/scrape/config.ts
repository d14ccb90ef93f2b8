import { z } from 'zod';
import { discoveryShape } from '../../lib/discovery-config.ts';
import { relabelConfig } from '../../lib/relabel-config.ts';
import { byteSize, durationMs, plainText, unsupported, unsupportedOf } from '../../lib/schema.ts';
import {
  checkHttpClient,
  httpClientShape,
  UNSUPPORTED_HTTP_CLIENT_KEYS,
} from '../../lib/http-client-config.ts';

/**
 * Prometheus' `scrape_configs`, and what of its `global` concerns scraping. A file for Prometheus 3
 * loads unchanged; what it may say there and we cannot do yet is an error that names the key.
 *
 * Where Prometheus has no limit by default, we have a high one: a target gone mad must not take the
 * process with it. 0 means that default; any other number is taken as given.
 */
export const SCRAPE_DEFAULTS = {
  /** 4 samples a minute: what dashboards with 1 m rate windows need. */
  intervalMs: 15_000,
  timeoutMs: 10_000,
  /** 64 MiB: 600,000 samples of 110 bytes; the largest page met in the field (kube-state-metrics) has about 40 MB. */
  bodyBytesMax: 64 * 1024 * 1024,
  /** A million series from one target is more than the whole store of a small machine. */
  sampleCountMax: 1_000_000,
  /** Kubernetes pods may carry some 60 labels; twice that. */
  labelCountMax: 128,
  /** Names are identifiers: nobody writes longer ones, programs gone mad do. */
  nameBytesMax: 1024,
  /** Stack traces and SQL texts as labels end here; 128 such labels still fit into one line (1 MiB) only if most are short. */
  valueBytesMax: 16 * 1024,
  /** Per job. With 15 s that is 667 scrapes a second, beyond what one process does. */
  targetCountMax: 10_000,
  /** Per job, shown in the list of targets; the rest is counted. */
  droppedTargetsMax: 1000,
  /** Clients stop at 160 buckets by default; at the finest schema 10,000 span 39 powers of two, and take 80 kB. */
  histogramBucketCountMax: 10_000,
} as const;

const positiveDurationMs = durationMs.refine((ms) => ms > 0, 'must be longer than 0');

const limit = z.int().min(0);

/** What can be asked for in `scrape_protocols`, with the header Prometheus sends for it. */
export const SCRAPE_PROTOCOLS = {
  PrometheusProto:
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
} as const;

const scrapeProtocol = z.enum(Object.keys(SCRAPE_PROTOCOLS) as (keyof typeof SCRAPE_PROTOCOLS)[], {
  error: (issue) =>
    `must be one of ${Object.keys(SCRAPE_PROTOCOLS).join(', ')}; got ${JSON.stringify(issue.input)}`,
});

const scrapeProtocols = z
  .array(scrapeProtocol)
  .min(1)
  .refine((protocols) => new Set(protocols).size === protocols.length, 'must not name a protocol twice');

/** Keys that stand in `global` and in each scrape configuration, where they win. */
const sharedShape = {
  scrape_protocols: scrapeProtocols.optional().describe('Formats asked for, the preferred one first.'),
  body_size_limit: byteSize.optional().describe('Largest uncompressed page; 0 is 64MiB.'),
  sample_limit: limit.optional().describe('Most samples per scrape after relabelling; 0 is 1,000,000.'),
  label_limit: limit.optional().describe('Most labels per sample; 0 is 128.'),
  label_name_length_limit: limit.optional().describe('Longest label name in bytes; 0 is 1,024.'),
  label_value_length_limit: limit.optional().describe('Longest label value in bytes; 0 is 16,384.'),
  target_limit: limit.optional().describe('Most targets per job after relabelling; 0 is 10,000.'),
  keep_dropped_targets: limit.optional().describe('Dropped targets kept for display; 0 is 1,000.'),
  metric_name_validation_scheme: z.enum(['utf8', 'legacy']).optional().describe('Which names are valid.'),
  metric_name_escaping_scheme: z
    .enum(['allow-utf-8', 'underscores', 'dots', 'values'])
    .optional()
    .describe('How targets are asked to write names.'),
  extra_scrape_metrics: z.boolean().optional().describe('Report limits and body size as series, too.'),
  scrape_native_histograms: z
    .boolean()
    .optional()
    .describe('Native histograms are asked for (by protobuf) and taken in place of their classic series.'),
  always_scrape_classic_histograms: z
    .boolean()
    .optional()
    .describe('Classic series are kept beside native and converted histograms.'),
  convert_classic_histograms_to_nhcb: z
    .boolean()
    .optional()
    .describe('Classic histograms become native ones with custom buckets.'),
  native_histogram_bucket_limit: limit
    .optional()
    .describe('Most buckets of a native histogram; the resolution is reduced until it fits; 0 is 10,000.'),
  native_histogram_min_bucket_factor: z
    .number()
    .min(0)
    .optional()
    .describe('Least growth from one bucket to the next; finer ones are joined.'),
  scrape_failure_log_file: unsupported('scrape_failure_log_file'),
};

/** Keys of `global` that concern scraping; spread into its schema. */
export const globalScrapeShape = {
  scrape_interval: positiveDurationMs
    .default(SCRAPE_DEFAULTS.intervalMs)
    .describe('Time between two scrapes.'),
  scrape_timeout: positiveDurationMs
    .optional()
    .describe('Longest scrape; default 10s, or the interval if shorter.'),
  ...sharedShape,
};

const scrapeConfig = z
  .strictObject({
    job_name: z.string().min(1).describe('Value of the job label, unique.'),
    scrape_interval: positiveDurationMs.optional().describe('Time between two scrapes.'),
    scrape_timeout: positiveDurationMs.optional().describe('Longest scrape.'),
    metrics_path: z.string().default('/metrics').describe('Path of the page.'),
    scheme: z.enum(['http', 'https']).default('http').describe('Protocol.'),
    params: z.record(z.string(), z.array(plainText)).default({}).describe('Query parameters.'),
    honor_labels: z.boolean().default(false).describe("The page's labels win over the target's."),
    honor_timestamps: z.boolean().default(true).describe("The page's timestamps count."),
    track_timestamps_staleness: z
      .boolean()
      .default(false)
      .describe('Staleness markers for series with timestamps, too.'),
    enable_compression: z.boolean().default(true).describe('Ask for gzip.'),
    fallback_scrape_protocol: scrapeProtocol
      .optional()
      .describe('Format of pages without a valid Content-Type.'),
    ...discoveryShape,
    relabel_configs: z.array(relabelConfig).default([]).describe('Rules over the labels of targets.'),
    metric_relabel_configs: z.array(relabelConfig).default([]).describe('Rules over the labels of samples.'),
    ...sharedShape,
    ...httpClientShape,
    ...unsupportedOf(UNSUPPORTED_HTTP_CLIENT_KEYS),
  })
  .check(checkHttpClient);

/** The list `scrape_configs`. */
export const scrapeConfigs = z.array(scrapeConfig).check((context) => {
  const seen = new Set<string>();
  for (const [i, config] of context.value.entries()) {
    if (seen.has(config.job_name))
      context.issues.push({
        code: 'custom',
        input: config.job_name,
        path: [i, 'job_name'],
        message: `job name ${JSON.stringify(config.job_name)} stands twice; it must be unique`,
      });
    seen.add(config.job_name);
  }
});

const globalScrape = z.object(globalScrapeShape);

export type GlobalScrapeConfig = z.output<typeof globalScrape>;

export type ScrapeConfig = z.output<typeof scrapeConfig>;

/** Faults between `global` and the scrape configurations, to be reported with the file's own. */
export function findScrapeFaults(
  global: GlobalScrapeConfig,
  configs: readonly ScrapeConfig[],
): readonly { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const faults = [];
  if ((global.scrape_timeout ?? 0) > global.scrape_interval)
    faults.push({
      path: ['global', 'scrape_timeout'],
      message: `must not be longer than scrape_interval; got ${global.scrape_timeout} ms, want at most ${global.scrape_interval} ms`,
    });
  for (const [i, config] of configs.entries()) {
    const intervalMs = config.scrape_interval ?? global.scrape_interval;
    if ((config.scrape_timeout ?? 0) > intervalMs)
      faults.push({
        path: ['scrape_configs', i, 'scrape_timeout'],
        message: `must not be longer than the scrape interval of job ${JSON.stringify(config.job_name)}; got ${config.scrape_timeout} ms, want at most ${intervalMs} ms`,
      });
  }
  return faults;
}
