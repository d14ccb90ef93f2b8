import type { RelabelRule } from '@vedette/model';
import { SCRAPE_DEFAULTS, SCRAPE_PROTOCOLS, type GlobalScrapeConfig, type ScrapeConfig } from './config.ts';
import { discoveriesOf, type DiscoveryPlan } from './discovery/create-discovery.ts';
import type { PageFormat } from './content-type.ts';
import { schemaOfFactor, type HistogramRules } from './histogram-rules.ts';
import type { TargetGroup } from '../../lib/discovery-config.ts';
import type { HttpClientConfig } from '../../lib/http-client-config.ts';
import type { LabelLimits } from './sample-labels.ts';

/** One scrape configuration with every default filled in. */
export interface ScrapeJob {
  readonly name: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly scheme: string;
  readonly metricsPath: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly hasExtraMetrics: boolean;
  readonly isLegacyNames: boolean;
  readonly acceptHeader: string;
  readonly isCompressionEnabled: boolean;
  readonly fallbackFormat: PageFormat | undefined;
  readonly http: HttpClientConfig;
  readonly staticGroups: readonly TargetGroup[];
  readonly discoveries: readonly DiscoveryPlan[];
  readonly relabelRules: readonly RelabelRule[];
  readonly metricRelabelRules: readonly RelabelRule[];
  readonly limits: ScrapeLimits;
  readonly histograms: HistogramRules;
}

interface ScrapeLimits {
  readonly bodyBytesMax: number;
  readonly sampleCountMax: number;
  /** As the file says it, 0 where it says nothing: what `scrape_sample_limit` reports. */
  readonly sampleLimitConfigured: number;
  readonly labels: LabelLimits;
  readonly targetCountMax: number;
  readonly droppedTargetsMax: number;
}

/** Fills in what a job leaves out: first from `global`, then Prometheus' defaults and our limits. */
export function resolveJob(global: GlobalScrapeConfig, config: ScrapeConfig): ScrapeJob {
  const intervalMs = config.scrape_interval ?? global.scrape_interval;
  const globalTimeoutMs =
    global.scrape_timeout ?? Math.min(SCRAPE_DEFAULTS.timeoutMs, global.scrape_interval);
  const isLegacyNames =
    (config.metric_name_validation_scheme ?? global.metric_name_validation_scheme) === 'legacy';
  return {
    name: config.job_name,
    intervalMs,
    timeoutMs: config.scrape_timeout ?? Math.min(globalTimeoutMs, intervalMs),
    scheme: config.scheme,
    metricsPath: config.metrics_path,
    params: config.params,
    honorLabels: config.honor_labels,
    honorTimestamps: config.honor_timestamps,
    trackTimestampsStaleness: config.track_timestamps_staleness,
    hasExtraMetrics: config.extra_scrape_metrics ?? global.extra_scrape_metrics ?? false,
    isLegacyNames,
    acceptHeader: acceptHeaderOf(global, config, isLegacyNames),
    isCompressionEnabled: config.enable_compression,
    fallbackFormat: config.fallback_scrape_protocol && formatOfProtocol(config.fallback_scrape_protocol),
    http: config,
    staticGroups: config.static_configs,
    discoveries: discoveriesOf(config),
    relabelRules: config.relabel_configs,
    metricRelabelRules: config.metric_relabel_configs,
    limits: resolveLimits(global, config),
    histograms: resolveHistograms(global, config),
  };
}

/** What decides how a line of a page becomes a series; when two jobs differ in it, remembered lines are worthless. */
export function sampleFingerprintOf(job: ScrapeJob): string {
  const rules = job.metricRelabelRules.map((rule) => [
    rule.action,
    rule.sourceLabels,
    rule.separator,
    rule.modulus,
    rule.matcher.value,
    rule.targetTemplate,
    rule.replacementTemplate,
  ]);
  return JSON.stringify([job.honorLabels, job.isLegacyNames, job.limits.labels, job.histograms, rules]);
}

