/**
 * From the bytes of a body to alerts. The shape says which format it is:
 *
 * 1. An array: alerts of Alertmanager's API v1, as old versions of Prometheus send them.
 * 2. An object with `alerts`: Alertmanager's webhook, version 4, or Grafana Alerting's, which has `orgId` too.
 * 3. An object with `state` and `ruleName` or `ruleId`: the webhook of Grafana's dashboard alerts.
 *
 * Anything else, and any fault in any alert, refuses the whole body: a webhook is repeated as it is, so that taking
 * half of it would hide the fault for ever. Fields that we do not know are passed over, since senders add some with
 * every version. A missing `startsAt` is now, as for alerts that are posted to Alertmanager.
 */
import { InputError, type Slicer } from '@vedette/model';
import { parseJson } from '../../lib/parse-json.ts';
import type { AlertTime } from '../alert.ts';
import { rfc3339Of } from '../go-text.ts';
import { alertLabels, BodyFields, wrong } from './body-fields.ts';
import { grafanaAnnotations, legacyGrafanaAlerts } from './grafana-body.ts';
import type { WebhookAlert, WebhookMessage } from './webhook-message.ts';

// An alert is about 1 kB. Alertmanager puts whole groups into a body: 4 MiB are 4,000 alerts, and 30 ms of parsing.
export const WEBHOOK_BODY_BYTES_MAX = 4 * 2 ** 20;

/** What 4 MiB hold of usual alerts; tiny ones would be ten times as many. */
export const ALERTS_PER_BODY_MAX = 5000;

export interface WebhookParseOptions {
  readonly source: string;
  readonly nowMs: number;
  readonly slicer: Slicer;
}

/** Rejects with `InputError` that says where, what was got and what is wanted. */
export async function parseWebhook(body: Uint8Array, options: WebhookParseOptions): Promise<WebhookMessage> {
  const { source } = options;
  const value = jsonOf(body);
  if (Array.isArray(value))
    return {
      source,
      format: 'alerts',
      externalUrl: '',
      truncatedCount: 0,
      alerts: await alertsOf(value, options, postedAlertOf),
    };
  const fields = new BodyFields(value);
  if (fields.has('alerts')) return await webhookOf(fields, options);
  if (fields.has('state') && (fields.has('ruleName') || fields.has('ruleId')))
    return {
      source,
      format: 'grafana-legacy',
      externalUrl: '',
      truncatedCount: 0,
      alerts: legacyGrafanaAlerts(fields, now(options)),
    };
  throw wrong('the body', 'an object without alerts', 'the webhook body of Alertmanager or Grafana');
}

async function webhookOf(fields: BodyFields, options: WebhookParseOptions): Promise<WebhookMessage> {
  const isGrafana = fields.has('orgId');
  const version = fields.text('version');
  if (!isGrafana && version !== '' && version !== '4') throw wrong('version', JSON.stringify(version), '"4"');
  const read = isGrafana ? grafanaAlertOf : webhookAlertOf;
  return {
    source: options.source,
    format: isGrafana ? 'grafana' : 'alertmanager',
    externalUrl: fields.text('externalURL'),
    truncatedCount: fields.count('truncatedAlerts'),
    alerts: await alertsOf(fields.list('alerts'), options, read),
  };
}

type AlertReader = (fields: BodyFields, place: string, now: AlertTime) => WebhookAlert;

async function alertsOf(
  values: readonly unknown[],
  options: WebhookParseOptions,
  read: AlertReader,
): Promise<readonly WebhookAlert[]> {
  if (values.length > ALERTS_PER_BODY_MAX)
    throw wrong('the body', `${values.length} alerts`, `at most ${ALERTS_PER_BODY_MAX}`);
  const alerts: WebhookAlert[] = [];
  for (const [i, value] of values.entries()) {
    if (options.slicer.shouldYield()) await options.slicer.yield();
    const place = `alerts[${i}]`;
    alerts.push(read(new BodyFields(value, place), place, now(options)));
  }
  return alerts;
}

const STATUSES = ['firing', 'resolved'] as const;

function webhookAlertOf(fields: BodyFields, place: string, now: AlertTime): WebhookAlert {
  const status = fields.oneOf('status', STATUSES);
  const { startsAt, endsAt } = timesOf(fields, place);
  return {
    status,
    generatorUrl: fields.text('generatorURL'),
    ...alertLabels(place, fields.pairs('labels'), fields.pairs('annotations')),
    startsAt: startsAt ?? (status === 'resolved' ? earlier(endsAt, now) : now),
    // The end of a firing alert says nothing: its sender repeats it, or says that it is over.
    endsAt: status === 'resolved' ? earlier(endsAt, now) : undefined,
  };
}

function grafanaAlertOf(fields: BodyFields, place: string, now: AlertTime): WebhookAlert {
  const annotations = [...fields.pairs('annotations'), ...grafanaAnnotations(fields, place)];
  return {
    ...webhookAlertOf(fields, place, now),
    ...alertLabels(place, fields.pairs('labels'), annotations),
  };
}

/** API v1: no status; the end says whether it is over. */
function postedAlertOf(fields: BodyFields, place: string, now: AlertTime): WebhookAlert {
  const { startsAt, endsAt } = timesOf(fields, place);
  return {
    ...alertLabels(place, fields.pairs('labels'), fields.pairs('annotations')),
    status: endsAt !== undefined && endsAt.ms <= now.ms ? 'resolved' : 'firing',
    startsAt: startsAt ?? earlier(endsAt, now),
    endsAt,
    generatorUrl: fields.text('generatorURL'),
  };
}

function timesOf(
  fields: BodyFields,
  place: string,
): { readonly startsAt: AlertTime | undefined; readonly endsAt: AlertTime | undefined } {
  const startsAt = fields.time('startsAt');
  const endsAt = fields.time('endsAt');
  if (startsAt !== undefined && endsAt !== undefined && endsAt.ms < startsAt.ms)
    throw wrong(`${place}.endsAt`, `"${endsAt.text}"`, `a time not before startsAt, "${startsAt.text}"`);
  return { startsAt, endsAt };
}

/** A sender whose clock is ahead must not keep an alert alive that it calls resolved. */
function earlier(time: AlertTime | undefined, now: AlertTime): AlertTime {
  return time === undefined || time.ms > now.ms ? now : time;
}

function now({ nowMs }: WebhookParseOptions): AlertTime {
  return { ms: nowMs, text: rfc3339Of(nowMs) };
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      'VED_BODY_INVALID',
      `cannot take the alerts: the body is not JSON in UTF-8: ${reason}`,
    );
  }
}
