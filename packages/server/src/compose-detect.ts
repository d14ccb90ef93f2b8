/** Rules and alerting: loaded from the configuration, put to work, replaced at a reload. */
import { labelsEqual, labelsOf, type Clock, type Files, type Labels, type Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import {
  createAlertPipeline,
  type AlertForwarder,
  type AlertPipeline,
  type AlertPost,
  type AlertSetup,
} from './alert/index.ts';
import { alertSetupOf, NO_CORRECTIONS, OUR_CORRECTIONS } from './alert/setup.ts';
import { bothWays, createForwarder } from './compose-forward.ts';
import { createExpressionFaultFinder } from './compose-promql.ts';
import { createReceivers, type ReceiverDeps } from './compose-receivers.ts';
import type { Stores } from './compose-storage.ts';
import { configDirectory } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import type { ContentPacks } from './content/index.ts';
import {
  createEngineRules,
  createGoTemplateExpander,
  createGoTemplateFaultFinder,
  createRuleManager,
  loadRuleFiles,
  retireEngineAlerts,
  withExternalLabels,
  type AlertSink,
  type EngineRules,
  type RuleGroup,
  type RuleManager,
  type TemplateExpander,
} from './detect/index.ts';
import type { Part } from './lifecycle.ts';
import type { PromQuery } from './query/metrics/port.ts';
import type { StateStore } from './store/state/port.ts';
import type { Log } from './telemetry/log.ts';

export interface DetectDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly query: PromQuery;
  readonly stores: Stores;
  readonly packs: ContentPacks;
  /** Where links in messages lead; without a slash at the end. */
  readonly externalUrl: string;
  readonly guard: ReceiverDeps['guard'];
  readonly push: ReceiverDeps['push'];
}

export interface Detection {
  /** Those evaluated here, or those of the metrics engine. */
  readonly rules: Pick<RuleManager, 'groups'>;
  /** Those evaluated here. */
  readonly ruleMemory: Pick<RuleManager, 'forget'>;
  readonly alerts: AlertPipeline;
  /** To Alertmanagers elsewhere. */
  readonly forwarder: AlertForwarder;
  readonly part: Part;
  /** Takes over rules, receivers and external labels; rejects before anything changed when a rule file is faulty. */
  apply(settings: StartSettings): Promise<void>;
  /** What is wrong with rules that are evaluated elsewhere, in sentences for operators. */
  problems(): readonly string[];
}

export async function createDetection(deps: DetectDeps, settings: StartSettings): Promise<Detection> {
  const { clock, random, registry: metrics, query, stores, externalUrl } = deps;
  const { state } = stores;
  const alerts = createAlertPipeline(
    { clock, random, metrics, state, log: deps.log },
    await alertSetup(deps, settings),
  );
  // The engine knows these features until the next start, whatever a reload brings.
  const findExpressionFault = createExpressionFaultFinder(settings.config.query.features);
  const forwarder = createForwarder(deps, settings);
  const ways = { alerts, sink: bothWays(alerts, forwarder) };
  let labels = new ExternalLabels(deps, ways, settings);
  const { sink, templates } = followerOf(() => labels);
  const rules = createRuleManager({
    clock,
    query,
    metrics,
    externalUrl,
    state,
    writer: stores.metrics.ruleWriter,
    sink,
    templates,
    log: deps.log,
  });
  const engineRules = createEngineRulesIf(deps, sink);
  const loadGroups = (from: StartSettings): Promise<readonly RuleGroup[]> =>
    engineRules === undefined ? loadRules(deps, from, findExpressionFault) : noRulesHere(deps, from);
  const started = Promise.withResolvers<void>();
  const apply = async (next: StartSettings): Promise<void> => {
    // HTTP serves before the rules run: a reload may come while they are being started.
    await started.promise;
    const groups = await loadGroups(next);
    await alerts.apply(await alertSetup(deps, next));
    await forwarder.apply(next.config.alerting);
    if (!labels.isSameAs(next)) {
      // Alerts are known by their labels: under other ones they are other alerts, and the old ones must end.
      await rules.repost(async () => {
        await engineRules?.withdraw();
        labels = new ExternalLabels(deps, ways, next);
        await labels.remember();
      });
    }
    await rules.apply(groups, ruleSettingsOf(next));
  };
  const start = async (): Promise<void> => {
    const groups = await loadGroups(settings);
    // Alerts first: what the rules post must have somewhere to go.
    await Promise.all([alerts.start(), forwarder.apply(settings.config.alerting)]);
    await labels.resolveOthers();
    await rules.apply(groups, ruleSettingsOf(settings));
    rules.start();
    if (engineRules === undefined) await labels.retireEngineAlerts();
    else await engineRules.start(settings.config.global.evaluation_interval);
    started.resolve();
  };
  const stop = async (): Promise<void> => {
    await engineRules?.stop();
    await rules.stop();
    await Promise.all([alerts.stop(), forwarder.stop()]);
  };
  return {
    rules: engineRules ?? rules,
    ruleMemory: rules,
    alerts,
    forwarder,
    problems: () => engineRules?.problems() ?? [],
    part: { name: 'rules and alerts', start, stop },
    apply,
  };
}

