/**
 * Our metrics of the alert path a second time, under the names and labels that Alertmanager has for them, so that
 * dashboards and alerts made for it go on. What we count is what it counts; what has no like of ours has no alias.
 */
import type { FamilyView, MetricsRegistry, SampleIdentity } from '@vedette/sdk';

interface Alias {
  readonly name: string;
  /** Names of labels that are called otherwise there. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Words of our labels for which it has others, by value. */
  readonly words?: Readonly<Record<string, string>>;
  /** Labels that it has and we do not. */
  readonly added?: readonly string[];
}

/** Its word for what ended an attempt; that nobody could be reached is a reason of its own here. */
const FAILURE_WORDS = { deadline: 'contextDeadlineExceeded' };

const ALIASES: Readonly<Record<string, readonly Alias[]>> = {
  vedette_alerts_told: [{ name: 'alertmanager_alerts' }, { name: 'alertmanager_marked_alerts' }],
  vedette_alerts_received_total: [{ name: 'alertmanager_alerts_received_total', added: ['version', 'v2'] }],
  vedette_alerts_invalid_total: [{ name: 'alertmanager_alerts_invalid_total', added: ['version', 'v2'] }],
  vedette_alerts_limited_total: [{ name: 'alertmanager_alerts_limited_total' }],
  vedette_alerts_groups: [{ name: 'alertmanager_dispatcher_aggregation_groups' }],
  vedette_alerts_receivers: [{ name: 'alertmanager_receivers' }],
  vedette_alerts_integrations: [{ name: 'alertmanager_integrations' }],
  vedette_alerts_inhibition_rules: [{ name: 'alertmanager_inhibition_rules' }],
  vedette_silences: [{ name: 'alertmanager_silences' }],
  vedette_notifications_total: [{ name: 'alertmanager_notifications_total' }],
  vedette_notifications_failed_total: [
    { name: 'alertmanager_notifications_failed_total', words: FAILURE_WORDS },
  ],
  vedette_notifications_suppressed_total: [{ name: 'alertmanager_notifications_suppressed_total' }],
  vedette_notification_requests_total: [{ name: 'alertmanager_notification_requests_total' }],
  vedette_notification_requests_failed_total: [{ name: 'alertmanager_notification_requests_failed_total' }],
  vedette_notification_latency_seconds: [{ name: 'alertmanager_notification_latency_seconds' }],
  vedette_notification_log_queries_total: [{ name: 'alertmanager_nflog_queries_total' }],
  vedette_config_hash: [{ name: 'alertmanager_config_hash' }],
  vedette_config_last_reload_successful: [{ name: 'alertmanager_config_last_reload_successful' }],
  vedette_config_last_reload_success_timestamp_seconds: [
    { name: 'alertmanager_config_last_reload_success_timestamp_seconds' },
  ],
  vedette_cluster_members: [{ name: 'alertmanager_cluster_members' }],
  vedette_cluster_failed_peers: [{ name: 'alertmanager_cluster_failed_peers' }],
  vedette_cluster_enabled: [{ name: 'alertmanager_cluster_enabled' }],
  vedette_build_info: [{ name: 'alertmanager_build_info' }],
  vedette_http_concurrency_refusals_total: [
    { name: 'alertmanager_http_concurrency_limit_exceeded_total', added: ['method', 'get'] },
  ],
  vedette_http_request_duration_seconds: [
    { name: 'alertmanager_http_request_duration_seconds', renamed: { route: 'handler' } },
  ],
};

/** The registry's families, each followed by those that repeat it. Values are read live. */
export function withAlertmanagerNames(registry: MetricsRegistry): Pick<MetricsRegistry, 'read'> {
  return {
    read: () =>
      registry
        .read()
        .flatMap((family) => [
          family,
          ...(ALIASES[family.name] ?? []).map((alias) => aliasOf(family, alias)),
        ]),
  };
}

function aliasOf(family: FamilyView, alias: Alias): FamilyView {
  const identityOf = (series: number, sample: number): SampleIdentity =>
    renamed(family.identityOf(series, sample), family.name, alias);
  return {
    ...family,
    name: alias.name,
    help: `As ${family.name}: ${family.help}`,
    identityOf,
    textOf: (series, sample) => identityOf(series, sample).text,
  };
}

/** By our identity: it is always the same object for the same sample. */
const known = new WeakMap<SampleIdentity, Map<string, SampleIdentity>>();

function renamed(identity: SampleIdentity, familyName: string, alias: Alias): SampleIdentity {
  const aliases = known.get(identity) ?? new Map<string, SampleIdentity>();
  known.set(identity, aliases);
  const before = aliases.get(alias.name);
  if (before !== undefined) return before;
  const name = alias.name + identity.name.slice(familyName.length);
  const own = identity.labels.map((part, i) =>
    i % 2 === 0 ? (alias.renamed?.[part] ?? part) : (alias.words?.[part] ?? part),
  );
  const labels = [...(alias.added ?? []), ...own];
  const made = { name, labels, text: textOf(name, labels) };
  aliases.set(alias.name, made);
  return made;
}

function textOf(name: string, labels: readonly string[]): string {
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push(`${labels[i]}="${escaped(labels[i + 1] ?? '')}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
