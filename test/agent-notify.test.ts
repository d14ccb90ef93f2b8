/** Black box: an alert begins to fire, and the report on it reaches the webhook of its tier, once. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { metricOf } from './support/alerting-scene.ts';
import { runVedette, startVedette, temporaryDirectory } from './support/vedette-process.ts';
import { until } from './support/until.ts';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';

interface Posted {
  readonly key: string;
  readonly body: {
    readonly groupKey: string;
    readonly analysis?: { readonly headline: string; readonly id: string };
  };
}

async function openHook(t: TestContext): Promise<{ readonly url: string; readonly posted: Posted[] }> {
  const posted: Posted[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      const key = String(request.headers['idempotency-key']);
      posted.push({ key, body: JSON.parse(text) as Posted['body'] });
      response.end('ok');
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, posted };
}

const configFor = (url: string, receiver = 'hook'): string => `
alertmanager:
  route: { receiver: chat }
  receivers:
    - { name: chat, log_configs: [ {} ] }
    - { name: hook, webhook_configs: [ { url: "${url}" } ] }
agent:
  notify: [ { receiver: ${receiver} } ]
`;

test('the report on an alert that begins to fire reaches the receiver of its tier, and not again after a restart', async (t) => {
  const hook = await openHook(t);
  const dataDirectory = temporaryDirectory(t);
  const options = { config: configFor(hook.url), dataDirectory, args: ['--no-host'] };
  const first = await startVedette(t, options);
  const post = async (url: string): Promise<void> => {
    const alert = { labels: { alertname: 'HighErrorRate', severity: 'critical', job: '<!channel>' } };
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers,
      body: JSON.stringify([alert]),
    });
    assert.equal(answer.status, 200);
  };
  await post(first.url);
  const report = await until('the report', () => hook.posted[0]);
  assert.match(report.body.analysis?.headline ?? '', /HighErrorRate/);
  assert.match(report.key, /^[0-9a-f]{32}$/);
  // One that was taken and not recorded may come again after the stop.
  await until('the delivery on record', async () =>
    (await metricOf(first, 'vedette_agent_reports_sent_total{outcome="delivered"}')) === 1 ? true : undefined,
  );
  first.kill('SIGTERM');
  await first.exited();
  const second = await startVedette(t, options);
  await post(second.url);
  const metrics = await (await second.get('/metrics')).text();
  assert.match(metrics, /vedette_agent_reports_sent_total\{outcome="delivered"\} 0/);
  assert.equal(hook.posted.length, 1);
});

test('a tier that leads nowhere is refused at the start, with the nearest name', async (t) => {
  const file = path.join(temporaryDirectory(t), 'vedette.yml');
  writeFileSync(file, configFor('http://127.0.0.1:1/', 'hok'));
  const { code, stderr } = await runVedette(t, ['start', '--config', file, '--listen', '127.0.0.1:0']);
  assert.equal(code, 2);
  assert.match(stderr, /got "hok"; did you mean "hook"\?/);
});
