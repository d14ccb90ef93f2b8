import { createHash } from 'node:crypto';
import type { RelabelRule } from '@vedette/model';
import { z } from 'zod';
import {
  checkHttpClient,
  httpClientShape,
  UNSUPPORTED_HTTP_CLIENT_KEYS,
  RESERVED_HEADERS,
} from '../../../lib/http-client-config.ts';
import { relabelConfig } from '../../../lib/relabel-config.ts';
import { durationMs, plainText, unsupportedOf } from '../../../lib/schema.ts';
import { Secret } from '../../../lib/secret.ts';

/** Prometheus' `remote_write`: where samples are sent on to, in its own keys and with its defaults. */

// More would be more connections than a server of one small team answers; Prometheus' own default is 50.
export const SHARDS_MAX = 200;

const positiveDurationMs = durationMs.refine((ms) => ms > 0, 'must be longer than 0');

const count = z.int().min(1);

const queueConfig = z
  .strictObject({
    // 10,000 for each of 50 shards: 500,000 samples, two hours of 1,000 series at 15 s.
    capacity: count
      .default(10_000)
      .describe('Samples kept per shard while the remote is slow; times max_shards is the whole queue.'),
    max_shards: count
      .default(50)
      .describe('Most requests at one time; above 200 is taken as 200, the most there can be.'),
    min_shards: count.default(1).describe('Requests at one time to begin with, and the fewest.'),
    // A request of about 60 kB: its answer costs more than its bytes.
    max_samples_per_send: count.default(2000).describe('Most samples in one request.'),
    batch_send_deadline: positiveDurationMs
      .default(5000)
      .describe('Longest wait for more samples before a request is sent.'),
    min_backoff: positiveDurationMs.default(30).describe('First wait before a request is repeated.'),
    max_backoff: positiveDurationMs.default(5000).describe('Longest wait before a request is repeated.'),
    retry_on_http_429: z
      .boolean()
      .default(false)
      .describe('Repeat a request that is answered with 429; else its samples are lost.'),
    sample_age_limit: durationMs
      .default(0)
      .describe('Samples older than this are not sent any more; 0s sends all.'),
  })
  .check(atMost('min_shards', 'max_shards'), atMost('min_backoff', 'max_backoff'));

const metadataConfig = z.strictObject({
  send: z.boolean().default(true).describe('Send type, help and unit of metrics.'),
  send_interval: positiveDurationMs
    .default(60_000)
    .describe('How often, with messages of version 1; those of version 2 carry it with each series.'),
  max_samples_per_send: count.default(2000).describe('Most metrics in one request for metadata.'),
});

/** What version 2 of the protocol cannot go without is ours to set; the rest goes by the keys for it. */
const RESERVED: ReadonlySet<string> = new Set([...RESERVED_HEADERS, 'x-prometheus-remote-write-version']);

const headers = z.record(z.string(), plainText).check((context) => {
  for (const name of Object.keys(context.value)) {
    const isName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
    if (isName && !RESERVED.has(name.toLowerCase())) continue;
    const isAuthorization = name.toLowerCase() === 'authorization';
    const reason = isName ? 'is set by the sender itself' : 'is no header name';
    context.issues.push({
      code: 'custom',
      input: name,
      path: [name],
      message: isAuthorization
        ? 'authorization header must be changed via the basic_auth or authorization parameter'
        : `header ${JSON.stringify(name)} cannot be set: it ${reason}`,
    });
  }
});

/** The messages, by the names that Prometheus has for them in configuration and on the wire. */
export const WRITE_MESSAGES = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'] as const;

export type WriteMessage = (typeof WRITE_MESSAGES)[number];

/** One remote. */
export const remoteWriteConfig = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .describe('Where to, such as http://127.0.0.1:9090/api/v1/write.'),
    remote_timeout: positiveDurationMs.default(30_000).describe('Longest request.'),
    headers: headers.default({}).describe('Further request headers.'),
    write_relabel_configs: z
      .array(relabelConfig)
      .default([])
      .describe('Rules over the labels of what is sent, after the external labels.'),
    name: z
      .string()
      .min(1)
      .optional()
      .describe('Name in our own metrics and logs, unique; by default made from the settings.'),
    send_exemplars: z.boolean().default(false).describe('Send exemplars, too.'),
    send_native_histograms: z.boolean().default(false).describe('Send native histograms, too.'),
    round_robin_dns: z.literal(false, 'round_robin_dns is not supported yet; leave it out').optional(),
    protobuf_message: z
      .enum(WRITE_MESSAGES)
      .default('prometheus.WriteRequest')
      .describe('Version of the message: 1 (prometheus.WriteRequest) or 2.'),
    queue_config: queueConfig.prefault({}).describe('What waits, and how it is sent.'),
    metadata_config: metadataConfig.prefault({}).describe('Type, help and unit of metrics.'),
    ...httpClientShape,
    ...unsupportedOf(UNSUPPORTED_HTTP_CLIENT_KEYS),
    ...unsupportedOf(['sigv4', 'azuread', 'google_iam']),
  })
  .check(checkHttpClient);

export type RemoteWriteConfig = z.output<typeof remoteWriteConfig>;

/** The list `remote_write`. */
export const remoteWriteConfigs = z.array(remoteWriteConfig).check((context) => {
  const seen = new Set<string>();
  for (const [i, config] of context.value.entries()) {
    const name = remoteNameOf(config);
    if (seen.has(name))
      context.issues.push({
        code: 'custom',
        input: config.name,
        path: config.name === undefined ? [i] : [i, 'name'],
        message:
          config.name === undefined
            ? 'stands twice with the same settings; leave one out, or give them names'
            : `name ${JSON.stringify(name)} stands twice; it must be unique`,
      });
    seen.add(name);
  }
});

/** The name that people gave, or six letters that stay the same as long as the settings do. */
export function remoteNameOf(config: RemoteWriteConfig): string {
  return config.name ?? createHash('sha256').update(fingerprintOf(config)).digest('hex').slice(0, 6);
}

/** A text that two configurations share exactly when they mean the same. Holds secrets: never print it. */
export function fingerprintOf(config: RemoteWriteConfig): string {
  const { write_relabel_configs: rules, ...rest } = config;
  return JSON.stringify([rest, rules.map(fingerprintOfRule)], function (this: unknown, key, value: unknown) {
    const raw = (this as Record<string, unknown>)[key];
    return raw instanceof Secret ? raw.reveal() : value;
  });
}

function fingerprintOfRule(rule: RelabelRule): readonly unknown[] {
  const { action, sourceLabels, separator, modulus, matcher, targetTemplate, replacementTemplate } = rule;
  return [action, sourceLabels, separator, modulus, matcher.value, targetTemplate, replacementTemplate];
}

function atMost<K extends string>(
  low: K,
  high: K,
): (context: z.core.ParsePayload<{ readonly [key in K]: number }>) => void {
  return ({ value, issues }) => {
    if (value[low] > value[high])
      issues.push({
        code: 'custom',
        input: value,
        path: [low],
        message: `must not be greater than ${high}; got ${value[low]}, want at most ${value[high]}`,
      });
  };
}
