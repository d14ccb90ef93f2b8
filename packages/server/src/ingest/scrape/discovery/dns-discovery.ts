import { Resolver } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { labelsFromPairs, UnavailableError, type Labels } from '@vedette/model';
import type { DNS_RECORD_TYPES } from '../../../lib/discovery-config.ts';
import type { DiscoveryDeps, TargetDiscovery } from './discovery.ts';
import { PolledDiscovery } from './polled-discovery.ts';

export interface DnsDiscoveryPlan {
  readonly kind: 'dns';
  readonly names: readonly string[];
  readonly type: DnsRecordType;
  /** For every type but SRV, whose records carry one. */
  readonly port: number | undefined;
  readonly refreshMs: number;
}

export type DnsRecordType = (typeof DNS_RECORD_TYPES)[number];

/** The questions that are asked of `node:dns`; names in answers have no final dot. */
export type DnsResolver = Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveMx' | 'resolveNs' | 'resolveSrv'>;

/** Three tries of 2 s stay below the 30 s that a look may take. */
const RESOLVER_OPTIONS = { timeout: 2000, tries: 3 };

/**
 * Targets from DNS records, as Prometheus' `dns_sd_configs`. Each name is its own source: one whose question fails
 * keeps what it had, one that does not exist has none.
 */
export function createDnsDiscovery(
  deps: DiscoveryDeps,
  plan: DnsDiscoveryPlan,
  resolver: DnsResolver = new Resolver(RESOLVER_OPTIONS),
): TargetDiscovery {
  const sources = plan.names.map((name) => {
    const look = async (): Promise<readonly Labels[]> => await ask(resolver, plan, name);
    return new PolledDiscovery(deps, { kind: 'dns', source: name, refreshMs: plan.refreshMs, look });
  });
  return {
    isLocal: false,
    targets: () => sources.flatMap((source) => source.targets()),
    refresh: async () => (await Promise.all(sources.map((source) => source.refresh()))).includes(true),
    start: (onChange) => {
      for (const source of sources) source.start(onChange);
    },
    stop: () => {
      for (const source of sources) source.stop();
    },
  };
}

async function ask(resolver: DnsResolver, plan: DnsDiscoveryPlan, name: string): Promise<readonly Labels[]> {
  try {
    return (await targetsOf(resolver, plan, name)).toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new UnavailableError(
      'VED_SCRAPE_FAILED',
      `cannot resolve ${plan.type} records of "${name}": ${code}`,
      {
        cause: error,
      },
    );
  }
}

async function targetsOf(
  resolver: DnsResolver,
  { type, port = 0 }: DnsDiscoveryPlan,
  name: string,
): Promise<readonly Labels[]> {
  const target = (host: string, hostPort: number, ...extra: (readonly [string, string])[]): Labels =>
    labelsFromPairs([['__address__', joinHostPort(host, hostPort)], ['__meta_dns_name', name], ...extra]);
  switch (type) {
    case 'SRV':
      return (await resolver.resolveSrv(name)).map((record) =>
        target(
          record.name,
          record.port,
          ['__meta_dns_srv_record_target', `${record.name}.`],
          ['__meta_dns_srv_record_port', String(record.port)],
        ),
      );
    case 'A':
      return (await resolver.resolve4(name)).map((host) => target(host, port));
    case 'AAAA':
      return (await resolver.resolve6(name)).map((host) => target(host, port));
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ exchange }) =>
        target(exchange, port, ['__meta_dns_mx_record_target', `${exchange}.`]),
      );
    case 'NS':
      return (await resolver.resolveNs(name)).map((host) =>
        target(host, port, ['__meta_dns_ns_record_target', `${host}.`]),
      );
  }
}

function joinHostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
