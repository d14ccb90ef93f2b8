import { z } from 'zod';
import { discoveryShape } from '../../lib/discovery-config.ts';
import {
  checkHttpClient,
  httpClientShape,
  UNSUPPORTED_HTTP_CLIENT_KEYS,
} from '../../lib/http-client-config.ts';
import { relabelConfig } from '../../lib/relabel-config.ts';
import { durationMs, unsupportedOf } from '../../lib/schema.ts';

/** Prometheus' `alerting`: the Alertmanagers to which alerts are sent on, in its own keys and with its defaults. */

/** One set of Alertmanagers that are found and spoken with in the same way. */
const alertmanagerConfig = z
  .strictObject({
    scheme: z.enum(['http', 'https']).default('http').describe('Protocol.'),
    path_prefix: z.string().default('').describe('Path below which their API stands.'),
    timeout: durationMs
      .refine((ms) => ms > 0, 'must be longer than 0')
      // Prometheus' own: two of them fit between two evaluations of a minute's rule with room to spare.
      .default(10_000)
      .describe('Longest request.'),
    // Version 1 ended with Alertmanager 0.27; Prometheus 3 refuses it as well.
    api_version: z
      .literal('v2', {
        error: ({ input }) =>
          `expected Alertmanager api version to be one of [v2] but got ${String(input)}; leave it out, every Alertmanager since 0.16 speaks v2`,
      })
      .default('v2')
      .describe('Version of their API; v2 is the only one.'),
    relabel_configs: z.array(relabelConfig).default([]).describe('Rules over the labels of Alertmanagers.'),
    alert_relabel_configs: z
      .array(relabelConfig)
      .default([])
      .describe('Rules over the labels of the alerts that these Alertmanagers get.'),
    ...discoveryShape,
    ...httpClientShape,
    ...unsupportedOf(UNSUPPORTED_HTTP_CLIENT_KEYS),
    ...unsupportedOf(['sigv4']),
  })
  .check(checkHttpClient);

export type AlertmanagerConfig = z.output<typeof alertmanagerConfig>;

export const alertingConfig = z
  .strictObject({
    alert_relabel_configs: z
      .array(relabelConfig)
      .default([])
      .describe('Rules over the labels of alerts that are sent on, after the external labels.'),
    alertmanagers: z.array(alertmanagerConfig).default([]).describe('Where to; each one gets every alert.'),
  })
  .prefault({});

export type AlertingConfig = z.output<typeof alertingConfig>;
