/** Incidents as they happen, told in samples; the report must name what an on-call person would. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertFixture, MINUTE_MS, NOW_MS, reportOn, ruleFixture, Story } from './agent-fixture.ts';

test('a disk that fills: the value, since when, and the program that writes', async () => {
  const disk = { job: 'node', instance: 'db-1:9100', device: '/dev/sda1', mountpoint: '/data' };
  const story = new Story();
  const GIB = 2 ** 30;
  // Full at the end, from 40 % free; the log of one service grows since 40 minutes ago.
  const free = (minute: number): number =>
    (minute < -40 ? 40 : Math.max(2, 40 + (minute + 40) * -0.95)) * GIB;
  story
    .gauge({ __name__: 'node_filesystem_avail_bytes', ...disk }, free, { noise: 0 })
    .gauge({ __name__: 'node_filesystem_size_bytes', ...disk }, () => 100 * GIB, { noise: 0 })
    .gauge({ __name__: 'node_load5', job: 'node', instance: 'db-1:9100' }, () => 0.7)
    .gauge({ __name__: 'up', job: 'node', instance: 'db-1:9100' }, () => 1, { noise: 0 })
    .gauge({ __name__: 'up', job: 'node', instance: 'db-2:9100' }, () => 1, { noise: 0 })
    .counter(
      { __name__: 'node_disk_written_bytes_total', job: 'node', instance: 'db-1:9100', device: 'sda' },
      (minute) => (minute < -40 ? 1e5 : 2e7),
    )
    .counter(
      { __name__: 'node_disk_written_bytes_total', job: 'node', instance: 'db-2:9100', device: 'sda' },
      () => 1e5,
    )
    .counter({ __name__: 'node_network_receive_bytes_total', job: 'node', instance: 'db-1:9100' }, () => 5e5);
  const report = await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'DiskFull', severity: 'warning', ...disk })],
    rules: [
      ruleFixture(
        'DiskFull',
        'node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1 and node_filesystem_size_bytes > 1e9',
        [['severity', 'warning']],
      ),
    ],
  });
  assert.equal(report.change?.direction, 'down');
  assert.ok((report.change.now ?? 1) < 0.05);
  assert.ok(Math.abs((report.change.before ?? 0) - 0.4) < 0.01);
  const since = (report.change.firstDeviationMs ?? 0) - NOW_MS;
  assert.ok(since > -41 * MINUTE_MS && since < -35 * MINUTE_MS, `${since / MINUTE_MS} minutes`);
  const [writer] = report.relatedSeries.filter(({ metric }) => metric === 'node_disk_written_bytes_total');
  assert.equal(writer?.labels['instance'], 'db-1:9100');
  assert.equal(writer.direction, 'up');
  assert.ok(!report.relatedSeries.some(({ metric }) => metric === 'node_load5'), 'noise is no finding');
  assert.deepEqual(report.blastRadius.targets, { affected: ['db-1:9100'], down: [], total: 2 });
  assert.match(
    report.headline,
    /^P[34]: DiskFull on db-1:9100, for 5 minutes: its value is 0\.0\d+, was 0\.4/,
  );
});

/** Three instances; one of them answers errors since its new version came, ten minutes ago. */
function deployStory(): Story {
  const story = new Story();
  for (const [i, instance] of ['api-1:80', 'api-2:80', 'api-3:80'].entries()) {
    const id = { job: 'api', instance };
    const isBad = i === 1;
    const fails = (minute: number): number => (isBad && minute >= -9 ? 40 : 0.05);
    story
      .gauge({ __name__: 'up', ...id }, () => 1, { noise: 0 })
      .counter({ __name__: 'http_requests_total', ...id, code: '200' }, (minute) =>
        isBad && minute >= -9 ? 60 : 100,
      )
      .counter({ __name__: 'http_requests_total', ...id, code: '500' }, fails)
      .gauge({ __name__: 'queue_length', ...id }, (minute) => (isBad && minute >= -9 ? 90 : 4))
      .gauge({ __name__: 'db_connections', ...id }, (minute) => (isBad && minute >= -9 ? 60 : 10))
      .gauge({ __name__: 'heap_bytes', ...id }, () => 2e8)
      .gauge(
        { __name__: 'process_start_time_seconds', ...id },
        (minute) => (isBad && minute >= -10 ? NOW_MS / 1000 - 600 : 1.7e9),
        { noise: 0 },
      )
      .gauge(
        { __name__: 'app_build_info', ...id, version: '1.4.1' },
        (minute) => (isBad && minute >= -10 ? undefined : 1),
        { noise: 0 },
      );
    if (isBad)
      story.gauge(
        { __name__: 'app_build_info', ...id, version: '1.4.2' },
        (minute) => (minute >= -10 ? 1 : undefined),
        { noise: 0 },
      );
  }
  return story;
}

