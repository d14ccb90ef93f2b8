/**
 * Where targets come from: the keys that Prometheus has wherever it looks for servers, those to scrape and those to
 * send alerts to. What it may say there and we cannot do yet is an error that names the key.
 */
import { z } from 'zod';
import { checkHttpClient, httpClientShape, UNSUPPORTED_HTTP_CLIENT_KEYS } from './http-client-config.ts';
import { durationMs, plainText, unsupportedOf } from './schema.ts';

const address = z
  .string()
  .min(1)
  .refine(
    (text) => !text.includes('/'),
    'is not a valid hostname: no "/" may stand in it (see scheme and metrics_path)',
  );

/** Targets with labels, in `static_configs` and in discovery files. */
export const targetGroup = z.strictObject({
  targets: z.array(address).default([]).describe('Addresses: host:port.'),
  labels: z.record(z.string().min(1), plainText).default({}).describe('Labels of all of them.'),
});

export type TargetGroup = z.output<typeof targetGroup>;

/** As in Prometheus: a wildcard in the last part of the path only, and a known ending. */
const FILE_PATTERN = /^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/;

const positiveDurationMs = durationMs.refine((ms) => ms > 0, 'must be longer than 0');

const fileDiscovery = z.strictObject({
  files: z
    .array(
      z.string().regex(FILE_PATTERN, 'must end in .json, .yml or .yaml and may have * in its last part only'),
    )
    .min(1)
    .describe('Files with target groups.'),
  refresh_interval: positiveDurationMs
    .default(300_000)
    .describe('Time after which files are looked at again; never more than 5s.'),
});

const httpDiscovery = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .describe('Answers with a JSON list of target groups.'),
    // 1 m as in Prometheus: who needs it sooner serves a few hundred bytes.
    refresh_interval: positiveDurationMs.default(60_000).describe('Time between two looks.'),
    ...httpClientShape,
    ...unsupportedOf(UNSUPPORTED_HTTP_CLIENT_KEYS),
  })
  .check(checkHttpClient);

/** Types of DNS records that name targets. */
export const DNS_RECORD_TYPES = ['SRV', 'A', 'AAAA', 'MX', 'NS'] as const;

const dnsDiscovery = z
  .strictObject({
    names: z.array(z.string().min(1)).min(1).describe('Domain names.'),
    type: z
      .string()
      .toUpperCase()
      .pipe(z.enum(DNS_RECORD_TYPES))
      .default('SRV')
      .describe('Type of the records asked for.'),
    port: z.int().min(1).max(65_535).optional().describe('Port of the targets; SRV records carry their own.'),
    // 30 s as in Prometheus: a resolver's cache answers most of these.
    refresh_interval: positiveDurationMs.default(30_000).describe('Time between two looks.'),
  })
  .check(({ value, issues }) => {
    if (value.type !== 'SRV' && value.port === undefined)
      issues.push({
        code: 'custom',
        input: value,
        path: ['port'],
        message: `a port is required in DNS-SD configs for the record type ${value.type}`,
      });
  });

/** Discovery mechanisms of Prometheus that we do not have. */
const UNSUPPORTED_DISCOVERIES = [
  'aws',
  'azure',
  'consul',
  'digitalocean',
  'docker',
  'dockerswarm',
  'ec2',
  'eureka',
  'gce',
  'hetzner',
  'ionos',
  'kubernetes',
  'kuma',
  'lightsail',
  'linode',
  'marathon',
  'nerve',
  'nomad',
  'openstack',
  'ovhcloud',
  'puppetdb',
  'scaleway',
  'serverset',
  'stackit',
  'triton',
  'uyuni',
  'vultr',
] as const;

/** Spread into the schema of whoever looks for targets. */
export const discoveryShape = {
  static_configs: z.array(targetGroup).default([]).describe('Targets by name.'),
  file_sd_configs: z.array(fileDiscovery).default([]).describe('Targets from files.'),
  http_sd_configs: z.array(httpDiscovery).default([]).describe('Targets from URLs.'),
  dns_sd_configs: z.array(dnsDiscovery).default([]).describe('Targets from DNS records.'),
  ...unsupportedOf(UNSUPPORTED_DISCOVERIES.map((name) => `${name}_sd_configs` as const)),
};

const discovery = z.object(discoveryShape);

/** What of it is beyond the file itself. */
export type DiscoveryConfig = Pick<
  z.output<typeof discovery>,
  'file_sd_configs' | 'http_sd_configs' | 'dns_sd_configs'
>;
