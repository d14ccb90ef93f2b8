import type { AlertExplanation, SilencePreview } from '../../api/src/alerting.ts';
import { fakeAlerts, type FakeScene } from './fake-state.ts';

/** Silences and what the alert stage knows, invented. Silences are not kept: a picture needs no memory. */

const HOUR_MS = 3_600_000;
const at = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();
const ACTIVE_ID = '5f0a1d6e-2b1c-4c0a-9d2e-7a41c06b1f00';

export function fakeManagedAlerts(scene: FakeScene): object[] {
  return fakeAlerts(scene)
    .filter(({ state }) => state === 'firing')
    .map(({ name, labels, annotations, activeAtMs }) => ({
      fingerprint: fingerprintOf(name),
      labels,
      annotations,
      startsAt: new Date(activeAtMs).toISOString(),
      receivers: [{ name: 'team' }],
      status: {
        state: 'active',
        silencedBy: name === 'DiskFullSoon' ? [ACTIVE_ID] : [],
        inhibitedBy: [],
        mutedBy: [],
      },
    }));
}

export function fakeSilences(): object[] {
  const matcher = (name: string, value: string, isRegex = false, isEqual = true): object => ({
    name,
    value,
    isRegex,
    isEqual,
  });
  return [
    silence(ACTIVE_ID, 'active', -1, 2.4, 'The volume of /srv/data grows tonight, ticket OPS-4211', [
      matcher('alertname', 'DiskFullSoon'),
      matcher('mountpoint', '/srv/data'),
    ]),
    silence('11111111-2b1c-4c0a-9d2e-7a41c06b1f01', 'active', -30, 12, 'New rack', [
      matcher('instance', 'web-(1[0-9]|2[0-4])\\.example\\.org:9100', true),
      matcher('severity', 'critical', false, false),
    ]),
    silence('22222222-2b1c-4c0a-9d2e-7a41c06b1f02', 'pending', 20, 22, 'Switch firmware', [
      matcher('site', 'north'),
    ]),
    silence('33333333-2b1c-4c0a-9d2e-7a41c06b1f03', 'expired', -60, -52, 'Load test', [
      matcher('job', 'api'),
    ]),
  ];
}

function silence(
  id: string,
  state: string,
  start: number,
  end: number,
  comment: string,
  matchers: object[],
): object {
  return {
    id,
    status: { state },
    updatedAt: at(start),
    comment,
    createdBy: 'Ada Lovelace',
    startsAt: at(start),
    endsAt: at(end),
    matchers,
  };
}

/** Hits what has the values of the conditions; the comparison is not looked at. */
export function fakePreview(scene: FakeScene, matchers: readonly { value: string }[]): SilencePreview {
  const firing = fakeAlerts(scene).filter(({ state }) => state === 'firing');
  const hits = firing.filter(({ labels }) =>
    matchers.every(({ value }) => Object.values(labels).some((have) => have.includes(value))),
  );
  return {
    firingCount: firing.length,
    matchedCount: hits.length,
    mutedCount: hits.filter(({ name }) => name === 'DiskFullSoon').length,
    alerts: hits.map(({ name, labels, activeAtMs }) => ({
      fingerprint: fingerprintOf(name),
      labels: { ...labels },
      startsAtMs: activeAtMs,
      receivers: ['team'],
      silencedBy: [],
      inhibitedBy: [],
    })),
    receivers: hits.length === 0 ? [] : [{ name: 'team', alertCount: hits.length }],
    warning: null,
  };
}

export function fakeExplanation(labels: Record<string, string>): AlertExplanation {
  const nextMs = Date.now() + 3 * 60_000;
  const text = `Nothing is new since the message of ${at(-1)}; it is repeated at ${at(3)}, the first flush after repeat_interval (4h).`;
  return {
    atMs: Date.now(),
    summary: `The next message goes to "team" (slack) at ${at(3)}. ${text}`,
    fingerprint: fingerprintOf(labels['alertname'] ?? ''),
    labels,
    state: 'firing',
    alert: null,
    inhibitedBy: [],
    silencedBy: [{ id: ACTIVE_ID, comment: 'The volume grows tonight', createdBy: 'Ada', endsAtMs: nextMs }],
    tree: step('', 'everybody', 'passed', [
      step('0', 'dba', 'refused', [], [{ matcher: 'team=~"db|storage"', value: '', isMet: false }]),
      step('1', 'team', 'taken', [], [{ matcher: 'job="postgres"', value: 'postgres', isMet: true }]),
      step('2', 'log', 'not asked', []),
    ]),
    routes: [
      {
        id: '1',
        receiver: 'team',
        groupKey: '{}/{job="postgres"}:{alertname="TargetDown", job="postgres"}',
        groupLabels: { alertname: 'TargetDown' },
        groupWaitMs: 30_000,
        groupIntervalMs: 300_000,
        repeatIntervalMs: 4 * HOUR_MS,
        group: { nextFlushMs: nextMs, hasFlushed: true, alertCount: 3 },
        mutedBy: null,
        integrations: [
          integration('slack', { atMs: nextMs, reason: 'repeat interval elapsed', text }),
          integration('webhook', {
            atMs: null,
            reason: null,
            text: 'The group has nothing to tell that was not told.',
          }),
        ],
      },
    ],
  };
}

type Step = AlertExplanation['tree'];

function step(
  id: string,
  receiver: string,
  verdict: Step['verdict'],
  routes: readonly Step[],
  matchers: Step['matchers'] = [],
): Step {
  return { id, receiver, isContinued: false, verdict, reason: '', matchers, routes };
}

type Integration = AlertExplanation['routes'][number]['integrations'][number];

function integration(name: string, next: Integration['next']): Integration {
  return {
    integration: name,
    index: 0,
    sendsResolved: true,
    told: { id: 'm1', atMs: Date.now() - HOUR_MS, said: 'firing' },
    unconfirmed: null,
    retrying: null,
    lastError:
      name === 'webhook'
        ? { atMs: Date.now() - HOUR_MS, category: 'serverError', error: 'status 502: bad gateway' }
        : null,
    next,
  };
}

function fingerprintOf(name: string): string {
  return Buffer.from(name).toString('hex').slice(0, 16).padEnd(16, '0');
}
