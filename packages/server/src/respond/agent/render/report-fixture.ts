/** For tests: reports as the agent makes them, and some that nobody would wish to get. */
import { analysisReport, type AnalysisReport } from '@vedette/api';

const STARTED_MS = Date.UTC(2026, 10, 22, 13, 17, 0);
const MADE_MS = Date.UTC(2026, 10, 22, 13, 40, 5);
const HOUR_MS = 3_600_000;

export const EXTERNAL_URL = 'https://vedette.example.test';

/** An outage with everything that a report can hold; `more` replaces fields. */
export function exampleReport(more: Partial<AnalysisReport> = {}): AnalysisReport {
  return analysisReport.parse({ ...OUTAGE, ...more });
}

const OUTAGE: AnalysisReport = {
  version: 1,
  id: '0f8e2a64-5a51-4f0c-9f3e-0c8f5d1b7a11',
  createdAtMs: MADE_MS,
  tookMs: 312,
  headline: 'Checkout answers 12.4% of requests with an error, 31 times what it was, since 13:15 UTC.',
  subject: {
    kind: 'group',
    fingerprint: '9c1b7a2f3d4e5f60',
    name: 'HighErrorRate',
    labels: { alertname: 'HighErrorRate', job: 'checkout', severity: 'critical' },
    annotations: { summary: 'Too many errors' },
    state: 'firing',
    startsAtMs: STARTED_MS,
    alertCount: 3,
    fingerprints: ['9c1b7a2f3d4e5f60', '9c1b7a2f3d4e5f61', '9c1b7a2f3d4e5f62'],
    expr: 'sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.05',
  },
  severity: {
    priority: 'P1',
    level: 'critical',
    score: 82,
    reasons: [
      { text: 'the rule says critical', points: 50 },
      { text: '62% of all requests are affected', points: 25 },
      { text: 'three targets are affected', points: 10 },
      { text: 'it fired twice today and ended by itself', points: -3 },
    ],
  },
  change: {
    expr: 'sum by (job) (rate(http_requests_total{code=~"5..",job="checkout"}[5m])) / sum by (job) (rate(http_requests_total{job="checkout"}[5m]))',
    text: 'The share of errors rose from 0.4% to 12.4%',
    now: 0.1243,
    before: 0.004,
    ratio: 31.075,
    direction: 'up',
    firstDeviationMs: STARTED_MS - 2 * 60_000,
    window: { fromMs: MADE_MS - 3 * HOUR_MS, untilMs: MADE_MS },
    baselines: [{ fromMs: MADE_MS - 27 * HOUR_MS, untilMs: MADE_MS - 24 * HOUR_MS }],
    evidence: 'e1',
  },
  blastRadius: {
    text: '3 of 4 targets of checkout, 2 services',
    targets: {
      affected: ['checkout-1:8080', 'checkout-2:8080', 'checkout-3:8080'],
      down: ['checkout-3:8080'],
      total: 4,
    },
    services: ['checkout', 'cart'],
    instances: ['checkout-1:8080', 'checkout-2:8080', 'checkout-3:8080'],
    users: { count: 1840, text: '1,840 users seen in the last 15 minutes' },
    traffic: { requestsPerSecond: 412.5, shareRatio: 0.62, errorRatio: 0.1243 },
    evidence: ['e2', 'e3'],
  },
  relatedAlerts: [
    {
      fingerprint: 'aa11bb22cc33dd44',
      name: 'PostgresConnectionsHigh',
      labels: { alertname: 'PostgresConnectionsHigh', instance: 'db-1:9187', job: 'postgres' },
      startsAtMs: STARTED_MS - 40_000,
      text: 'began 40 s before, on a service that checkout calls',
      score: 8.2,
    },
    {
      fingerprint: 'aa11bb22cc33dd45',
      name: 'HighLatency',
      labels: { alertname: 'HighLatency', job: 'cart' },
      startsAtMs: STARTED_MS + 30_000,
      text: 'same instance, began 30 s after',
      score: 5,
    },
  ],
  relatedSeries: Array.from({ length: 8 }, (_, i) => ({
    query: `pg_stat_activity_count{datname="shop",instance="db-1:9187",state="active${i === 0 ? '' : i}"}`,
    metric: 'pg_stat_activity_count',
    labels: { datname: 'shop', instance: 'db-1:9187' },
    score: 14.5 - i,
    direction: 'up' as const,
    now: 98 - i,
    before: 12,
    firstDeviationMs: i === 0 ? STARTED_MS - 60_000 : null,
    sharedLabels: ['instance'],
    otherCount: i === 0 ? 3 : 0,
    evidence: 'e3',
  })),
  suspects: [
    {
      entity: 'db-1:9187',
      kind: 'instance',
      confidence: 0.78,
      text: 'Its connections reached their limit a minute before the errors began.',
      evidenceFor: ['e3', 'e4'],
      evidenceAgainst: ['e5'],
    },
    {
      entity: 'checkout',
      kind: 'service',
      confidence: 0.31,
      text: 'All its targets show it.',
      evidenceFor: ['e1'],
      evidenceAgainst: [],
    },
  ],
  runbooks: [
    {
      id: 'HighErrorRate',
      title: 'High error rate',
      score: 12,
      why: ['named for this alert', 'job="checkout" matches "check.*"'],
      link: '/runbook/HighErrorRate',
    },
  ],
  nextSteps: [
    {
      text: 'Look at the connections of the database',
      query: 'pg_stat_activity_count{instance="db-1:9187"}',
      command: null,
      link: '/explore?expr=pg_stat_activity_count',
      source: 'HighErrorRate',
    },
    {
      text: 'See what holds them',
      query: null,
      command: `psql -h db-1 -c "select pid, state, query from pg_stat_activity where state <> 'idle'"`,
      link: null,
      source: 'HighErrorRate',
    },
    {
      text: 'Look at what was deployed at 13:10 UTC',
      query: null,
      command: null,
      link: null,
      source: 'agent',
    },
  ],
  evidence: [
    {
      id: 'e1',
      kind: 'expression',
      text: 'The share of errors over three hours',
      query: 'sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))',
      value: 0.1243,
      baseline: 0.004,
      link: '/explore?expr=errors',
    },
    {
      id: 'e2',
      kind: 'target',
      text: 'checkout-3:8080 is down',
      query: 'up{job="checkout"}',
      value: 0,
      baseline: 1,
      link: null,
    },
    {
      id: 'e3',
      kind: 'series',
      text: 'Connections of db-1',
      query: null,
      value: 98,
      baseline: 12,
      link: null,
    },
    {
      id: 'e4',
      kind: 'call-graph',
      text: 'checkout calls db-1',
      query: null,
      value: null,
      baseline: null,
      link: null,
    },
    {
      id: 'e5',
      kind: 'series',
      text: 'Processor time of db-1 did not change',
      query: null,
      value: 0.31,
      baseline: 0.3,
      link: null,
    },
  ],
  gaps: [{ what: 'logs', why: 'no store of logs is configured' }],
  links: [
    { label: 'Dashboard', url: '/dashboards/checkout' },
    { label: 'Rule', url: 'https://git.example.test/rules/checkout.yml' },
  ],
  narrative: null,
};

