/**
 * Clients of Alertmanager's API against `vedette start`: Debian's Prometheus 2.42, run; Grafana's data source for
 * Alertmanager and karma, replayed: the requests that they send, and the fields of the answers that they read.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { routeOf, startHook } from '../support/alerting-scene.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { startService } from '../support/small-service.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from '../support/vedette-process.ts';
import { startPrometheus } from './real-prometheus.ts';

const QUIET = 'packs: { host: false, containers: false }\n';
const JSON_TYPE = { 'content-type': 'application/json' };

interface ApiAlert {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly fingerprint: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly generatorURL?: string;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: {
    readonly state: string;
    readonly silencedBy: readonly string[];
    readonly inhibitedBy: readonly string[];
  };
}

test(
  'an alert of a real Prometheus arrives, is told, and resolves',
  { skip: skipWithout(PEERS.prometheus) },
  async (t) => {
    const hook = await startHook(t);
    const vedette = await startVedette(t, { args: ['--no-host'], config: `${QUIET}${routeOf([hook])}` });
    let level = 1;
    const service = await startService(t, () => ({ body: `# TYPE level gauge\nlevel ${level}\n` }));
    const rules = path.join(temporaryDirectory(t), 'rules.yml');
    writeFileSync(
      rules,
      `groups:
  - name: g
    rules:
      - { alert: Always, expr: "vector(1)", labels: { severity: page }, annotations: { summary: "value {{ $value }}" } }
      - { alert: Level, expr: "last_over_time(level[5m]) > 0" }
`,
    );
    const config = `global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms, external_labels: { site: home } }
rule_files: [ ${rules} ]
alerting: { alertmanagers: [ { api_version: v2, static_configs: [ { targets: [ "${new URL(vedette.url).host}" ] } ] } ] }
scrape_configs: [ { job_name: api, static_configs: [ { targets: [ "127.0.0.1:${service.port}" ] } ] } ]
`;
    const prometheus = await startPrometheus(t, config, ['--rules.alert.resend-delay=500ms']);
    const alertsNow = (): Promise<ApiAlert[]> => vedette.json<ApiAlert[]>('/api/v2/alerts');
    const named = (name: string) => async (): Promise<ApiAlert | undefined> =>
      (await alertsNow()).find(({ labels }) => labels['alertname'] === name);
    const always = await until('Always', named('Always'));
    assert.deepEqual(always.labels, { alertname: 'Always', severity: 'page', site: 'home' });
    assert.deepEqual(always.annotations, { summary: 'value 1' });
    assert.match(always.generatorURL ?? '', /\/graph\?g0\.expr=vector/);
    await until('Level', named('Level'));
    const known = await (await fetch(`${prometheus}/api/v1/alertmanagers`)).text();
    assert.match(known, /\/api\/v2\/alerts/);
    await until('the message', () => hook.texts().find((text) => text === 'firing Level'));
    level = 0;
    await until('the resolution', () => hook.texts().find((text) => text === 'resolved Level'));
    assert.equal(await named('Level')(), undefined);
    assert.ok((await named('Always')()) !== undefined);
  },
);

/** A server with two alerts that fire for ten years. */
async function startWithAlerts(t: TestContext): Promise<VedetteProcess> {
  const hook = await startHook(t);
  const vedette = await startVedette(t, { args: ['--no-host'], config: `${QUIET}${routeOf([hook])}` });
  const times = { startsAt: '2026-11-21T03:00:00Z', endsAt: '2036-11-21T03:00:00Z' };
  const body = JSON.stringify([
    { ...times, labels: { alertname: 'Slow', job: 'api' }, annotations: { summary: 's' } },
    { ...times, labels: { alertname: 'Full', job: 'db' } },
  ]);
  const posted = await vedette.get('/api/v2/alerts', { method: 'POST', headers: JSON_TYPE, body });
  assert.equal(posted.status, 200);
  return vedette;
}

interface ApiGroup {
  readonly labels: Record<string, string>;
  readonly receiver: { readonly name: string };
  readonly alerts: readonly ApiAlert[];
}

interface ApiStatus {
  readonly cluster: { readonly status: string; readonly peers: readonly unknown[] };
  readonly config: { readonly original: string };
  readonly uptime: string;
  readonly versionInfo: { readonly version: string };
}

