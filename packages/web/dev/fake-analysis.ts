import type { AnalysisReport } from '@vedette/api';

const MINUTE_MS = 60_000;

const SEVERITY: AnalysisReport['severity'] = {
  priority: 'P1',
  level: 'critical',
  score: 80,
  reasons: [
    { text: 'the rule says critical', points: 45 },
    { text: 'a target is down', points: 15 },
    { text: '23 % of the requests of a service that depends on it fail', points: 20 },
  ],
};

const BLAST_RADIUS: AnalysisReport['blastRadius'] = {
  text: '1 instance of 6 in job postgres (127.0.0.1:9187); 2 services (postgres, api); 1 target down; 84 % of all requests; 23 % of them fail',
  targets: { affected: ['127.0.0.1:9187'], down: ['127.0.0.1:9187'], total: 6 },
  services: ['postgres', 'api'],
  instances: ['127.0.0.1:9187'],
  users: { count: 412, text: '412 users active of late; which of them use what is hit is not known' },
  traffic: { requestsPerSecond: 52.4, shareRatio: 0.84, errorRatio: 0.23 },
  evidence: ['e1', 'e2'],
};

const SUSPECTS: AnalysisReport['suspects'] = [
  {
    entity: 'postgres',
    kind: 'dependency',
    confidence: 0.86,
    text: 'It is down, api calls it, and nothing that it calls deviates.',
    evidenceFor: ['e1', 'e2'],
    evidenceAgainst: [],
  },
];

const RUNBOOKS: AnalysisReport['runbooks'] = [
  {
    id: 'TargetDown',
    title: 'TargetDown',
    score: 10,
    why: ['named for this alert'],
    link: '/runbook/TargetDown',
  },
];

const NEXT_STEPS: AnalysisReport['nextSteps'] = [
  {
    text: 'Find out why 127.0.0.1:9187 does not answer scrapes: process, host, network',
    query: null,
    command: null,
    link: '/targets?health=down',
    source: 'agent',
  },
  {
    text: 'Is the process there?',
    query: null,
    command: "systemctl status 'postgresql'",
    link: null,
    source: 'TargetDown',
  },
  {
    text: 'Since when, and which targets?',
    query: 'up{job="postgres"}',
    command: null,
    link: null,
    source: 'TargetDown',
  },
  {
    text: 'Silence it while you work on it',
    query: null,
    command: null,
    link: '/alerts/silences/new?filter=%7Bjob%3D%22postgres%22%7D',
    source: 'agent',
  },
];

const EVIDENCE: AnalysisReport['evidence'] = [
  {
    id: 'e1',
    kind: 'target',
    text: 'up of 127.0.0.1:9187 is 0 since 09:41',
    query: 'up{job="postgres"}',
    value: 0,
    baseline: 1,
    link: null,
  },
  {
    id: 'e2',
    kind: 'series',
    text: '12.1 failed requests a second of api, 0.02 before',
    query: 'http_requests_total{job="api"}',
    value: 12.1,
    baseline: 0.02,
    link: null,
  },
  {
    id: 'e3',
    kind: 'series',
    text: 'p95 of api is 4.9 s, 0.12 s before',
    query: null,
    value: 4.9,
    baseline: 0.12,
    link: null,
  },
  {
    id: 'e4',
    kind: 'series',
    text: 'no idle connections, 18 before',
    query: null,
    value: 0,
    baseline: 18,
    link: null,
  },
];

const NARRATIVE: AnalysisReport['narrative'] = {
  text: 'PostgreSQL stopped at 09:41. The API still runs but cannot reach it, so checkouts fail.',
  claims: [{ text: 'PostgreSQL is down since 09:41.', evidence: ['e1'] }],
  droppedClaimCount: 1,
  model: 'llama3.3',
  tookMs: 4100,
  tokenCount: 3120,
  toolCallCount: 2,
};

