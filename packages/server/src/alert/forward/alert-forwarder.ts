/**
 * Alerts of our rules on their way to other people's Alertmanagers, as Prometheus' `alerting` says it: every alert
 * goes to every Alertmanager of every set, after `alert_relabel_configs` of all and then of the set. They are sent
 * as the rules post them: firing ones again every minute with an end in the future, resolved ones for 15 minutes.
 *
 * Nothing of it is durable, and need not be: who was away for a minute hears everything in the next.
 */
import { relabel, type Clock, type Files, type Labels, type RelabelRule } from '@vedette/model';
import type { Counter, MetricsRegistry } from '@vedette/sdk';
import { HttpClient } from '../../lib/http-client.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AlertPost } from '../alert.ts';
import { AlertmanagerLane, QUEUED_ALERTS_MAX, type LaneSetup } from './alertmanager-lane.ts';
import { alertmanagerUrlsOf } from './alertmanager-urls.ts';
import type { AlertingConfig, AlertmanagerConfig } from './config.ts';
import { createForwardMetrics, type ForwardMetrics } from './forward-metrics.ts';

/** Of one set, since each costs a queue and, while it hangs, a connection; nobody runs a cluster of so many. */
export const ALERTMANAGERS_MAX = 100;

/** How long a stop lets the queues run empty: one request that is answered slowly, and well below the 10 s of a stop. */
const DRAIN_MS_MAX = 3000;

/** Where the Alertmanagers of one set are known from. The stage that discovers targets satisfies it. */
export interface AlertmanagerSources {
  /** Takes over a configuration; resolves when its files have been looked at. Never rejects. */
  apply(config: AlertmanagerConfig): Promise<void>;
  /** Goes on looking. Starting twice is safe. */
  start(onChange: () => void): void;
  /** With `__address__`. */
  targets(): readonly Labels[];
  stop(): void;
}

export interface AlertForwarderDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly createSources: (metrics: { readonly discoveryFailures: Counter }) => AlertmanagerSources;
}

export interface AlertForwarder {
  /** Takes over a configuration, also the first one. Not before the last call resolved; never rejects. */
  apply(config: AlertingConfig): Promise<void>;
  /** Queues alerts for every Alertmanager; never waits and never throws. */
  post(alerts: readonly AlertPost[]): void;
  /** Addresses of the Alertmanagers, and of those that relabelling dropped. */
  alertmanagers(): { readonly active: readonly string[]; readonly dropped: readonly string[] };
  /** Sends what waits, for at most 3 s. */
  stop(): Promise<void>;
}

export interface AlertForwarderOptions {
  /** File names in the configuration are relative to this folder. */
  readonly directory: string;
  readonly userAgent: string;
}

export function createAlertForwarder(
  deps: AlertForwarderDeps,
  options: AlertForwarderOptions,
): AlertForwarder {
  return new Forwarder(deps, options);
}

class Forwarder implements AlertForwarder {
  readonly #deps: AlertForwarderDeps;
  readonly #options: AlertForwarderOptions;
  readonly #metrics: ForwardMetrics;
  /** By position in the configuration. */
  #sets: readonly AlertmanagerSet[] = [];
  #rules: readonly RelabelRule[] = [];

