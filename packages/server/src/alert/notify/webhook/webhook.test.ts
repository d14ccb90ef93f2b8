import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { labelsOf, VirtualClock } from '@vedette/model';
import { alertOf } from '../../alert.ts';
import { exampleAlert, exampleNotification, receiverContract } from '../receiver.contract.ts';
import type { Notification, Receiver, SendResult } from '../receiver.ts';
import { webhookBody } from './body.ts';
import { webhookConfig } from './config.ts';
import { createWebhookReceiver } from './webhook.ts';

const SHARED = resolve(process.env['VEDETTE_SHARED'] ?? '../shared', 'samples');
const skip =
  existsSync(SHARED) || process.env['VEDETTE_PEERS'] === 'required' ? false : 'shared samples are absent';

interface Arrival {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A small real server; `answer` decides what a request gets. */
class Hook {
  readonly arrivals: Arrival[] = [];
  readonly clock = new VirtualClock({ startMs: 1_700_000_000_000 });
  answer: (response: http.ServerResponse) => void = (response) => void response.writeHead(200).end();
  readonly #server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const { method, url: path, headers } = request;
      this.arrivals.push({ method, path, headers, body });
      this.answer(response);
    });
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook?x=1`;
  }

  async open(): Promise<void> {
    await new Promise<void>((done) => void this.#server.listen(0, '127.0.0.1', done));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  receiver(config: Record<string, unknown> = {}, baseDirectory = '/'): Receiver {
    const { url } = this;
    const parsed = webhookConfig.parse('url_file' in config ? config : { url, ...config });
    const deps = { clock: this.clock, externalUrl: 'http://vedette.test', version: '0.1.0', baseDirectory };
    return createWebhookReceiver(deps, { name: 'ops', index: 0, config: parsed });
  }
}

async function withHook(run: (hook: Hook) => Promise<void>): Promise<void> {
  const hook = new Hook();
  await hook.open();
  try {
    await run(hook);
  } finally {
    await hook.close().catch(() => undefined);
  }
}

const send = (receiver: Receiver, signal = new AbortController().signal): Promise<SendResult> =>
  receiver.send(exampleNotification(), signal);

receiverContract('webhook', (run) =>
  withHook(async (hook) => {
    await run({
      receiver: hook.receiver(),
      arrived: () => hook.arrivals.map(({ headers }) => String(headers['idempotency-key'])),
      breakOff: () => hook.close(),
    });
  }),
);

test('the request has the headers of a webhook and the id of the notification', () =>
  withHook(async (hook) => {
    await send(hook.receiver());
    const { method, path, headers, body } = hook.arrivals[0]!;
    assert.deepEqual([method, path], ['POST', '/hook?x=1']);
    assert.equal(headers['user-agent'], 'Vedette/0.1.0');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['idempotency-key'], exampleNotification().id);
    assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
    assert.ok(body.endsWith('}\n'));
  }));

test('statuses are judged: 2xx delivered; 5xx, 408 and 429 again; the rest final', () =>
  withHook(async (hook) => {
    const check = async (status: number, want: string): Promise<void> => {
      hook.answer = (response) => void response.writeHead(status).end('because');
      const result = await send(hook.receiver());
      const got =
        result.kind === 'delivered' ? 'ok' : `${result.isRetriable ? 'again' : 'final'} ${result.category}`;
      assert.equal(got, want, String(status));
    };
    await check(200, 'ok');
    await check(202, 'ok');
    await check(204, 'ok');
    await check(302, 'final other');
    await check(400, 'final clientError');
    await check(401, 'final authError');
    await check(403, 'final authError');
    await check(404, 'final clientError');
    await check(408, 'again clientError');
    await check(429, 'again rateLimited');
    await check(500, 'again serverError');
    await check(503, 'again serverError');
  }));

test('Retry-After is read as seconds and as a date', () =>
  withHook(async (hook) => {
    const check = async (text: string, wantMs: number | undefined): Promise<void> => {
      hook.answer = (response) => void response.writeHead(429, { 'Retry-After': text }).end();
      const result = await send(hook.receiver());
      assert.equal(result.kind === 'failed' ? result.retryAfterMs : 'delivered', wantMs, text);
    };
    await check('7', 7000);
    await check('Tue, 14 Nov 2023 22:13:30 GMT', 10_000);
    await check('Tue, 14 Nov 2000 00:00:00 GMT', 0);
    await check('soon', undefined);
    await check('99999999', 86_400_000);
  }));

test('an answer without end is read up to a limit and shown in part', () =>
  withHook(async (hook) => {
    hook.answer = (response) => {
      response.writeHead(400);
      response.write('x'.repeat(100_000));
    };
    const result = await send(hook.receiver());
    assert.ok(result.kind === 'failed' && !result.isRetriable && result.error.length < 400);
  }));

test('a receiver that hangs is given up after the timeout', () =>
  withHook(async (hook) => {
    const arrived = new Promise<void>((done) => {
      hook.answer = () => done();
    });
    const sending = send(hook.receiver({ timeout: '3s' }));
    await arrived;
    await hook.clock.advance(3000);
    const result = await sending;
    assert.ok(result.kind === 'failed' && result.isRetriable);
    assert.deepEqual([result.category, result.error], ['deadline', 'no answer within 3000 ms']);
    assert.equal(hook.clock.pendingTimerCount, 0);
  }));

test('credentials come from the configuration or from files that are read each time', () =>
  withHook(async (hook) => {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-hook-'));
    try {
      const check = async (http_config: Record<string, unknown>, want: string): Promise<void> => {
        await send(hook.receiver({ http_config }, directory));
        assert.equal(hook.arrivals.at(-1)?.headers.authorization, want);
      };
      await check({ basic_auth: { username: 'u', password: 'p:w' } }, `Basic ${btoa('u:p:w')}`);
      await check({ authorization: { credentials: 'tok' } }, 'Bearer tok');
      await check({ authorization: { type: 'Key', credentials: 'tok' } }, 'Key tok');
      await check({ bearer_token: 'old' }, 'Bearer old');
      writeFileSync(join(directory, 'token'), 'one\n');
      await check({ authorization: { credentials_file: 'token' } }, 'Bearer one');
      writeFileSync(join(directory, 'token'), 'two\n');
      await check({ authorization: { credentials_file: 'token' } }, 'Bearer two');
      writeFileSync(join(directory, 'url'), `${hook.url}\n`);
      assert.equal((await send(hook.receiver({ url_file: 'url' }, directory))).kind, 'delivered');
      writeFileSync(join(directory, 'url'), 'nonsense');
      const result = await send(hook.receiver({ url_file: 'url' }, directory));
      assert.match(result.kind === 'failed' ? result.error : '', /want an http or https address/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }));

/** The notification that Alertmanager's sample body was made of. */
function sampleNotification(body: string): Notification {
  const parsed = JSON.parse(body) as {
    status: 'firing' | 'resolved';
    groupLabels: Record<string, string>;
    alerts: {
      status: 'firing' | 'resolved';
      labels: Record<string, string>;
      annotations: Record<string, string>;
      startsAt: string;
      endsAt: string;
      generatorURL: string;
    }[];
  };
  return exampleNotification({
    receiver: 'team.ops',
    status: parsed.status,
    groupKey: '{}:{alertname="HighErrorRate", job="api"}',
    groupLabels: labelsOf(parsed.groupLabels),
    alerts: parsed.alerts.map((alert) =>
      alertOf(
        {
          status: alert.status,
          labels: labelsOf(alert.labels),
          annotations: labelsOf(alert.annotations),
          startsAtMs: Date.parse(alert.startsAt),
          startsAtText: alert.startsAt,
          endsAtMs: Date.parse(alert.endsAt),
          endsAtText: alert.endsAt,
          generatorUrl: alert.generatorURL,
        },
        0,
      ),
    ),
  });
}

test("bodies equal Alertmanager's recorded ones byte for byte", { skip }, () => {
  for (const name of ['firing', 'partly-resolved', 'resolved']) {
    const body = readFileSync(join(SHARED, `alertmanager-webhook-${name}.json`), 'utf8');
    const options = { externalUrl: 'http://127.0.0.1:39093', alertsMax: 0 };
    assert.equal(webhookBody(sampleNotification(body), options), body, name);
  }
});

test('max_alerts cuts the list and counts the rest; common labels are those of all', () => {
  const alerts = [exampleAlert('A'), exampleAlert('A'), exampleAlert('B')];
  const parse = (alertsMax: number): Record<string, unknown> =>
    JSON.parse(webhookBody(exampleNotification({ alerts }), { externalUrl: '', alertsMax })) as Record<
      string,
      unknown
    >;
  assert.equal((parse(2)['alerts'] as unknown[]).length, 2);
  assert.equal(parse(2)['truncatedAlerts'], 1);
  assert.deepEqual(parse(2)['commonLabels'], { job: 'api' });
  assert.equal(parse(3)['truncatedAlerts'], 0);
});
