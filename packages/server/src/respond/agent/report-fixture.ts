import type { AnalysisReport } from '@vedette/api';

/** For tests: a report with something in every part. */
export function reportFixture(changes: Partial<AnalysisReport> = {}): AnalysisReport {
  const startsAtMs = Date.parse('2026-11-21T10:00:00Z');
  const window = { fromMs: startsAtMs - 3 * 3_600_000, untilMs: startsAtMs + 60_000 };
  const labels = { alertname: 'HighErrorRate', job: 'api', instance: 'api-2:9100', severity: 'critical' };
  return {
    version: 1,
    id: '00000000000000aa-1795255260000',
    createdAtMs: startsAtMs + 60_000,
    tookMs: 41,
    headline: 'P1: HighErrorRate of api-2:9100 (job api) for 1 minute: 32 % instead of 0.1 %',
    subject: {
      kind: 'alert',
      fingerprint: '00000000000000aa',
      name: 'HighErrorRate',
      labels,
      annotations: { summary: 'A third of all requests fails' },
      state: 'firing',
      startsAtMs,
      alertCount: 1,
      fingerprints: ['00000000000000aa'],
      expr: 'job:errors:ratio > 0.05',
    },
    severity: {
      priority: 'P1',
      level: 'critical',
      score: 75,
      reasons: [{ text: 'the rule says critical', points: 45 }],
    },
    change: {
      expr: 'job:errors:ratio',
      text: 'job:errors:ratio is 0.32, was 0.001, since 09:58 UTC',
      now: 0.32,
      before: 0.001,
      ratio: 320,
      direction: 'up',
      firstDeviationMs: startsAtMs - 120_000,
      window,
      baselines: [{ fromMs: window.fromMs - 86_400_000, untilMs: window.untilMs - 86_400_000 }],
      evidence: 'e1',
    },
    blastRadius: {
      text: '1 instance of 3',
      targets: { affected: ['api-2:9100'], down: [], total: 3 },
      services: ['api'],
      instances: ['api-2:9100'],
      users: null,
      traffic: { requestsPerSecond: 120, shareRatio: 0.4, errorRatio: 0.32 },
      evidence: ['e2'],
    },
    relatedAlerts: [],
    relatedSeries: [
      {
        query: 'http_request_duration_seconds_sum{instance="api-2:9100"}',
        metric: 'http_request_duration_seconds_sum',
        labels: { instance: 'api-2:9100', job: 'api' },
        score: 41,
        direction: 'up',
        now: 12,
        before: 1,
        firstDeviationMs: startsAtMs - 60_000,
        sharedLabels: ['instance', 'job'],
        otherCount: 0,
        evidence: 'e3',
      },
    ],
    suspects: [],
    runbooks: [],
    nextSteps: [{ text: 'Look at api-2:9100', query: null, command: null, link: null, source: 'agent' }],
    evidence: [
      evidenceOf('e1', 'expression', 'job:errors:ratio', [0.32, 0.001]),
      evidenceOf('e2', 'target', 'up{job="api"}', [1, null]),
      evidenceOf('e3', 'series', 'rate(http_request_duration_seconds_sum[5m])', [12, 1]),
    ],
    gaps: [{ what: 'suspects', why: 'no calls between services are known' }],
    links: [{ label: 'Alert', url: '/alerts/00000000000000aa' }],
    narrative: null,
    ...changes,
  };
}

function evidenceOf(
  id: string,
  kind: AnalysisReport['evidence'][number]['kind'],
  query: string,
  [value, baseline]: readonly [number | null, number | null],
): AnalysisReport['evidence'][number] {
  return { id, kind, text: `${query} stands out`, query, value, baseline, link: null };
}