interface ApiSilence {
  readonly id: string;
  readonly status: { readonly state: string };
  readonly matchers: readonly { name: string; value: string; isRegex: boolean; isEqual: boolean }[];
}

test("Grafana's data source for Alertmanager, replayed: status, groups, silences made, shown and ended", async (t) => {
  const vedette = await startWithAlerts(t);
  // Grafana's proxy passes these on.
  const headers = {
    accept: 'application/json, text/plain, */*',
    'user-agent': 'Grafana/12.4.0',
    'x-grafana-org-id': '1',
  };
  const get = <T>(to: string): Promise<T> => vedette.json<T>(to, { headers });
  const status = await get<ApiStatus>('/api/v2/status');
  assert.match(status.versionInfo.version, /^0\.\d+\.\d+$/);
  assert.match(status.config.original, /^route:$/m);
  const groups = await get<ApiGroup[]>(
    '/api/v2/alerts/groups?silenced=true&active=true&inhibited=true&filter=alertname%3D%22Slow%22',
  );
  assert.deepEqual(
    groups.map(({ labels, receiver, alerts }) => [labels, receiver, alerts.length]),
    [[{ alertname: 'Slow' }, { name: 'ops' }, 1]],
  );
  const body = JSON.stringify({
    startsAt: new Date(Date.now() - 1000).toISOString(),
    endsAt: '2036-11-21T03:00:00.000Z',
    comment: 'created 2026-11-21',
    createdBy: 'admin',
    matchers: [{ name: 'alertname', value: 'Slow', isRegex: false, isEqual: true }],
  });
  const made = await vedette.get('/api/v2/silences', {
    method: 'POST',
    headers: { ...headers, ...JSON_TYPE },
    body,
  });
  assert.equal(made.status, 200);
  const { silenceID } = (await made.json()) as { silenceID: string };
  const [silence] = await get<ApiSilence[]>('/api/v2/silences');
  assert.equal(silence?.id, silenceID);
  assert.deepEqual(silence.matchers, [{ isEqual: true, isRegex: false, name: 'alertname', value: 'Slow' }]);
  const [alert] = await get<ApiAlert[]>(`/api/v2/alerts?filter=alertname%3D%22Slow%22`);
  assert.deepEqual(alert?.status.silencedBy, [silenceID]);
  assert.deepEqual(await get('/api/v2/alerts?silenced=false&filter=alertname%3DSlow'), []);
  const ended = await vedette.get(`/api/v2/silence/${silenceID}`, { method: 'DELETE', headers });
  assert.equal(ended.status, 200);
  assert.equal((await get<ApiSilence[]>('/api/v2/silences'))[0]?.status.state, 'expired');
});

test('karma, replayed: metrics for the version, status, silences, groups', async (t) => {
  const vedette = await startWithAlerts(t);
  const headers = { accept: 'application/json', 'user-agent': 'karma/v0.121', 'accept-encoding': 'gzip' };
  const metrics = await vedette.get('/metrics', { headers: { ...headers, accept: 'text/plain' } });
  assert.equal(metrics.status, 200);
  assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain/);
  const status = await vedette.json<ApiStatus>('/api/v2/status', { headers });
  assert.ok(['ready', 'disabled'].includes(status.cluster.status));
  assert.ok(Array.isArray(status.cluster.peers));
  assert.ok(!Number.isNaN(Date.parse(status.uptime)));
  assert.deepEqual(await vedette.json('/api/v2/silences', { headers }), []);
  const groups = await vedette.json<ApiGroup[]>('/api/v2/alerts/groups', { headers });
  assert.deepEqual(
    groups.flatMap(({ alerts }) => alerts.map(({ labels }) => labels['alertname'])),
    ['Full', 'Slow'],
  );
  // Its client is generated from the schema and refuses an answer without a required field.
  for (const alert of groups.flatMap(({ alerts }) => alerts)) {
    assert.match(alert.fingerprint, /^[0-9a-f]{16}$/);
    for (const time of [alert.startsAt, alert.endsAt, alert.updatedAt])
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(Object.keys(alert.status).toSorted(), ['inhibitedBy', 'mutedBy', 'silencedBy', 'state']);
    assert.deepEqual(alert.receivers, [{ name: 'ops' }]);
  }
});
