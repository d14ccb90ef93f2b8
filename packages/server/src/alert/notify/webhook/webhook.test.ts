import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { alertOf } from '../../alert.ts';
import { FakeService } from '../fake-service.ts';
import {
  exampleAlert,
  exampleNotification,
  preparedNotification,
  receiverContract,
} from '../receiver.contract.ts';
import type { Notification, Receiver, SendResult } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { senderContract } from '../sender.contract.ts';
import { webhookBody } from './body.ts';
import { webhookIntegration } from './config.ts';
import { createWebhookSender } from './webhook.ts';

const SHARED = resolve(process.env['VEDETTE_SHARED'] ?? '../shared', 'samples');
const skip =
  existsSync(SHARED) || process.env['VEDETTE_PEERS'] === 'required' ? false : 'shared samples are absent';

const deps = senderDeps();

function receiverFor(service: FakeService, config: Record<string, unknown> = {}): Receiver {
  const address = 'url_file' in config ? {} : { url: `${service.origin}/hook?x=1` };
  const parsed = webhookIntegration.parse({ ...address, ...config });
  return createWebhookSender(deps, { name: 'ops', index: 0, config: parsed });
}

const withHook = (run: (hook: FakeService) => Promise<void>): Promise<void> =>
  FakeService.with(undefined, run);

const send = (receiver: Receiver, signal = new AbortController().signal): Promise<SendResult> =>
  receiver.send(exampleNotification(), signal);

receiverContract('webhook', (run) =>
  withHook(async (hook) => {
    await run({
      receiver: receiverFor(hook),
      arrivedCount: () => hook.taken.length,
      breakOff: () => hook.close(),
    });
  }),
);

test('the request has the headers of a webhook and the id of the notification', () =>
  withHook(async (hook) => {
    await send(receiverFor(hook));
    const { method, path, query, headers, body } = hook.requests[0]!;
    assert.deepEqual([method, path, query.get('x')], ['POST', '/hook', '1']);
    assert.equal(headers['user-agent'], 'Vedette/0.1.0');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['idempotency-key'], exampleNotification().id);
    assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
    assert.ok(body.endsWith('}\n'));
  }));

test('statuses are judged: 2xx delivered; 5xx, 408 and 429 again; the rest final', () =>
  withHook(async (hook) => {
    const check = async (status: number, want: string): Promise<void> => {
      hook.script({ status, body: status === 204 ? '' : 'because' });
      const result = await send(receiverFor(hook));
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
      hook.script({ status: 429, headers: { 'Retry-After': text } });
      const result = await send(receiverFor(hook));
      assert.equal(result.kind === 'failed' ? result.retryAfterMs : 'delivered', wantMs, text);
    };
    await check('7', 7000);
    await check('Tue, 14 Nov 2023 22:13:30 GMT', 10_000);
    await check('Tue, 14 Nov 2000 00:00:00 GMT', 0);
    await check('soon', undefined);
    await check('99999999', 86_400_000);
  }));

senderContract('webhook', (run) =>
  withHook(async (hook) => {
    const url = `${hook.origin}/hook/K1234567890abcdef?token=t0k3n`;
    const secrets = ['/hook/K1234567890abcdef', 'K1234567890abcdef', 't0k3n'];
    await run({
      receiver: receiverFor(hook, { url, timeout: '3s' }),
      service: hook,
      clock: deps.clock,
      secrets,
    });
  }),
);

test('the address may be a template; what it becomes must be an address, and is not told', () =>
  withHook(async (hook) => {
    const url = `${hook.origin}/{{ .CommonLabels.job | urlquery }}/{{ .Status }}`;
    assert.equal((await send(receiverFor(hook, { url }))).kind, 'delivered');
    assert.equal(hook.taken[0]?.path, '/api/firing');
    for (const bad of ['{{ .CommonLabels.missing }}', 'file:///{{ .Status }}']) {
      const result = await send(receiverFor(hook, { url: bad }));
      assert.ok(result.kind === 'failed' && !result.isRetriable);
      assert.equal(
        result.error,
        'cannot use the filled template of webhook_configs.url: want an http or https address',
      );
    }
    const result = await send(receiverFor(hook, { url: 'http://s3cret/{{ .Nothing }}' }));
    assert.ok(result.kind === 'failed' && !result.isRetriable);
    assert.doesNotMatch(result.error, /s3cret/);
  }));

test('an answer without end is read up to a limit and shown in part', () =>
  withHook(async (hook) => {
    hook.script('endless');
    const result = await send(receiverFor(hook));
    assert.ok(result.kind === 'failed' && !result.isRetriable && result.error.length < 400);
  }));

test('a receiver that hangs is given up after the timeout', () =>
  withHook(async (hook) => {
    hook.script('hang');
    const arrived = hook.nextRequest();
    const sending = send(receiverFor(hook, { timeout: '3s' }));
    await arrived;
    await deps.clock.advance(3000);
    const result = await sending;
    assert.ok(result.kind === 'failed' && result.isRetriable);
    assert.deepEqual([result.category, result.error], ['deadline', 'no answer within 3000 ms']);
    assert.equal(deps.clock.pendingTimerCount, 0);
  }));

test('the address comes from the configuration, or from a file that is read each time', () =>
  withHook(async (hook) => {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-hook-'));
    const url_file = join(directory, 'url');
    try {
      writeFileSync(url_file, `${hook.origin}/from-file\n`);
      const receiver = receiverFor(hook, { url_file });
      assert.equal((await send(receiver)).kind, 'delivered');
      assert.equal(hook.requests.at(-1)?.path, '/from-file');
      writeFileSync(url_file, 'nonsense');
      const result = await send(receiver);
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

test('a prepared message is the usual body with the report as a member, safe in scripts', () =>
  withHook(async (hook) => {
    const never = new AbortController().signal;
    await receiverFor(hook).send(preparedNotification(), never);
    const { body, headers } = hook.taken[0]!;
    const usual = webhookBody(exampleNotification(), { externalUrl: 'http://vedette.test', alertsMax: 0 });
    assert.ok(body.startsWith(usual.slice(0, -2)));
    assert.ok(body.endsWith(',"analysis":{"id":"r1","headline":"It is \\u003cbad\\u003e."}}\n'));
    assert.equal(headers['idempotency-key'], preparedNotification().id);
  }));

test("a body of people's own finds the message in the annotations that it prints", () =>
  withHook(async (hook) => {
    const payload = {
      text: '{{ (index .Alerts 0).Annotations.summary }}',
      more: '{{ .CommonAnnotations.description }}',
    };
    await receiverFor(hook, { payload }).send(preparedNotification(), new AbortController().signal);
    const { text, more } = JSON.parse(hook.taken[0]!.body) as Record<string, string>;
    assert.equal(text, 'P1 critical: A');
    assert.match(more!, /^It is bad\./);
  }));
