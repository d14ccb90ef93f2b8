/**
 * Sending alerts on: one prometheus.yml with an `alerting` section, loaded by Debian's Prometheus and by us. A real
 * Alertmanager takes ours, and what both send for the same rules differs in times and ports alone.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { startService } from '../support/small-service.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory } from '../support/vedette-process.ts';
import { startAlertmanager } from './real-alertmanager.ts';
import { startPrometheus } from './real-prometheus.ts';

const skip = skipWithout(PEERS.prometheus, PEERS.alertmanager);

const RULES = `groups:
  - name: g
    rules:
      - alert: High
        expr: |
          level{job=~'a.i'} # of the page
            > 10 and on() (vector(1) > 0)
        labels: { severity: page, team: '{{ $labels.job }}' }
        annotations:
          summary: 'level is {{ $value }} <at> "{{ $labels.instance }}" & rising'
`;

interface Sent {
  readonly path: string;
  readonly type: string | undefined;
  readonly body: string;
}

/** Takes what an Alertmanager takes, and keeps it. */
async function startTap(t: TestContext): Promise<{ readonly address: string; readonly sent: Sent[] }> {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const { url, method, headers } = request;
      if (url?.startsWith('/tap/') === true && body.includes('"High"'))
        sent.push({ path: `${method} ${url}`, type: headers['content-type'], body });
      response.end();
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => (server.closeAllConnections(), void server.close()));
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

const configOf = (options: { scraped: number; tap: string; alertmanager: string }): string => `global:
  scrape_interval: 500ms
  scrape_timeout: 500ms
  evaluation_interval: 500ms
  external_labels: { site: here, severity: none }
rule_files: [ rules.yml ]
scrape_configs:
  - job_name: api
    static_configs: [ { targets: [ "127.0.0.1:${options.scraped}" ], labels: { secret: x } } ]
alerting:
  alert_relabel_configs:
    - { action: labeldrop, regex: secret }
    - { source_labels: [ alertname ], regex: 'High', action: keep }
  alertmanagers:
    - scheme: http
      timeout: 5s
      api_version: v2
      path_prefix: /tap/
      static_configs: [ { targets: [ "${options.tap}" ] } ]
    - static_configs: [ { targets: [ "${options.alertmanager}" ] }, { targets: [ "127.0.0.1:1" ], labels: { off: "yes" } } ]
      relabel_configs: [ { source_labels: [ off ], regex: "yes", action: drop } ]
`;

/** Without times and the address of the sender, which differ. */
const plain = ({ body, ...rest }: Sent): object => ({
  ...rest,
  body: body
    .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g, '"TIME"')
    .replaceAll(/http:\/\/[^/]+\/graph/g, 'http://SENDER/graph'),
});

interface Times {
  readonly startsAt: string;
  readonly endsAt: string;
}

const timesOf = ({ body }: Sent): Times => (JSON.parse(body) as Times[])[0]!;

test(
  'a real prometheus.yml sends the same alerts to Alertmanagers, firing and then resolved',
  { skip },
  async (t) => {
    let level = 11;
    const service = await startService(t, () => ({ body: `# TYPE level gauge\nlevel ${level}\n` }));
    const [alertmanager, ourTap, theirTap] = [
      await startAlertmanager(t),
      await startTap(t),
      await startTap(t),
    ];
    const directory = temporaryDirectory(t);
    writeFileSync(path.join(directory, 'rules.yml'), RULES);
    const file = path.join(directory, 'prometheus.yml');
    const config = { scraped: service.port, alertmanager };
    writeFileSync(file, configOf({ ...config, tap: ourTap.address }));
    const [vedette] = await Promise.all([
      startVedette(t, { dataDirectory: temporaryDirectory(t), args: ['--no-host', '--config', file] }),
      startPrometheus(
        t,
        configOf({ ...config, tap: theirTap.address, alertmanager: theirTap.address }).replace(
          'rules.yml',
          path.join(directory, 'rules.yml'),
        ),
      ),
    ]);
    const shownAt = async (): Promise<
      readonly { labels: object; annotations: object; generatorURL: string }[]
    > => (await (await fetch(`http://${alertmanager}/api/v2/alerts`)).json()) as never;
    const [shown] = await until('the alert at the Alertmanager', async () => {
      const all = await shownAt();
      return all.length > 0 ? all : undefined;
    });
    const instance = `127.0.0.1:${service.port}`;
    assert.deepEqual(
      [shown!.labels, shown!.annotations],
      [
        { alertname: 'High', instance, job: 'api', severity: 'page', site: 'here', team: 'api' },
        { summary: `level is 11 <at> "${instance}" & rising` },
      ],
    );
    await until(
      'both to have sent it',
      () => (ourTap.sent.length > 0 && theirTap.sent.length > 0) || undefined,
    );
    assert.equal(ourTap.sent[0]!.path, 'POST /tap/api/v2/alerts');
    assert.deepEqual(plain(ourTap.sent[0]!), plain(theirTap.sent[0]!));
    for (const sent of [ourTap.sent[0]!, theirTap.sent[0]!]) {
      const { startsAt, endsAt } = timesOf(sent);
      // Four resend delays after the evaluation, which is the first.
      assert.equal(Date.parse(endsAt) - Date.parse(startsAt), 240_000);
    }
    const { data } = await vedette.json<{ data: unknown }>('/api/v1/alertmanagers');
    assert.deepEqual(data, {
      activeAlertmanagers: [
        { url: `http://${ourTap.address}/tap/api/v2/alerts` },
        { url: `http://${alertmanager}/api/v2/alerts` },
      ],
      droppedAlertmanagers: [{ url: 'http://127.0.0.1:1/api/v2/alerts' }],
    });
    level = 0;
    await until(
      'both to have sent the end',
      () => (ourTap.sent.length > 1 && theirTap.sent.length > 1) || undefined,
    );
    assert.deepEqual(plain(ourTap.sent[1]!), plain(theirTap.sent[1]!));
    for (const { sent } of [ourTap, theirTap]) {
      assert.equal(timesOf(sent[1]!).startsAt, timesOf(sent[0]!).startsAt);
      assert.ok(timesOf(sent[1]!).endsAt < timesOf(sent[0]!).endsAt);
    }
    await until('its end at the Alertmanager', async () =>
      (await shownAt()).length === 0 ? true : undefined,
    );
  },
);
