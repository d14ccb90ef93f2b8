/** For tests: bodies of the three senders, as they come. */
import { VirtualClock } from '@vedette/model';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { parseWebhook } from './parse-webhook.ts';
import type { WebhookMessage } from './webhook-message.ts';

/** 2026-11-21 10:00 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 21, 10);

export interface BodyAlert {
  readonly status?: unknown;
  readonly labels?: unknown;
  readonly annotations?: unknown;
  readonly startsAt?: unknown;
  readonly endsAt?: unknown;
  readonly [key: string]: unknown;
}

export function alertBody(more: BodyAlert = {}): BodyAlert {
  return {
    status: 'firing',
    labels: { alertname: 'Down', instance: 'a' },
    annotations: { summary: 'it is down' },
    startsAt: '2026-11-21T09:00:00.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prom/graph',
    fingerprint: 'claimed',
    ...more,
  };
}

/** Alertmanager's, version 4. */
export function webhookBody(
  alerts: readonly BodyAlert[],
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    receiver: 'vedette',
    status: 'firing',
    alerts,
    groupLabels: { alertname: 'Down' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://am:9093',
    version: '4',
    groupKey: '{}:{alertname="Down"}',
    truncatedAlerts: 0,
    ...more,
  };
}

export function bytesOf(body: unknown): Uint8Array {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

export async function parsed(body: unknown): Promise<WebhookMessage> {
  const slicer = new TimeSlicer(new VirtualClock({ startMs: NOW_MS }));
  return await parseWebhook(bytesOf(body), { source: 'am', nowMs: NOW_MS, slicer });
}
