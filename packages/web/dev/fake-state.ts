import type { AlertSummary, NotificationEntry, StatusSummary } from '../../api/src/summary.ts';

const startedAtMs = Date.now() - 3 * 3600_000 - 12 * 60_000;
const minutesAgo = (minutes: number): number => Date.now() - minutes * 60_000;

/** `busy`: something is always wrong; `fresh`: just installed; `viewer`: signed in to look; `locked`: a token is wanted. */
export type FakeScene = 'busy' | 'fresh' | 'viewer' | 'locked';

function isBusy(scene: FakeScene): boolean {
  return scene === 'busy' || scene === 'viewer';
}

export function fakeStatus(scene: FakeScene): StatusSummary {
  const busy = busyStatus();
  if (isBusy(scene)) return busy;
  return {
    ...busy,
    status: 'ok',
    problems: [],
    startedAtMs: Date.now() - 42_000,
    targets: { up: 0, down: 0, unknown: 0 },
    alerts: { firing: 1, pending: 0 },
    rules: { groups: 1, rules: 15, failing: 0 },
  };
}

function busyStatus(): StatusSummary {
  return {
    status: 'degraded',
    problems: ['target postgres (127.0.0.1:9187) is down: connection refused'],
    version: '0.1.0',
    hostname: 'atlas',
    startedAtMs,
    nowMs: Date.now(),
    targets: { up: 4, down: 1, unknown: 0 },
    alerts: { firing: 3, pending: 1 },
    rules: { groups: 5, rules: 21, failing: 1 },
    storage: {
      activeSeries: 2431,
      samplesPerSecond: 641,
      diskBytes: 41.3e6,
      diskFreeBytes: 44e9,
      oldestSampleMs: startedAtMs,
    },
    process: { rssBytes: 118e6, cpuRatio: 0.011, loopDelayMsP99: 3.9 },
  };
}

export function fakeAlerts(scene: FakeScene): AlertSummary[] {
  return isBusy(scene) ? busyAlerts() : busyAlerts().filter(({ severity }) => severity === 'none');
}

function busyAlerts(): AlertSummary[] {
  return [
    alert('TargetDown', 'firing', 'critical', 7, {
      labels: { instance: '127.0.0.1:9187', job: 'postgres' },
      summary: 'postgres 127.0.0.1:9187 does not answer',
      description:
        'Every scrape of 127.0.0.1:9187 has failed for 5 minutes. The last error: connection refused.',
      expr: 'up == 0',
      value: '0',
    }),
    alert('DiskFullSoon', 'firing', 'warning', 43, {
      labels: { device: '/dev/sda1', instance: 'atlas', job: 'node', mountpoint: '/srv/data' },
      summary: '/srv/data on atlas will be full within a day',
      description: 'At the pace of the last 6 hours the 52 GiB that are left last for 19 hours.',
      expr: 'predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"}[6h], 24 * 3600) < 0',
      value: '-4.21e+09',
    }),
    alert('HighRequestLatency', 'pending', 'warning', 2, {
      labels: { job: 'api', route: '/api/checkout' },
      summary: 'checkout answers slowly: 95 % within 1.4 s',
      description: '95 % of the requests to /api/checkout are answered within 1.4 s; the goal is 0.5 s.',
      expr: 'histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket{job="api"}[5m]))) > 0.5',
      value: '1.412',
    }),
    alert('DiskFullSoon', 'pending', 'warning', 1, {
      labels: { device: '/dev/nvme0n1p2', instance: 'atlas', job: 'node', mountpoint: '/' },
      summary: '/ on atlas will be full within a day',
      description: 'At the pace of the last 6 hours the 41 GiB that are left last for 22 hours.',
      expr: 'predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"}[6h], 24 * 3600) < 0',
      value: '-1.02e+09',
    }),
    alert('Watchdog', 'firing', 'none', 190, {
      labels: {},
      summary: 'Alerting works',
      description: 'This alert always fires, so that its absence tells of a broken chain.',
      expr: 'vector(1)',
      value: '1',
    }),
  ];
}

interface AlertDetails {
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
  readonly expr: string;
  readonly value: string;
}

function alert(
  name: string,
  state: 'firing' | 'pending',
  severity: string,
  sinceMinutes: number,
  { labels, summary, description, expr, value }: AlertDetails,
): AlertSummary {
  return {
    name,
    state,
    severity,
    labels: { alertname: name, severity, ...labels },
    annotations: { summary, description, runbook_url: `/runbooks/${name}` },
    activeAtMs: minutesAgo(sinceMinutes),
    value,
    group: name === 'HighRequestLatency' ? 'api' : 'host',
    expr,
  };
}

export function fakeNotifications(): NotificationEntry[] {
  return [
    notification(2, 'team', 'firing', 'retrying', {
      attempts: 3,
      error: 'cannot post to http://127.0.0.1:9000/hook: connection refused',
    }),
    notification(7, 'team', 'firing', 'delivered', {}),
    notification(18, 'log', 'resolved', 'delivered', {}),
    notification(43, 'team', 'firing', 'delivered', { attempts: 2 }),
    notification(96, 'mail', 'firing', 'failed', {
      attempts: 5,
      error: 'cannot reach smtp.example.org:587: timed out after 10s',
    }),
  ];
}

function notification(
  minutes: number,
  receiver: string,
  status: 'firing' | 'resolved',
  outcome: NotificationEntry['outcome'],
  { attempts = 1, error = null }: { readonly attempts?: number; readonly error?: string | null },
): NotificationEntry {
  return {
    id: `n${minutes}`,
    atMs: minutesAgo(minutes),
    receiver,
    groupKey:
      minutes % 2 === 0 ? '{}:{alertname="DiskFullSoon"}' : '{}:{alertname="TargetDown", job="postgres"}',
    status,
    alertCount: 1 + (minutes % 3),
    outcome,
    attempts,
    error,
  };
}
