/**
 * The main job end to end with the real program: a service is scraped and goes away, the alert goes
 * pending → firing → webhook, the server is killed and restarted in the middle, the service returns
 * and exactly one resolved message follows.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { startService, type SmallService } from './support/small-service.ts';
import { until } from './support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from './support/vedette-process.ts';

interface Webhook {
  readonly status: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Record<string, string>;
    readonly startsAt: string;
    readonly annotations: Record<string, string>;
  }[];
}

const RULES = `groups:
  - name: api
    interval: 1s
    rules:
      - alert: TargetDown
        expr: up{job="api"} == 0
        for: 3s
        labels: { severity: critical }
        annotations:
          summary: '{{ $labels.instance }} of {{ $labels.job }} is down (value {{ $value }})'
`;

function configOf(directory: string, servicePort: number, hookPort: number): string {
  writeFileSync(path.join(directory, 'api.yml'), RULES);
  return `global: { scrape_interval: 1s, evaluation_interval: 1s, external_labels: { site: test } }
packs: { host: false }
rule_files: [ ${path.join(directory, 'api.yml')} ]
scrape_configs: [ { job_name: api, scrape_timeout: 1s, static_configs: [ { targets: ["127.0.0.1:${servicePort}"] } ] } ]
alertmanager:
  route: { receiver: hook, group_by: [alertname], group_wait: 500ms, group_interval: 1s, repeat_interval: 1h }
  receivers: [ { name: hook, webhook_configs: [ { url: "http://127.0.0.1:${hookPort}/hook" } ] } ]
`;
}

function messagesOf(hook: SmallService): Webhook[] {
  return hook.received.map(({ body }) => JSON.parse(body) as Webhook);
}

async function alertState(vedette: VedetteProcess): Promise<{ state: string; activeAt: string } | undefined> {
  const { data } = await vedette.json<{
    data: { alerts: { state: string; activeAt: string; labels: Record<string, string> }[] };
  }>('/api/v1/alerts');
  return data.alerts.find(({ labels }) => labels['alertname'] === 'TargetDown');
}

async function startScene(
  t: TestContext,
): Promise<{ service: SmallService; hook: SmallService; start: () => Promise<VedetteProcess> }> {
  const service = await startService(t, () => ({ body: '# TYPE jobs_total counter\njobs_total 1\n' }));
  const hook = await startService(t);
  const dataDirectory = temporaryDirectory(t);
  const config = configOf(temporaryDirectory(t), service.port, hook.port);
  return { service, hook, start: () => startVedette(t, { dataDirectory, config, args: ['--no-host'] }) };
}

test('a target that goes away is announced once, survives kill -9, and is announced as resolved once', async (t) => {
  const { service, hook, start } = await startScene(t);
  const first = await start();
  await until('a sample of the service', async () => {
    const { data } = await first.json<{ data: { result: unknown[] } }>('/api/v1/query?query=jobs_total');
    return data.result.length === 1 ? true : undefined;
  });

  await service.stop();
  const active = await until('firing', async () => {
    const found = await alertState(first);
    return found?.state === 'firing' ? found : undefined;
  });
  // Three seconds are easily missed by looking on a busy machine; the samples know of them.
  const past = await first.json<{ data: { result: { values: unknown[] }[] } }>(
    '/api/v1/query?query=ALERTS{alertname="TargetDown",alertstate="pending"}[5m]',
  );
  assert.ok((past.data.result[0]?.values.length ?? 0) > 0, 'it was pending before');
  const [message] = await until('the webhook', () =>
    hook.received.length > 0 ? messagesOf(hook) : undefined,
  );
  assert.equal(message?.status, 'firing');
  assert.deepEqual(message.alerts[0]?.labels, {
    alertname: 'TargetDown',
    instance: `127.0.0.1:${service.port}`,
    job: 'api',
    severity: 'critical',
    site: 'test',
  });
  assert.equal(
    message.alerts[0].annotations['summary'],
    `127.0.0.1:${service.port} of api is down (value 0)`,
  );

  // A kill between the sending and its record repeats the message under the same key; that moment has a
  // simulation of its own, here the delivery is on record.
  await until('the delivery on record', async () =>
    /"outcome":"delivered"/.test(await (await first.get('/api/vedette/notifications')).text())
      ? true
      : undefined,
  );
  first.kill('SIGKILL');
  await first.exited();
  const second = await start();
  const kept = await until('the kept state', () => alertState(second));
  assert.equal(kept.state, 'firing');
  assert.equal(kept.activeAt, active.activeAt);
  await assertExplained(second);

  await service.restart();
  await until('the resolved message', () =>
    messagesOf(hook).some(({ status }) => status === 'resolved') ? true : undefined,
  );
  await until('no alert left', async () => ((await alertState(second)) === undefined ? true : undefined));
  assert.deepEqual(
    messagesOf(hook).map(({ status }) => status),
    ['firing', 'resolved'],
  );
  assert.equal(messagesOf(hook)[1]?.alerts[0]?.startsAt, message.alerts[0].startsAt);
  const { data } = await second.json<{ data: { result: { values: unknown[] }[] } }>(
    '/api/v1/query?query=jobs_total[10m]',
  );
  assert.ok((data.result[0]?.values.length ?? 0) >= 2, 'samples from before the kill are there');
});

/** The paper trail outlives a kill: the attempt with its answer, and what is known of the alert. */
async function assertExplained(vedette: VedetteProcess): Promise<void> {
  const { attempts } = await vedette.json<{ attempts: { answer: { status: number } }[] }>(
    '/api/vedette/notifications/attempts?outcome=delivered&receiver=hook',
  );
  assert.deepEqual(
    attempts.map(({ answer }) => answer.status),
    [200],
  );
  const [alert] = await vedette.json<{ fingerprint: string }[]>('/api/v2/alerts');
  const { state, routes } = await vedette.json<{
    state: string;
    routes: { integrations: { told: { said: string } }[] }[];
  }>(`/api/vedette/alerts/${alert?.fingerprint}/explain`);
  assert.deepEqual([state, routes[0]?.integrations[0]?.told.said], ['firing', 'firing']);
}

test('a pending alert keeps its time over a kill -9', async (t) => {
  const { service, hook, start } = await startScene(t);
  const first = await start();
  await until('the target up', async () => {
    const { data } = await first.json<{ data: { result: unknown[] } }>(
      '/api/v1/query?query=up{job="api"}==1',
    );
    return data.result.length === 1 ? true : undefined;
  });
  await service.stop();
  // On a busy machine it may fire by now: it keeps its time all the same.
  const active = await until('the alert', () => alertState(first));
  first.kill('SIGKILL');
  await first.exited();
  const second = await start();
  const kept = await until('the kept state', () => alertState(second));
  assert.equal(kept.activeAt, active.activeAt);
  await until('the webhook', () => (hook.received.length > 0 ? true : undefined));
});
