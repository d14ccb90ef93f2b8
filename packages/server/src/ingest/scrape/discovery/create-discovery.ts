import type { DiscoveryConfig } from '../../../lib/discovery-config.ts';
import type { DiscoveryDeps, DiscoveryOptions, TargetDiscovery } from './discovery.ts';
import { createDnsDiscovery, type DnsDiscoveryPlan } from './dns-discovery.ts';
import { FileDiscovery, type FileDiscoveryPlan } from './file-discovery.ts';
import { createHttpDiscovery, type HttpDiscoveryPlan } from './http-discovery.ts';

/** Where a job's targets come from, beside the static ones: a new mechanism adds its plan here and a line below. */
export type DiscoveryPlan = FileDiscoveryPlan | HttpDiscoveryPlan | DnsDiscoveryPlan;

export function createDiscovery(
  deps: DiscoveryDeps,
  plan: DiscoveryPlan,
  options: DiscoveryOptions,
): TargetDiscovery {
  switch (plan.kind) {
    case 'file':
      return new FileDiscovery(deps, plan, options);
    case 'http':
      return createHttpDiscovery(deps, plan, options);
    case 'dns':
      return createDnsDiscovery(deps, plan);
  }
}

/** The sources that a configuration names. */
export function discoveriesOf(config: DiscoveryConfig): readonly DiscoveryPlan[] {
  return [
    ...config.file_sd_configs.map(({ files, refresh_interval }) => ({
      kind: 'file' as const,
      patterns: files,
      refreshMs: refresh_interval,
    })),
    ...config.http_sd_configs.map(({ url, refresh_interval, ...http }) => ({
      kind: 'http' as const,
      url,
      refreshMs: refresh_interval,
      http,
    })),
    ...config.dns_sd_configs.map(({ names, type, port, refresh_interval }) => ({
      kind: 'dns' as const,
      names,
      type,
      port,
      refreshMs: refresh_interval,
    })),
  ];
}