function resolveLimits(global: GlobalScrapeConfig, config: ScrapeConfig): ScrapeLimits {
  const pick = (
    key:
      | 'body_size_limit'
      | 'sample_limit'
      | 'label_limit'
      | 'label_name_length_limit'
      | 'label_value_length_limit'
      | 'target_limit'
      | 'keep_dropped_targets',
  ): number => config[key] ?? global[key] ?? 0;
  return {
    bodyBytesMax: pick('body_size_limit') || SCRAPE_DEFAULTS.bodyBytesMax,
    sampleCountMax: pick('sample_limit') || SCRAPE_DEFAULTS.sampleCountMax,
    sampleLimitConfigured: pick('sample_limit'),
    labels: {
      labelCountMax: pick('label_limit') || SCRAPE_DEFAULTS.labelCountMax,
      nameBytesMax: pick('label_name_length_limit') || SCRAPE_DEFAULTS.nameBytesMax,
      valueBytesMax: pick('label_value_length_limit') || SCRAPE_DEFAULTS.valueBytesMax,
    },
    targetCountMax: pick('target_limit') || SCRAPE_DEFAULTS.targetCountMax,
    droppedTargetsMax: pick('keep_dropped_targets') || SCRAPE_DEFAULTS.droppedTargetsMax,
  };
}

function resolveHistograms(global: GlobalScrapeConfig, config: ScrapeConfig): HistogramRules {
  const pick = (
    key:
      | 'scrape_native_histograms'
      | 'always_scrape_classic_histograms'
      | 'convert_classic_histograms_to_nhcb',
  ): boolean => config[key] ?? global[key] ?? false;
  const bucketLimit = config.native_histogram_bucket_limit ?? global.native_histogram_bucket_limit ?? 0;
  return {
    isNativeScraped: pick('scrape_native_histograms'),
    isClassicAlwaysKept: pick('always_scrape_classic_histograms'),
    isClassicConverted: pick('convert_classic_histograms_to_nhcb'),
    bucketCountMax: bucketLimit || SCRAPE_DEFAULTS.histogramBucketCountMax,
    schemaMax: schemaOfFactor(
      config.native_histogram_min_bucket_factor ?? global.native_histogram_min_bucket_factor ?? 0,
    ),
  };
}

type Protocol = keyof typeof SCRAPE_PROTOCOLS;

/** Native histograms come by protobuf only: it is asked for first where they are wanted, and else not at all. */
const NATIVE_PROTOCOLS = Object.keys(SCRAPE_PROTOCOLS) as Protocol[];
const DEFAULT_PROTOCOLS = NATIVE_PROTOCOLS.filter((protocol) => protocol !== 'PrometheusProto');

/** Weights as Prometheus gives them: 0.6 for the first of its five known protocols, then down; anything else last. */
const WEIGHT_FIRST = 6;

function acceptHeaderOf(global: GlobalScrapeConfig, config: ScrapeConfig, isLegacyNames: boolean): string {
  const isNative = config.scrape_native_histograms ?? global.scrape_native_histograms ?? false;
  const protocols =
    config.scrape_protocols ?? global.scrape_protocols ?? (isNative ? NATIVE_PROTOCOLS : DEFAULT_PROTOCOLS);
  const escaping =
    config.metric_name_escaping_scheme ??
    global.metric_name_escaping_scheme ??
    (isLegacyNames ? 'underscores' : 'allow-utf-8');
  const wanted = protocols.map((protocol, i) => {
    const isEscapable = protocol.endsWith('Text1.0.0');
    return `${SCRAPE_PROTOCOLS[protocol]}${isEscapable ? `;escaping=${escaping}` : ''};q=0.${WEIGHT_FIRST - i}`;
  });
  return [...wanted, `*/*;q=0.${WEIGHT_FIRST - protocols.length}`].join(',');
}

function formatOfProtocol(protocol: Protocol): PageFormat {
  if (protocol === 'PrometheusProto') return 'protobuf';
  return protocol.startsWith('OpenMetrics') ? 'openmetrics' : 'text';
}
