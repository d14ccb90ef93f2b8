/** What a checked configuration makes of the alert stage. */
import type { AlertmanagerConfig } from './config/config.ts';
import { inhibitRuleOf } from './config/routing.ts';
import type { Receiver } from './notify/receiver.ts';
import type { AlertingCorrections, AlertSetup } from './pipeline.ts';
import { compileRoutes } from './route/route.ts';
import type { TimeInterval } from './time-intervals/time-interval.ts';

/** As Alertmanager does it: what a loaded alertmanager.yml and `vedette alertmanager` begin with. */
export const NO_CORRECTIONS: AlertingCorrections = {
  keepTimers: false,
  repeatOnTime: false,
  resolveWhileMuted: false,
};

/** What `alertmanager:` inline in vedette.yml begins with. */
export const OUR_CORRECTIONS: AlertingCorrections = {
  keepTimers: true,
  repeatOnTime: true,
  resolveWhileMuted: true,
};

export function alertSetupOf(
  config: AlertmanagerConfig,
  receivers: readonly Receiver[],
  { corrections, externalUrl }: { readonly corrections: AlertingCorrections; readonly externalUrl: string },
): AlertSetup {
  const timeIntervals = new Map<string, readonly TimeInterval[]>();
  for (const { name, time_intervals } of [...config.mute_time_intervals, ...config.time_intervals])
    timeIntervals.set(name, time_intervals);
  return {
    root: compileRoutes(config.route),
    mutePolicy: { inhibitRules: config.inhibit_rules.map(inhibitRuleOf), timeIntervals },
    receivers,
    resolveTimeoutMs: config.global.resolve_timeout,
    corrections,
    cooldownsMs: cooldownsOf(config),
    storm: stormOf(config, externalUrl),
  };
}

function cooldownsOf({ cooldown }: AlertmanagerConfig): AlertSetup['cooldownsMs'] {
  if (cooldown === undefined) return undefined;
  return new Map(
    Object.entries(cooldown).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}

function stormOf({ storm_control: storm }: AlertmanagerConfig, externalUrl: string): AlertSetup['storm'] {
  return storm && { alertsMax: storm.alerts, messagesMax: storm.messages_per_minute, externalUrl };
}