/** What depends on the external labels, for those who outlive a change of them. */
function followerOf(labels: () => ExternalLabels): Pick<ExternalLabels, 'sink' | 'templates'> {
  return {
    sink: { post: (posted) => labels().sink.post(posted) },
    templates: {
      findFault: (...args) => labels().templates.findFault(...args),
      expand: (...args) => labels().templates.expand(...args),
    },
  };
}

/** `undefined`: rules are evaluated here. */
function createEngineRulesIf(deps: DetectDeps, sink: AlertSink): EngineRules | undefined {
  const { rulesApi: api } = deps.stores.metrics;
  return api === undefined ? undefined : createEngineRules({ ...deps, api, sink, state: deps.stores.state });
}

/** Rules here beside rules there would be two judges of one case: those of the configuration wait. */
async function noRulesHere({ log }: DetectDeps, { config }: StartSettings): Promise<readonly RuleGroup[]> {
  if (config.rule_files.length > 0)
    log.warn(
      'rule_files are not evaluated: storage.metrics.rules says that the metrics engine evaluates its own',
      {
        files: config.rule_files,
      },
    );
  return [];
}

const COLLECTION = 'detect';
const EXTERNAL_LABELS_KEY = 'external_labels';

/** The external labels in force, and what depends on them. They are remembered, since alerts outlive a restart. */
class ExternalLabels {
  readonly sink: AlertSink;
  readonly templates: TemplateExpander;
  readonly #state: StateStore;
  readonly #clock: Clock;
  readonly #alerts: AlertPipeline;
  readonly #log: Log;
  readonly #labels: Labels;

  constructor(
    { query, stores, clock, log, externalUrl }: DetectDeps,
    { alerts, sink }: { readonly alerts: AlertPipeline; readonly sink: AlertSink },
    settings: StartSettings,
  ) {
    this.#log = log;
    this.#state = stores.state;
    this.#clock = clock;
    this.#alerts = alerts;
    this.#labels = externalLabelsOf(settings);
    this.sink = withExternalLabels(sink, this.#labels);
    this.templates = createGoTemplateExpander({ query }, { externalLabels: this.#labels, externalUrl });
  }

  isSameAs(settings: StartSettings): boolean {
    return labelsEqual(this.#labels, externalLabelsOf(settings));
  }

  /** Not being able to is no reason to stop: the next start would end and post all alerts once more. */
  async remember(): Promise<void> {
    const write = { collection: COLLECTION, key: EXTERNAL_LABELS_KEY, value: this.#labels } as const;
    await this.#keepGoing(() => this.#state.documents.write([{ kind: 'put', ...write }]));
  }

  /** After a start with other labels than before: ends the alerts that nobody will post again. */
  async resolveOthers(): Promise<void> {
    const known = await this.#state.documents.find(COLLECTION, EXTERNAL_LABELS_KEY);
    if (JSON.stringify(known?.value) === JSON.stringify(this.#labels)) return;
    if (known !== undefined) await this.#keepGoing(() => this.#alerts.post(this.#endOfAll()));
    await this.remember();
  }

  /** After a run in which the metrics engine evaluated its own rules. */
  async retireEngineAlerts(): Promise<void> {
    await this.#keepGoing(() =>
      retireEngineAlerts({ clock: this.#clock, sink: this.sink, state: this.#state }),
    );
  }

  #endOfAll(): readonly AlertPost[] {
    const endsAtMs = this.#clock.nowMs();
    return this.#alerts
      .alerts()
      .filter(({ endsAt }) => endsAt === undefined)
      .map(({ startsAt, ...alert }) => ({
        ...alert,
        status: 'resolved',
        startsAtMs: startsAt.ms,
        endsAtMs,
      }));
  }

  async #keepGoing(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#log.error('the external labels in force, or alerts of the last run, cannot be saved', { error });
    }
  }
}

function externalLabelsOf({ config }: StartSettings): Labels {
  return labelsOf(config.global.external_labels);
}

/** Every rule file of the configuration and of the packs; rejects with all their faults. */
async function loadRules(
  { packs, log }: DetectDeps,
  settings: StartSettings,
  findExpressionFault: (expr: string) => string | undefined,
): Promise<readonly RuleGroup[]> {
  const { groups, warnings } = await loadRuleFiles({
    patterns: [...packs.ruleFiles, ...settings.config.rule_files],
    baseDirectory: configDirectory(settings.configFile, process.cwd()),
    findExpressionFault,
    findTemplateFault: createGoTemplateFaultFinder(),
  });
  for (const warning of warnings) log.warn('a rule file is not as it should be', { warning });
  return groups;
}

function ruleSettingsOf({ config }: StartSettings): {
  evaluationIntervalMs: number;
  queryOffsetMs: number;
} {
  return {
    evaluationIntervalMs: config.global.evaluation_interval,
    queryOffsetMs: config.global.rule_query_offset,
  };
}

/** Our own corrections are on where people write for us; a file for Alertmanager means what it means there. */
async function alertSetup(
  deps: DetectDeps,
  { config, alertmanagerFile }: StartSettings,
): Promise<AlertSetup> {
  const { alertmanager } = config;
  const corrections = alertmanagerFile === undefined ? OUR_CORRECTIONS : NO_CORRECTIONS;
  const { externalUrl } = deps;
  return alertSetupOf(alertmanager, await createReceivers(deps, alertmanager), { corrections, externalUrl });
}
