/** Invented targets, rule groups and a runbook, in Prometheus' forms. */
export function fakeTargets(): object[] {
  return [
    target('node', 'atlas', { path: 'host collector' }),
    target('vedette', 'atlas', { path: 'self' }),
    target('api', '127.0.0.1:3000', {}),
    target('api', '127.0.0.1:3001', { env: 'canary' }),
    target(
      'postgres',
      '127.0.0.1:9187',
      {},
      'Get "http://127.0.0.1:9187/metrics": dial tcp 127.0.0.1:9187: connection refused',
    ),
  ];
}

function target(job: string, instance: string, more: Record<string, string>, lastError = ''): object {
  return {
    scrapePool: job,
    scrapeUrl: `http://${instance}/metrics`,
    globalUrl: `http://${instance}/metrics`,
    labels: { instance, job, ...more },
    discoveredLabels: { __address__: instance, __metrics_path__: '/metrics', __scheme__: 'http', job },
    health: lastError === '' ? 'up' : 'down',
    lastError,
    lastScrape: new Date(Date.now() - 1300 - instance.length * 211).toISOString(),
    lastScrapeDuration: 0.002 + instance.length / 4000,
    scrapeInterval: job === 'node' || job === 'vedette' ? '2s' : '15s',
    scrapeTimeout: '10s',
  };
}

export function fakeRuleGroups(): object[] {
  return [
    group('host', 'rules/host.yml', [
      alerting('TargetDown', 'up == 0', 'firing', 300, 'critical'),
      alerting(
        'DiskFullSoon',
        'predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"}[6h], 24 * 3600) < 0',
        'firing',
        1800,
        'warning',
      ),
      alerting(
        'HighCpu',
        '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) > 0.9',
        'inactive',
        900,
        'warning',
      ),
      alerting(
        'MemoryLow',
        'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05',
        'inactive',
        300,
        'critical',
      ),
      alerting('Watchdog', 'vector(1)', 'firing', 0, 'none'),
    ]),
    group('api', 'rules/api.yml', [
      recording('job:http_requests:rate5m', 'sum by (job) (rate(http_requests_total[5m]))'),
      alerting(
        'HighRequestLatency',
        'histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket{job="api"}[5m]))) > 0.5',
        'pending',
        300,
        'warning',
      ),
      {
        ...recording('job:http_errors:ratio', 'job:http_errors:rate5m / on (job) job:http_requests:rate5m'),
        health: 'err',
        lastError:
          'cannot evaluate rule "job:http_errors:ratio": found duplicate series for the match group {job="api"} on the right hand-side',
      },
    ]),
  ];
}

function group(name: string, file: string, rules: object[]): object {
  return {
    name,
    file,
    interval: 15,
    limit: 0,
    rules,
    evaluationTime: 0.0042,
    lastEvaluation: new Date(Date.now() - 6200).toISOString(),
  };
}

function recording(name: string, query: string): object {
  return {
    type: 'recording',
    name,
    query,
    health: 'ok',
    evaluationTime: 0.0008,
    lastEvaluation: new Date(Date.now() - 6200).toISOString(),
  };
}

function alerting(name: string, query: string, state: string, duration: number, severity: string): object {
  return {
    ...recording(name, query),
    type: 'alerting',
    state,
    duration,
    keepFiringFor: 0,
    labels: { severity },
    annotations: { summary: `${name} on {{ $labels.instance }}`, runbook_url: `/runbooks/${name}` },
    alerts: [],
  };
}

export const FAKE_RUNBOOK = `# $NAME

The target does not answer its scrapes. **Nobody knows** how the service is while this fires.

## Meaning

Every scrape has failed for five minutes: \`up == 0\`.

## Find out

1. Is the process running? Ask on its machine:

   \`\`\`sh
   systemctl status postgres-exporter
   curl -sS http://127.0.0.1:9187/metrics | head
   \`\`\`

2. Does it listen where the configuration says? See [Targets](/targets?health=down).
3. Was it deployed just now? Compare the start of the alert with the last release.

## Mend

- Restart it; if it dies again, read its last log lines first.
- If the machine is gone, silence the alert while you replace it.
`;
