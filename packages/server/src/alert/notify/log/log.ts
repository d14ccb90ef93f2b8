import { labelValueOf } from '@vedette/model';
import type { Alert } from '../../alert.ts';
import { labelSetText } from '../../go-text.ts';
import type { Notification, Receiver } from '../receiver.ts';
import type { SenderDeps, SenderOptions } from '../sender.ts';
import type { LogConfig } from './config.ts';

/** Alerts named in one line; the rest is a number. */
const ALERTS_NAMED_MAX = 5;

/**
 * One line per notification in the server log: the receiver of a fresh installation. Alerts that people
 * need not act on (severity `none`, `info`: Watchdog) are lines of level info, others warnings. They are
 * not dropped: a Watchdog appears once per `repeat_interval`, which shows that the chain works.
 */
export function createLogSender(
  deps: Pick<SenderDeps, 'log' | 'onMessage'>,
  { name, index, config }: SenderOptions<LogConfig>,
): Receiver {
  const log = deps.log.child('notification');
  return {
    name,
    index,
    sendsResolved: config.send_resolved,
    integration: 'log',
    send: (notification) => {
      const { prepared } = notification;
      if (prepared !== undefined) {
        deps.onMessage?.(prepared.text);
        const { title: report, link } = prepared;
        log.info('a report on alerts', { group: notification.groupKey, report, text: prepared.brief, link });
        return Promise.resolve({ kind: 'delivered' });
      }
      const isHarmless = notification.alerts.every(isForInformation) || notification.status === 'resolved';
      const message = notification.status === 'firing' ? 'alerts are firing' : 'alerts are resolved';
      const { groupKey: group, reason, id: notificationId } = notification;
      const fields = { group, reason, alerts: textOf(notification), notificationId };
      deps.onMessage?.(`${message}: ${fields.alerts}`);
      if (isHarmless) log.info(message, fields);
      else log.warn(message, fields);
      return Promise.resolve({ kind: 'delivered' });
    },
  };
}

function isForInformation({ labels }: Alert): boolean {
  return ['none', 'info'].includes(labelValueOf(labels, 'severity'));
}

/** `Watchdog{severity="none"}: The chain works; and 3 more`. */
function textOf({ alerts }: Notification): string {
  const named = alerts.slice(0, ALERTS_NAMED_MAX).map((alert) => {
    const summary = labelValueOf(alert.annotations, 'summary');
    const state = alert.endsAt === undefined ? '' : ' (resolved)';
    return `${labelSetText(alert.labels)}${state}${summary === '' ? '' : `: ${summary}`}`;
  });
  const rest = alerts.length - named.length;
  return named.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}
