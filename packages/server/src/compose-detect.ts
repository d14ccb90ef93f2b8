/** Rules and alerting: loaded from the configuration, put to work, replaced at a reload. */
import { labelsOf, type Clock, type Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { createAlertPipeline, type AlertPipeline, type Receiver } from './alert/index.ts';
import { createLogReceiver } from './alert/notify/log/log.ts';
import { createWebhookReceiver } from './alert/notify/webhook/webhook.ts';
import { findExpressionFault } from './compose-promql.ts';
import type { Stores } from './compose-storage.ts';
import { configDirectory } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import type { ContentPacks } from './content/index.ts';
import {
  createGoTemplateExpander,
  createRuleManager,
  loadRuleFiles,
  withExternalLabels,
  type RuleGroup,
  type RuleManager,
} from './detect/index.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Part } from './lifecycle.ts';
import type { PromQuery } from './query/metrics/port.ts';
import type { Log } from './telemetry/log.ts';

export interface DetectDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly query: PromQuery;
  readonly stores: Stores;
  readonly packs: ContentPacks;
  /** Where links in messages lead; without a slash at the end. */
  readonly externalUrl: string;
}

export interface Detection {
  readonly rules: RuleManager;
  readonly alerts: AlertPipeline;
  readonly part: Part;
}

export function createDetection(deps: DetectDeps, settings: StartSettings): Detection {
  const { clock, random, registry: metrics, query, stores, externalUrl } = deps;
  const externalLabels = labelsOf(settings.config.global.external_labels);
  const alerts = createAlertPipeline(
    { clock, random, metrics, state: stores.state, log: deps.log, receivers: receiversOf(deps, settings) },
    settings.config.alertmanager,
  );
  const rules = createRuleManager({
    clock,
    query,
    metrics,
    externalUrl,
    writer: stores.metrics.writer,
    state: stores.state,
    sink: withExternalLabels(alerts, externalLabels),
    templates: createGoTemplateExpander({ query }, { externalLabels, externalUrl }),
    log: deps.log,
  });
  const part: Part = {
    name: 'rules and alerts',
    start: async () => {
      // Alerts first: what the rules post must have somewhere to go.
      await alerts.start();
      await rules.apply(await loadRules(deps, settings), ruleSettingsOf(settings));
      rules.start();
    },
    stop: async () => {
      await rules.stop();
      await alerts.stop();
    },
  };
  return { rules, alerts, part };
}

/** Every rule file of the configuration and of the packs; rejects with all their faults. */
export async function loadRules(
  { query, packs, log }: Pick<DetectDeps, 'query' | 'packs' | 'log'>,
  settings: StartSettings,
): Promise<readonly RuleGroup[]> {
  const { findFault } = createGoTemplateExpander(
    { query },
    { externalLabels: labelsOf({}), externalUrl: '' },
  );
  const { groups, warnings } = await loadRuleFiles({
    patterns: [...packs.ruleFiles, ...settings.config.rule_files],
    baseDirectory: configDirectory(settings.configFile, process.cwd()),
    findExpressionFault,
    findTemplateFault: findFault,
  });
  for (const warning of warnings) log.warn('a rule file is not as it should be', { warning });
  return groups;
}

export function ruleSettingsOf({ config }: StartSettings): {
  evaluationIntervalMs: number;
  queryOffsetMs: number;
} {
  return {
    evaluationIntervalMs: config.global.evaluation_interval,
    queryOffsetMs: config.global.rule_query_offset,
  };
}

/** The integrations of the route's receiver, in the order of the file; a new kind is a line here. */
function receiversOf({ clock, log, externalUrl }: DetectDeps, settings: StartSettings): readonly Receiver[] {
  const { route, receivers } = settings.config.alertmanager;
  const receiver = receivers.find(({ name }) => name === route.receiver);
  if (receiver === undefined) return [];
  const { name } = receiver;
  const webhookDeps = {
    clock,
    externalUrl,
    version: VEDETTE_VERSION,
    baseDirectory: configDirectory(settings.configFile, process.cwd()),
  };
  return [
    ...receiver.webhook_configs.map((config, index) =>
      createWebhookReceiver(webhookDeps, { name, index, config }),
    ),
    ...receiver.log_configs.map((config, index) =>
      createLogReceiver({ log }, { name, index, sendsResolved: config.send_resolved }),
    ),
  ];
}
