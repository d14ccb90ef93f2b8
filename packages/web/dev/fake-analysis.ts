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
  text: '1 of 6 targets is down; api calls it, and serves 84 % of all requests.',
  targets: { affected: ['127.0.0.1:9187'], down: ['127.0.0.1:9187'], total: 6 },
  services: ['postgres', 'api'],
  instances: ['127.0.0.1:9187'],
  users: { count: 412, text: '412 users were active in the last 15 minutes' },
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
    query: `${metric}{job="api"}`,
    metric,
    labels: { job: 'api', route: '/checkout' },
    score,
    direction: now > before ? ('up' as const) : ('down' as const),
    now,
    before,
    firstDeviationMs: since,
    sharedLabels: ['job'],
    otherCount: 0,
    evidence: id,
  });
  return {
    version: 1,
    id: `${fingerprint}-1`,
    createdAtMs: nowMs - MINUTE_MS,
    tookMs: 143,
    headline:
      'TargetDown (P1): postgres at 127.0.0.1:9187 has been down for 9 minutes, and 23 % of the requests of api fail.',
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
      series('http_requests_total:errors', 48.2, 12.1, 0.02, 'e2'),
      series('http_request_duration_seconds:p95', 31, 4.9, 0.12, 'e3'),
      series('db_pool_idle_connections', 9.4, 0, 18, 'e4'),
    ],
    suspects: SUSPECTS,
    runbooks: RUNBOOKS,
    nextSteps: NEXT_STEPS,
    evidence: EVIDENCE,
    gaps: [{ what: 'call graph:', why: 'no series says who calls whom; spans would' }],
    links: [],
    narrative: NARRATIVE,
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
