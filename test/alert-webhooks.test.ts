/**
 * Alerts that come in by webhook, on the real program: seen through API v2, told to a receiver, refused when they are
 * none, and never told in a circle.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { metricOf, routeOf, startHook, type Hook } from './support/alerting-scene.ts';
import { projectRoot, skipWithout } from './support/peers.ts';
import { freePort } from './support/free-port.ts';
import { until } from './support/until.ts';
import { startVedette, type VedetteProcess } from './support/vedette-process.ts';

const QUIET = 'packs: { host: false, containers: false }\n';
const SAMPLES = path.resolve(process.env['VEDETTE_SHARED'] ?? path.join(projectRoot, '../shared'), 'samples');

interface ShownAlert {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly fingerprint: string;
  readonly endsAt: string;
}

async function start(t: TestContext, hook: Pick<Hook, 'url'>, more = ''): Promise<VedetteProcess> {
  return await startVedette(t, { args: ['--no-host'], config: `${QUIET}${routeOf([hook])}${more}` });
}

async function post(vedette: VedetteProcess, where: string, body: string): Promise<Response> {
  return await vedette.get(where, { method: 'POST', body });
}

async function shown(vedette: VedetteProcess): Promise<readonly ShownAlert[]> {
  return await vedette.json<ShownAlert[]>('/api/v2/alerts');
}

const namesOf = async (vedette: VedetteProcess): Promise<string[]> =>
  (await shown(vedette)).map(({ labels }) => labels['alertname'] ?? '').toSorted();

const bodyOf = (
  name: string,
  more: Record<string, unknown> = {},
  top: Record<string, unknown> = {},
): string =>
  JSON.stringify({
    status: 'firing',
    version: '4',
    externalURL: 'http://somewhere:9093',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: name },
        annotations: {},
        startsAt: '2026-11-21T03:00:00Z',
        ...more,
      },
    ],
    ...top,
  });

test(
  "recorded bodies of Alertmanager reach API v2 and a receiver, with Alertmanager's own fingerprints",
  { skip: skipWithout(SAMPLES) },
  async (t) => {
    const hook = await startHook(t);
    const vedette = await start(t, hook);
    const sample = (name: string): string =>
      readFileSync(path.join(SAMPLES, `alertmanager-webhook-${name}.json`), 'utf8');
    const firing = sample('firing');
    const claimed = (JSON.parse(firing) as { alerts: ShownAlert[] }).alerts;
    const answer = await post(vedette, '/webhooks/alertmanager/site-a', firing);
    assert.deepEqual(await answer.json(), { status: 'success', alerts: 2, ignored: 0, failed: [] });
    const taken = await shown(vedette);
    assert.deepEqual(
      taken.map(({ fingerprint }) => fingerprint).toSorted(),
      claimed.map(({ fingerprint }) => fingerprint).toSorted(),
    );
    assert.equal(taken[0]?.annotations['vedette_via'], 'http://127.0.0.1:39093');
    const first = await until('the notification', () => hook.messages[0]);
    assert.equal(first.alerts[0]?.labels['alertname'], 'HighErrorRate');
    await post(vedette, '/webhooks/alertmanager/site-a', sample('partly-resolved'));
    assert.equal((await shown(vedette)).length, 1);
    await post(vedette, '/webhooks/alertmanager/site-a', sample('resolved'));
    assert.deepEqual(await shown(vedette), []);
    await until('the resolution', () =>
      hook.texts().some((text) => text.startsWith('resolved')) ? 1 : undefined,
    );
    const [source] = await vedette.json<{ name: string; firingCount: number }[]>(
      '/api/vedette/alert-sources',
    );
    assert.equal(source?.name, 'site-a');
    assert.equal(source.firingCount, 0);
  },
);

test('Grafana, API v1 and a TTL of their own, beside a list that is still Prometheus’', async (t) => {
  const hook = await startHook(t);
  const vedette = await start(t, hook, 'alert_intake: { sources: { short: { ttl: 1s } } }\n');
  await post(
    vedette,
    '/webhooks/alertmanager/grafana',
    bodyOf('FromGrafana', { values: { B: 22 }, silenceURL: 'http://g/s' }, { orgId: 1, version: '1' }),
  );
  const legacy = { ruleId: 1, ruleName: 'FromDashboard', state: 'alerting', evalMatches: [], tags: {} };
  await post(vedette, '/webhooks/alertmanager/grafana', JSON.stringify(legacy));
  await post(vedette, '/api/v1/alerts', JSON.stringify([{ labels: { alertname: 'FromV1' } }]));
  assert.deepEqual(await namesOf(vedette), ['FromDashboard', 'FromGrafana', 'FromV1']);
  const grafana = (await shown(vedette)).find(({ labels }) => labels['alertname'] === 'FromGrafana');
  assert.equal(grafana?.annotations['values'], 'B=22');
  await post(vedette, '/webhooks/alertmanager/grafana', JSON.stringify({ ...legacy, state: 'ok' }));
  assert.deepEqual(await namesOf(vedette), ['FromGrafana', 'FromV1']);
  assert.deepEqual(await vedette.json('/api/v1/alerts'), { status: 'success', data: { alerts: [] } });
  await post(vedette, '/webhooks/alertmanager/short', bodyOf('Forgotten'));
  await until('the alert to be stale', async () => {
    const sources = await vedette.json<{ name: string; stale: ShownAlert[] }[]>('/api/vedette/alert-sources');
    return sources.find(({ name }) => name === 'short')?.stale[0]?.labels['alertname'] === 'Forgotten'
      ? true
      : undefined;
  });
});

test('garbage of every kind is a 4xx and changes nothing', async (t) => {
  const hook = await startHook(t);
  const vedette = await start(t, hook);
  await post(vedette, '/webhooks/alertmanager/am', bodyOf('Kept'));
  const garbage = [
    '',
    '{',
    'null',
    '"x"',
    '\u0000',
    '[1]',
    '{"alerts":5}',
    '{"alerts":[[]]}',
    '{"alerts":[{}]}',
    bodyOf('Bad', { status: 'odd' }),
    bodyOf('Bad', { labels: ['alertname'] }),
    bodyOf('Bad', { labels: { alertname: { $ne: '' } } }),
    bodyOf('Bad', { startsAt: 'soon' }),
    bodyOf('Bad', {}, { version: '9' }),
    '['.repeat(100_000),
    `{"alerts":[${'{"status":"firing","labels":{"alertname":"Bad"}},'.repeat(5001).slice(0, -1)}]}`,
  ];
  for (const where of ['/api/v1/alerts', '/webhooks/alertmanager/am', '/webhooks/alertmanager/%20'])
    for (const body of garbage) {
      const { status } = await post(vedette, where, body);
      assert.ok(status >= 400 && status < 500, `${where} ${status}: ${body.slice(0, 60)}`);
    }
  // Over the limit of 4 MiB the answer comes before the body has ended, and the line may be cut under who still sends.
  const huge = bodyOf('Bad', { annotations: { text: 'x'.repeat(5 * 2 ** 20) } });
  const refused = await post(vedette, '/api/v1/alerts', huge).then(
    ({ status }) => status,
    () => 'cut off',
  );
  assert.ok(refused === 413 || refused === 'cut off', String(refused));
  assert.equal((await vedette.get('/webhooks/alertmanager/am')).status, 405);
  assert.deepEqual(await namesOf(vedette), ['Kept']);
});

test('two servers that tell each other everything tell it once', async (t) => {
  const [hook, ports] = await Promise.all([startHook(t), Promise.all([freePort(), freePort()])]);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const startOne = async (i: 0 | 1): Promise<VedetteProcess> => {
    const other = { url: `${urls[1 - i]}/webhooks/alertmanager/other` };
    const hooks = i === 1 ? [other, hook] : [other];
    const server = `server: { external_url: "${urls[i]}" }\n`;
    return await startVedette(t, {
      args: ['--no-host', '--listen', `127.0.0.1:${ports[i]}`],
      config: `${QUIET}${server}${routeOf(hooks).replaceAll('1h', '1s')}`,
    });
  };
  const [first, second] = await Promise.all([startOne(0), startOne(1)]);
  const postUntil = async (endMs: number): Promise<void> => {
    const alert = { labels: { alertname: 'Circle' }, endsAt: new Date(endMs).toISOString() };
    const headers = { 'content-type': 'application/json' };
    await first.get('/api/v2/alerts', { method: 'POST', headers, body: JSON.stringify([alert]) });
  };
  await postUntil(Date.now() + 3_600_000);
  await until('the echo to be passed over', async () =>
    (await metricOf(first, 'vedette_alert_webhook_alerts_total{outcome="ignored"}')) > 0 ? true : undefined,
  );
  // Told, and told of: now it ends by itself after two seconds, unless the circle keeps it alive.
  await postUntil(Date.now() + 2000);
  await until('both to have let go', async () => {
    const left = [...(await shown(first)), ...(await shown(second))];
    return left.length === 0 && hook.texts().includes('resolved Circle') ? true : undefined;
  });
  assert.equal(await metricOf(first, 'vedette_alert_webhook_alerts_total{outcome="taken"}'), 0);
});

test('a server whose receiver is itself refuses its own messages', async (t) => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const vedette = await startVedette(t, {
    args: ['--no-host', '--listen', `127.0.0.1:${port}`],
    config: `${QUIET}server: { external_url: "${url}" }\n${routeOf([{ url: `${url}/api/v1/alerts` }])}`,
  });
  await post(vedette, '/webhooks/alertmanager/am', bodyOf('Mirror'));
  await until('the refusal', async () =>
    (await metricOf(vedette, 'vedette_alert_webhooks_total{outcome="refused"}')) > 0 ? true : undefined,
  );
  const failed = await until('the failed delivery', async () => {
    const entries = await vedette.json<{ outcome: string; error: string }[]>('/api/vedette/notifications');
    return entries.find(({ outcome }) => outcome === 'failed');
  });
  assert.match(failed.error, /400/);
});