  constructor(deps: AlertForwarderDeps, options: AlertForwarderOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#metrics = createForwardMetrics(deps.metrics, {
      queueLengths: () => this.#queueLengths(),
      queueCapacity: QUEUED_ALERTS_MAX,
    });
  }

  async apply({ alert_relabel_configs, alertmanagers }: AlertingConfig): Promise<void> {
    const before = this.#sets;
    const sets = await Promise.all(
      alertmanagers.map(async (config, i) => {
        const set = before[i] ?? new AlertmanagerSet(this.#deps, this.#metrics, this.#options, config);
        await set.apply(config);
        return set;
      }),
    );
    this.#rules = alert_relabel_configs;
    this.#sets = sets;
    await Promise.all(before.slice(sets.length).map((set) => set.stop()));
  }

  post(alerts: readonly AlertPost[]): void {
    if (this.#sets.length === 0) return;
    try {
      const relabelled = relabelAll(alerts, this.#rules);
      for (const set of this.#sets) set.post(relabelled);
    } catch (error) {
      this.#deps.log.error('alerts cannot be sent on to Alertmanagers', { error });
    }
  }

  alertmanagers(): { readonly active: readonly string[]; readonly dropped: readonly string[] } {
    return {
      active: this.#sets.flatMap((set) => [...set.lanes.keys()]),
      dropped: this.#sets.flatMap((set) => set.dropped),
    };
  }

  async stop(): Promise<void> {
    const lanes = this.#sets.flatMap((set) => [...set.lanes.values()]);
    const isOver = Promise.withResolvers<void>();
    const timer = this.#deps.clock.setTimer(DRAIN_MS_MAX, isOver.resolve);
    await Promise.race([Promise.all(lanes.map((lane) => lane.drained())), isOver.promise]);
    timer.cancel();
    await Promise.all(this.#sets.map((set) => set.stop()));
  }

  #queueLengths(): ReadonlyMap<string, number> {
    const lengths = new Map<string, number>();
    for (const { lanes } of this.#sets)
      for (const [url, lane] of lanes) lengths.set(url, (lengths.get(url) ?? 0) + lane.queueLength);
    return lengths;
  }
}

/** What one entry of `alertmanagers` stands for. */
class AlertmanagerSet {
  readonly #deps: AlertForwarderDeps;
  readonly #metrics: ForwardMetrics;
  readonly #options: AlertForwarderOptions;
  readonly #sources: AlertmanagerSources;
  #config: AlertmanagerConfig;
  #client: HttpClient;
  /** By address. */
  readonly lanes = new Map<string, AlertmanagerLane>();
  /** Addresses that relabelling dropped. */
  dropped: readonly string[] = [];

  constructor(
    deps: AlertForwarderDeps,
    metrics: ForwardMetrics,
    options: AlertForwarderOptions,
    config: AlertmanagerConfig,
  ) {
    this.#deps = deps;
    this.#metrics = metrics;
    this.#options = options;
    this.#config = config;
    this.#client = this.#newClient();
    this.#sources = deps.createSources(metrics);
  }

  async apply(config: AlertmanagerConfig): Promise<void> {
    await this.#sources.apply(config);
    this.#client.close();
    this.#config = config;
    this.#client = this.#newClient();
    this.#sync();
    this.#sources.start(() => this.#sync());
  }

  post(alerts: readonly AlertPost[]): void {
    if (this.lanes.size === 0) return;
    const relabelled = relabelAll(alerts, this.#config.alert_relabel_configs);
    if (relabelled.length > 0) for (const lane of this.lanes.values()) lane.post(relabelled);
  }

  async stop(): Promise<void> {
    this.#sources.stop();
    await Promise.all([...this.lanes.values()].map((lane) => lane.stop()));
    this.#client.close();
  }

  /** Opens lanes for what is new and ends those of what is gone. */
  #sync(): void {
    const { active, dropped, faulty } = alertmanagerUrlsOf(this.#config, this.#sources.targets());
    for (const target of faulty)
      this.#deps.log.error('cannot send alerts to a discovered target: its labels make no address', {
        target,
      });
    if (active.length > ALERTMANAGERS_MAX)
      this.#deps.log.error('more Alertmanagers are discovered than alerts are sent to', {
        count: active.length,
        limit: `${ALERTMANAGERS_MAX} (ALERTMANAGERS_MAX)`,
      });
    const wanted = new Set(active.slice(0, ALERTMANAGERS_MAX));
    for (const [url, lane] of this.lanes)
      if (!wanted.has(url)) {
        this.lanes.delete(url);
        void lane.stop();
      }
    for (const url of wanted) this.#ensureLane(url);
    this.dropped = dropped;
  }

  #ensureLane(url: string): void {
    const known = this.lanes.get(url);
    if (known !== undefined) known.replace(this.#laneSetup());
    else {
      const deps = { ...this.#deps, metrics: this.#metrics };
      this.lanes.set(url, new AlertmanagerLane(deps, url, this.#laneSetup()));
    }
  }

  #laneSetup(): LaneSetup {
    const { timeout: timeoutMs, follow_redirects: followsRedirects } = this.#config;
    return { client: this.#client, timeoutMs, followsRedirects, userAgent: this.#options.userAgent };
  }

  #newClient(): HttpClient {
    const { directory } = this.#options;
    return new HttpClient(this.#deps, { config: this.#config, directory, errorCode: 'VED_NOTIFY_FAILED' });
  }
}

/** Those that the rules leave, with the labels that they leave. */
function relabelAll(alerts: readonly AlertPost[], rules: readonly RelabelRule[]): readonly AlertPost[] {
  if (rules.length === 0) return alerts;
  return alerts.flatMap((alert) => {
    const labels = relabel(alert.labels, rules);
    return labels === undefined ? [] : [{ ...alert, labels }];
  });
}