test('one of three instances fails after a deployment: the instance and the version are named', async () => {
  const report = await reportOn({
    query: deployStory().query,
    alerts: [alertFixture({ alertname: 'HighErrorRate', severity: 'critical', job: 'api' })],
    rules: [
      ruleFixture(
        'HighErrorRate',
        'sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.05',
        [['severity', 'critical']],
      ),
    ],
  });
  const [first] = report.suspects;
  assert.equal(first?.entity, 'api-2:80');
  assert.ok(first.confidence >= 0.7, String(first.confidence));
  assert.match(first.text, /version 1\.4\.2 instead of 1\.4\.1/);
  assert.match(first.text, /of the failing requests, of 3 instances/);
  assert.equal(report.change?.direction, 'up');
  assert.ok((report.blastRadius.traffic?.errorRatio ?? 0) > 0.05);
  assert.equal(report.blastRadius.traffic?.shareRatio, 1);
  assert.equal(report.severity.priority, 'P1');
  assert.match(report.nextSteps[0]?.text ?? '', /^Look at api-2:80 first/);
  assert.ok(report.nextSteps.some(({ text }) => text.startsWith('Compare with the version before')));
  const strange = report.relatedSeries
    .filter(({ labels }) => labels['instance'] === 'api-2:80')
    .map(({ metric }) => metric);
  assert.ok(strange.includes('queue_length') && strange.includes('db_connections'), strange.join(' '));
  assert.ok(!report.relatedSeries.some(({ metric }) => metric === 'heap_bytes'));
});

test('a dependency that is down makes two services fail: it is the suspect', async () => {
  const story = new Story();
  const isLate = (minute: number): boolean => minute >= -8;
  story.gauge(
    { __name__: 'up', job: 'postgres', instance: 'db-1:9187' },
    (minute) => (isLate(minute) ? 0 : 1),
    { noise: 0 },
  );
  story.gauge({ __name__: 'up', job: 'search', instance: 's-1:9200' }, () => 1, { noise: 0 });
  // Down for weeks: nobody's cause.
  story.gauge({ __name__: 'up', job: 'old', instance: 'old-1:1' }, () => 0, { noise: 0 });
  for (const service of ['cart', 'checkout'])
    story
      .gauge({ __name__: 'up', job: service, instance: `${service}-1:80`, service }, () => 1, { noise: 0 })
      .counter(
        {
          __name__: 'http_requests_total',
          service,
          job: service,
          instance: `${service}-1:80`,
          status: '500',
        },
        (minute) => (minute >= -7 ? 20 : 0),
      )
      .counter(
        {
          __name__: 'http_requests_total',
          service,
          job: service,
          instance: `${service}-1:80`,
          status: '200',
        },
        () => 50,
      );
  const errorAlert = (service: string): ReturnType<typeof alertFixture> =>
    alertFixture({ alertname: 'ServiceErrors', severity: 'error', service });
  const down = alertFixture(
    { alertname: 'TargetDown', severity: 'error', job: 'postgres', instance: 'db-1:9187' },
    { startsAtMs: NOW_MS - 7 * MINUTE_MS },
  );
  const report = await reportOn({
    query: story.query,
    alerts: [errorAlert('cart'), errorAlert('checkout')],
    others: [
      down,
      alertFixture(
        { alertname: 'Unrelated', job: 'backup', instance: 'b-1' },
        { startsAtMs: NOW_MS - 40 * 60 * MINUTE_MS },
      ),
    ],
    rules: [
      ruleFixture('ServiceErrors', 'sum by (service) (rate(http_requests_total{status="500"}[5m])) > 1', [
        ['severity', 'error'],
      ]),
    ],
  });
  assert.deepEqual(report.blastRadius.services, ['cart', 'checkout']);
  assert.equal(report.subject.alertCount, 2);
  assert.match(report.headline, /^P\d: 2 alerts, ServiceErrors in 2 services/);
  const [first] = report.suspects;
  assert.equal(first?.entity, 'db-1:9187');
  assert.equal(first.kind, 'dependency');
  assert.ok(!report.suspects.some(({ entity }) => entity === 'old-1:1'));
  assert.ok(!report.relatedAlerts.some(({ name }) => name === 'Unrelated'));
});

