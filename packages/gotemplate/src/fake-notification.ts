/** A notification for tests. */
import type { NotificationData } from './index.ts';

export const NOTIFICATION: NotificationData = {
  receiver: 'team\\.ops',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'High', job: 'api', __proto__x: 'p' },
      annotations: { summary: '5xx > 5%' },
      startsAt: '2026-11-21T03:54:32.274546017Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://g/?a=b',
      fingerprint: '225433ef3dfd6c6a',
    },
  ],
  groupLabels: { alertname: 'High' },
  commonLabels: { alertname: 'High', job: 'api' },
  commonAnnotations: { summary: '5xx > 5%' },
  externalURL: 'http://vedette.example',
  routeLabels: { team: 'ops' },
  notificationReason: 'first notification',
};