/** A report as the monitor agent makes it of a database that went away. */
export function fakeAnalysis(fingerprint: string, nowMs: number): AnalysisReport {
  const labels = { job: 'postgres', instance: '127.0.0.1:9187', severity: 'critical' };
  const since = nowMs - 9 * MINUTE_MS;
  const series = (metric: string, score: number, now: number, before: number, id: string) => ({
    query: comparedExpr(metric),
    metric,
    labels: { job: 'api', route: '/checkout' },
    score,
    direction: now > before ? ('up' as const) : ('down' as const),
    now,
    before,
    firstDeviationMs: since,
    sharedLabels: ['job'],
    otherCount: 2,
    evidence: id,
  });
  return {
    version: 1,
    id: `${fingerprint}-1`,
    createdAtMs: nowMs - MINUTE_MS,
    tookMs: 143,
    headline: 'P1: TargetDown on 127.0.0.1:9187, for 9 minutes: up is 0, was 1',
    subject: {
      kind: 'alert',
      fingerprint,
      name: 'TargetDown',
      labels,
      annotations: { summary: 'postgres is down' },
      state: 'firing',
      startsAtMs: since,
      alertCount: 1,
      fingerprints: [fingerprint],
      expr: 'up == 0',
    },
    severity: SEVERITY,
    change: fakeChange(nowMs),
    blastRadius: BLAST_RADIUS,
    relatedAlerts: [
      {
        fingerprint: 'b1',
        name: 'HighErrorRate',
        labels: { alertname: 'HighErrorRate', job: 'api' },
        startsAtMs: since + 2 * MINUTE_MS,
        text: 'began 2 minutes later; api calls postgres',
        score: 0.9,
      },
    ],
    relatedSeries: [
      series('http_requests_failed_total', 48.2, 12.1, 0.02, 'e2'),
      series('http_request_duration_seconds', 31, 4.9, 0.12, 'e3'),
      series('db_pool_idle_connections', 9.4, 0, 18, 'e4'),
    ],
    suspects: SUSPECTS,
    runbooks: RUNBOOKS,
    nextSteps: NEXT_STEPS,
    evidence: EVIDENCE,
    gaps: [{ what: 'users', why: 'nothing tells this server of users: the guard takes no actions' }],
    links: [],
    narrative: NARRATIVE,
  };
}

/** As the agent compares: the rate of what only grows, the mean of a histogram. */
function comparedExpr(metric: string): string {
  const rate = (name: string): string => `rate(${name}{job="api"}[5m])`;
  if (metric.endsWith('_total')) return rate(metric);
  return metric.endsWith('_seconds')
    ? `${rate(`${metric}_sum`)} / ${rate(`${metric}_count`)}`
    : `${metric}{job="api"}`;
}

/** Of an alert of another server that ended meanwhile: nothing is known but that it was there. */
export function fakeBareAnalysis(fingerprint: string, nowMs: number): AnalysisReport {
  const full = fakeAnalysis(fingerprint, nowMs);
  return {
    ...full,
    headline: 'P4: Heartbeat, resolved',
    subject: {
      ...full.subject,
      name: 'Heartbeat',
      labels: {},
      annotations: {},
      state: 'resolved',
      startsAtMs: nowMs - 1500 * MINUTE_MS,
      expr: null,
    },
    severity: { priority: 'P4', level: 'info', score: 0, reasons: [] },
    change: null,
    blastRadius: {
      text: 'The alert does not say what it is about',
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
    nextSteps: [
      {
        text: 'Write a runbook for this alert: none matches it',
        query: null,
        command: 'vedette runbook new Heartbeat',
        link: null,
        source: 'agent',
      },
    ],
    evidence: [],
    gaps: [
      {
        what: 'what changed',
        why: 'the expression is not known: the alert came from elsewhere without a link to it, or its rule is gone',
      },
      { what: 'targets', why: 'the alert has neither a job nor an instance' },
      { what: 'runbooks', why: 'no runbook is for Heartbeat; vedette runbook new begins one' },
    ],
    narrative: null,
  };
}

function fakeChange(nowMs: number): AnalysisReport['change'] {
  const since = nowMs - 9 * MINUTE_MS;
  return {
    expr: 'up',
    text: 'up{job="postgres"} is 0 since 09:41; on the same hours of the 7 days before it was 1 throughout.',
    now: 0,
    before: 1,
    ratio: 0,
    direction: 'down',
    firstDeviationMs: since,
    window: { fromMs: nowMs - 180 * MINUTE_MS, untilMs: nowMs },
    baselines: [{ fromMs: nowMs - 1620 * MINUTE_MS, untilMs: nowMs - 1440 * MINUTE_MS }],
    evidence: 'e1',
  };
}
