/** The texts of one notification: templates of the configuration over what there is to tell. */
import {
  TemplateError,
  type NotificationData,
  type NotificationTemplates,
  type TextRecord,
} from '@vedette/gotemplate';
import { quotePattern, type Labels } from '@vedette/model';
import type { Alert } from '../alert.ts';
import { commonLabelsOf, labelPairsOf } from '../common-labels.ts';
import type { Notification } from './receiver.ts';

/** Go's zero time: what stands for "has not ended". */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/**
 * Alerts, firing ones first, that a template gets when it came to its limits over all: more than a message
 * of any channel has room for.
 */
const ALERTS_SHOWN_MAX = 200;

/** A text that cannot be filled; names the key of the configuration. Final: the next attempt fails as well. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault';
}

export interface NotificationTexts {
  readonly data: NotificationData;
  /** `key` names the text in an error: `slack_configs.title`. */
  text(template: string, key: string): string;
  /** Each value escaped for its place in HTML. */
  html(template: string, key: string): string;
}

/** `valueOf` may change what came from outside: names and values of labels and annotations, the source's address. */
export function notificationTexts(
  { templates, externalUrl }: { readonly templates: NotificationTemplates; readonly externalUrl: string },
  notification: Notification,
  valueOf: (outside: string) => string = (outside) => outside,
): NotificationTexts {
  const data = withValues(notificationDataOf(notification, externalUrl), valueOf);
  return {
    data,
    text: (template, key) => filled(data, key, (over) => templates.executeText(template, over)),
    html: (template, key) => filled(data, key, (over) => templates.executeHtml(template, over)),
  };
}

/** A list of thousands can be more than a template may do: then it is one of the first alerts. */
function filled(data: NotificationData, key: string, execute: (over: NotificationData) => string): string {
  try {
    return execute(data);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    if (error.reason === 'limit' && data.alerts.length > ALERTS_SHOWN_MAX)
      return filled(firstAlertsOf(data), key, execute);
    throw new TemplateFault(`cannot fill the template of ${key}: ${error.message}`, { cause: error });
  }
}

function firstAlertsOf(data: NotificationData): NotificationData {
  const byState = (wanted: 'firing' | 'resolved'): NotificationData['alerts'] =>
    data.alerts.filter(({ status }) => status === wanted);
  const alerts = [...byState('firing'), ...byState('resolved')].slice(0, ALERTS_SHOWN_MAX);
  return { ...data, alerts };
}

/** What templates see, as the webhook's body has it. */
function notificationDataOf(notification: Notification, externalURL: string): NotificationData {
  const { alerts } = notification;
  return {
    // Alertmanager shows the receiver as a pattern that matches its name.
    receiver: quotePattern(notification.receiver),
    status: notification.status,
    alerts: alerts.map(dataOf),
    groupLabels: recordOf(notification.groupLabels),
    commonLabels: recordOf(commonLabelsOf(alerts.map(({ labels }) => labels))),
    commonAnnotations: recordOf(commonLabelsOf(alerts.map(({ annotations }) => annotations))),
    externalURL,
    notificationReason: notification.reason,
  };
}

function withValues(data: NotificationData, valueOf: (outside: string) => string): NotificationData {
  const recordOfValues = (texts: TextRecord): TextRecord =>
    Object.fromEntries(Object.entries(texts).map(([name, value]) => [valueOf(name), valueOf(value)]));
  return {
    ...data,
    alerts: data.alerts.map((alert) => ({
      ...alert,
      labels: recordOfValues(alert.labels),
      annotations: recordOfValues(alert.annotations),
      generatorURL: valueOf(alert.generatorURL),
    })),
    groupLabels: recordOfValues(data.groupLabels),
    commonLabels: recordOfValues(data.commonLabels),
    commonAnnotations: recordOfValues(data.commonAnnotations),
  };
}

function dataOf(alert: Alert): NotificationData['alerts'][number] {
  return {
    status: alert.endsAt === undefined ? 'firing' : 'resolved',
    labels: recordOf(alert.labels),
    annotations: recordOf(alert.annotations),
    startsAt: alert.startsAt.text,
    endsAt: alert.endsAt?.text ?? ZERO_TIME,
    generatorURL: alert.generatorUrl,
    fingerprint: alert.fingerprint,
  };
}

function recordOf(labels: Labels): Readonly<Record<string, string>> {
  return Object.fromEntries(labelPairsOf(labels));
}