/** The least that a report can be: an alert from elsewhere about which nothing is known. */
export function bareReport(): AnalysisReport {
  return exampleReport({
    headline: 'Watchdog fires since 13:17 UTC; nothing is known about what it measures.',
    subject: {
      ...OUTAGE.subject,
      kind: 'alert',
      name: 'Watchdog',
      labels: { alertname: 'Watchdog' },
      alertCount: 1,
      fingerprints: ['9c1b7a2f3d4e5f60'],
      expr: null,
    },
    severity: { priority: 'P4', level: 'info', score: 5, reasons: [] },
    change: null,
    blastRadius: {
      text: '',
      targets: { affected: [], down: [], total: 0 },
      services: [],
      instances: [],
      users: null,
      traffic: null,
      evidence: [],
    },
    relatedAlerts: [],
    relatedSeries: [],
    suspects: [],
    runbooks: [],
    nextSteps: [],
    evidence: [],
    gaps: [{ what: 'the expression', why: 'the alert came from another server' }],
    links: [],
  });
}

/** One that is over, in the words of a model too. */
export function narratedReport(): AnalysisReport {
  return exampleReport({
    subject: { ...OUTAGE.subject, kind: 'alert', state: 'resolved', alertCount: 1 },
    narrative: {
      text: 'The database ran out of connections.\n\nCheckout then failed for most users.',
      claims: [{ text: 'Connections came before errors.', evidence: ['e3', 'e1'] }],
      droppedClaimCount: 2,
      model: 'small-model-1',
      tookMs: 4100,
      tokenCount: 1900,
      toolCallCount: 3,
    },
  });
}

/** Every text is `value`, every list as long as the agent makes it, every link one that must lead nowhere. */
export function hostileReport(value: string, link = 'javascript:alert(1)'): AnalysisReport {
  const many = <T>(count: number, of: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => of(i));
  const labels = { alertname: value, [`x${value.slice(0, 200)}`]: value, job: value };
  return exampleReport({
    id: value,
    headline: value,
    subject: { ...OUTAGE.subject, name: value, labels, annotations: { summary: value }, expr: value },
    severity: {
      priority: 'P1',
      level: 'critical',
      score: 99,
      reasons: many(20, () => ({ text: value, points: 5 })),
    },
    change: OUTAGE.change === null ? null : { ...OUTAGE.change, expr: value, text: value },
    blastRadius: {
      text: value,
      targets: { affected: many(50, () => value), down: many(50, () => value), total: 50 },
      services: many(50, () => value),
      instances: many(50, () => value),
      users: { count: 3, text: value },
      traffic: OUTAGE.blastRadius.traffic,
      evidence: [value],
    },
    relatedAlerts: many(10, (i) => ({
      fingerprint: value,
      name: value,
      labels,
      startsAtMs: i,
      text: value,
      score: 1,
    })),
    relatedSeries: many(20, () => ({
      query: value,
      metric: value,
      labels,
      score: 1e308,
      direction: 'up' as const,
      now: null,
      before: -1e-300,
      firstDeviationMs: 9e15,
      sharedLabels: [value],
      otherCount: 1e9,
      evidence: value,
    })),
    suspects: many(3, () => ({
      entity: value,
      kind: 'service' as const,
      confidence: 0.5,
      text: value,
      evidenceFor: many(30, () => value),
      evidenceAgainst: many(30, () => value),
    })),
    runbooks: many(3, () => ({ id: value, title: value, score: 1, why: many(20, () => value), link })),
    nextSteps: many(10, () => ({ text: value, query: value, command: value, link, source: value })),
    evidence: many(60, () => ({
      id: value,
      kind: 'series' as const,
      text: value,
      query: value,
      value: 1,
      baseline: null,
      link,
    })),
    gaps: many(20, () => ({ what: value, why: value })),
    links: many(20, (i) => ({ label: value, url: i === 0 ? link : `${link}${i}` })),
    narrative: {
      text: value,
      claims: many(10, () => ({ text: value, evidence: [value] })),
      droppedClaimCount: 1,
      model: value,
      tookMs: 1,
      tokenCount: 1,
      toolCallCount: 1,
    },
  });
}