test('the same samples give the same report', async () => {
  const ask = async (): Promise<string> => {
    const report = await reportOn({
      query: deployStory().query,
      alerts: [alertFixture({ alertname: 'HighErrorRate', severity: 'critical', job: 'api' })],
      rules: [ruleFixture('HighErrorRate', 'sum by (job) (rate(http_requests_total{code="500"}[5m])) > 1')],
    });
    return JSON.stringify({ ...report, tookMs: 0 });
  };
  assert.equal(await ask(), await ask());
});

test('an alert about nothing that is stored has gaps instead of findings', async () => {
  const report = await reportOn({
    query: new Story().query,
    alerts: [alertFixture({ alertname: 'Elsewhere', severity: 'high' }, { source: 'webhook' })],
  });
  assert.equal(report.change, null);
  assert.deepEqual(report.suspects, []);
  assert.deepEqual(
    report.gaps.map(({ what }) => what),
    [
      'what changed',
      'targets',
      'traffic',
      'related series',
      'suspects along calls',
      'suspects',
      'runbooks',
      'users',
    ],
  );
  assert.equal(report.severity.priority, 'P3');
  assert.equal(report.blastRadius.text, 'The alert does not say what it is about');
});

test('a service whose database fails: the database is suspected along the calls that are counted', async () => {
  const story = new Story();
  const broken = (minute: number): boolean => minute >= -12;
  const edge = (client: string, server: string) => ({ job: 'tempo', client, server });
  for (const [client, server, perSecond] of [
    ['web', 'checkout', 20],
    ['checkout', 'db', 40],
    ['checkout', 'mail', 5],
    ['web', 'catalog', 30],
  ] as const) {
    const fails = server === 'db' || server === 'checkout';
    story.counter(
      { __name__: 'traces_service_graph_request_total', ...edge(client, server) },
      () => perSecond,
    );
    story.counter(
      { __name__: 'traces_service_graph_request_failed_total', ...edge(client, server) },
      (minute) => (fails && broken(minute) ? perSecond * 0.5 : perSecond * 0.001),
    );
  }
  const report = await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'HighErrorRate', severity: 'critical', service: 'checkout' })],
  });
  const [first] = report.suspects;
  assert.equal(first?.entity, 'db', JSON.stringify(report.suspects));
  assert.equal(first.kind, 'dependency');
  const kinds = first.evidenceFor.map((id) => report.evidence.find((one) => one.id === id)?.kind);
  assert.ok(kinds.includes('call-graph'), kinds.join(' '));
});

test('pods that crash are not counted among the targets of the job that tells of them', async () => {
  const story = new Story().gauge(
    { __name__: 'up', job: 'kube-state-metrics', instance: 'ksm:8080' },
    () => 1,
    {
      noise: 0,
    },
  );
  const report = await reportOn({
    query: story.query,
    alerts: ['a', 'b', 'c'].map((pod) =>
      alertFixture({ alertname: 'Crash', job: 'kube-state-metrics', pod }),
    ),
  });
  assert.equal(report.blastRadius.text, '3 instances (a, b, c)');
});
