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
