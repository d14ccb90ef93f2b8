import { z } from 'zod';
import {
  alertmanagerConfig,
  DEFAULT_ALERTMANAGER,
  type AlertmanagerSchemaOptions,
} from '../alert/config/config.ts';
import { alertingConfig } from '../alert/forward/config.ts';
import { alertIntakeConfig } from '../alert/intake/config.ts';
import { packsConfigSchema, uiConfigSchema } from '../content/config.ts';
import { containersConfig } from '../ingest/containers/config.ts';
import { hostConfig } from '../ingest/host/config.ts';
import { otlpConfig } from '../ingest/otlp/config.ts';
import { globalScrapeShape, scrapeConfigs } from '../ingest/scrape/config.ts';
import { guardConfig } from './guard-config.ts';
import { durationMs, labelRecord } from '../lib/schema.ts';
import { queryConfigSchema } from '../query/metrics/config.ts';
import {
  exemplarStorageSchema,
  findRetentionFaults,
  metricsStorageSchema,
  tsdbRetentionSchema,
} from '../store/metrics/config.ts';
import { redisStateConfig } from '../store/state/config.ts';
import { agentConfig } from '../respond/agent/config.ts';
import { remoteWriteConfigs } from '../store/metrics/remote-write/config.ts';
import { serverSchema } from '../serve/config.ts';
import { mcpConfig } from '../serve/mcp/config.ts';

/** Valid in a file for Prometheus, but beyond us for now: an error that names it and says what to do. */
function notYet(key: string, remedy: string): z.ZodOptional<z.ZodType<undefined>> {
  return z
    .custom<undefined>((value) => value === undefined, `${key} is not supported yet; ${remedy}`)
    .optional();
}

/** Prometheus' `global`, as far as it concerns scraping and rules. */
const globalConfig = z
  .strictObject({
    ...globalScrapeShape,
    // 15 s like scraping: a rule sees each sample once.
    evaluation_interval: durationMs
      .refine((ms) => ms > 0, 'must be longer than 0')
      .prefault('15s')
      .describe('Time between two evaluations of a rule group.'),
    rule_query_offset: durationMs.prefault('0s').describe('How far in the past rules are evaluated.'),
    external_labels: labelRecord
      .default({})
      .describe('Labels that every alert and every sample gets when it leaves.'),
    query_log_file: notYet('query_log_file', 'leave it out'),
    scrape_failure_log_file: notYet('scrape_failure_log_file', 'leave it out'),
  })
  .prefault({});

/** Prometheus' `storage.tsdb`. */
const tsdbStorageConfig = z.strictObject({
  out_of_order_time_window: durationMs
    .optional()
    .describe('What storage.metrics.out_of_order_window means, under the name that Prometheus has for it.'),
  retention: tsdbRetentionSchema
    .optional()
    .describe('How long and how much is kept, as in a prometheus.yml.'),
  stale_series_compaction_threshold: notYet(
    'stale_series_compaction_threshold',
    'leave it out: stale series leave memory early by themselves',
  ),
});

const storageConfig = z
  .strictObject({
    metrics: metricsStorageSchema.prefault({}).describe('Where samples are kept, and how long.'),
    tsdb: tsdbStorageConfig.optional().describe("Prometheus' own keys of the storage."),
    state: redisStateConfig
      .prefault({ engine: 'embedded' })
      .describe('Where state is kept that must survive.'),
    exemplars: exemplarStorageSchema.prefault({}).describe('Exemplars: what leads from a series to a trace.'),
  })
  .check(({ value, issues }) => {
    if (value.metrics.engine === 'prometheus') {
      for (const key of ['out_of_order_time_window', 'retention'] as const)
        if (value.tsdb?.[key] !== undefined)
          issues.push({
            code: 'custom',
            input: value.tsdb[key],
            path: ['tsdb', key],
            message: 'is for samples that are kept here; with storage.metrics.engine prometheus set it there',
          });
      return;
    }
    for (const { path, message } of findRetentionFaults({ metrics: value.metrics, tsdb: value.tsdb }))
      issues.push({ code: 'custom', input: undefined, path: [...path], message });
    const ours = value.metrics.out_of_order_window;
    const theirs = value.tsdb?.out_of_order_time_window ?? ours;
    if (ours === 0 || ours === theirs) return;
    issues.push({
      code: 'custom',
      input: theirs,
      path: ['tsdb', 'out_of_order_time_window'],
      message: 'says another time than storage.metrics.out_of_order_window; leave one of them out',
    });
  })
  .prefault({});

/**
 * The whole file, everything optional: one object from each area's `config.ts`. Keys of a
 * prometheus.yml mean what they mean there.
 */
export function configSchemaFor(alertmanager: AlertmanagerSchemaOptions) {
  return z.strictObject({
    server: serverSchema.describe('Where and how this server listens.'),
    global: globalConfig.describe('Defaults of all scrape jobs and rules.'),
    scrape_configs: scrapeConfigs.default([]).describe('Scrape jobs: what is watched over HTTP.'),
    rule_files: z
      .array(z.string().min(1))
      .default([])
      .describe('Files with rule groups; relative to this file, * in the last part.'),
    storage: storageConfig.describe('How samples are kept.'),
    query: queryConfigSchema.prefault({}).describe('Limits of PromQL queries.'),
    host: hostConfig.describe('How this machine is watched.'),
    containers: containersConfig.describe('How the containers of this machine are watched.'),
    packs: packsConfigSchema.describe('Which of the shipped rules are on.'),
    ui: uiConfigSchema.describe('What the pages show.'),
    alertmanager: alertmanagerConfig(alertmanager)
      .prefault(DEFAULT_ALERTMANAGER)
      .describe('Our own routing of alerts, inline; or the name of an alertmanager.yml that holds it.'),
    guard: guardConfig
      .optional()
      .describe(
        'Who does too much, and what follows. Without this key the guard records and refuses nobody.',
      ),
    mcp: mcpConfig.describe('The Model Context Protocol: what assistants may ask, at /mcp.'),
    agent: agentConfig.describe('The monitor agent: what it knows when it looks at an alert.'),
    alert_intake: alertIntakeConfig.describe('Alerts that other programs announce by webhook.'),
    alerting: alertingConfig.describe(
      'Alertmanagers to which the alerts of rules are sent on, as Prometheus does; beside what alertmanager routes here.',
    ),
    remote_write: remoteWriteConfigs.default([]).describe('Servers to which every stored sample is sent on.'),
    remote_read: notYet('remote_read', 'leave it out'),
    scrape_config_files: notYet('scrape_config_files', 'write the jobs under scrape_configs'),
    otlp: otlpConfig.describe('How metrics of OpenTelemetry become series.'),
    tracing: notYet('tracing', 'leave it out'),
    runtime: notYet('runtime', 'leave it out'),
  });
}

/** With `alertmanager:` inline: what documents and editors show. */
export const configSchema = configSchemaFor({ extensions: true, directory: '' });

/** A checked configuration. */
export type Config = z.output<typeof configSchema>;
