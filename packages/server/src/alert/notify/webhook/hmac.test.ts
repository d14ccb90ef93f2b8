import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { alertmanagerConfig, printAlertmanagerConfig } from '../../config/config.ts';
import { FakeService, type FakeJudge } from '../fake-service.ts';
import { exampleNotification } from '../receiver.contract.ts';
import type { Receiver } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { webhookIntegration } from './config.ts';
import { HMAC_SECRETS_MAX, signed } from './hmac.ts';
import { createWebhookSender } from './webhook.ts';

const never = new AbortController().signal;
const hmacOf = (hmac: object) => webhookIntegration.parse({ url: 'http://h', hmac }).hmac!;

/** A receiver as the documentation wants it. */
const verifier =
  (secret: string, nowMs: () => number): FakeJudge =>
  ({ headers, body }) => {
    const timestamp = String(headers['x-vedette-timestamp']);
    const want = `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
    const signatures = String(headers['x-vedette-signature-256']).split(',');
    const isFresh = Math.abs(Number(timestamp) * 1000 - nowMs()) <= 300_000;
    const isTaken = isFresh && signatures.includes(want);
    return { status: isTaken ? 200 : 401, isTaken };
  };

function receiverFor(deps: ReturnType<typeof senderDeps>, service: FakeService, hmac: object): Receiver {
  const config = webhookIntegration.parse({ url: service.origin, hmac });
  return createWebhookSender(deps, { name: 'ops', index: 0, config });
}

test('time, full stop and body are signed', async () => {
  const { headers } = await signed(senderDeps(), hmacOf({ secret: 's3cret' }), '{"a":1}\n');
  assert.deepEqual(headers, {
    'X-Vedette-Timestamp': '1700000000',
    'X-Vedette-Signature-256': 'sha256=eac365a53cd85d00e88716246d8e08175abad40e8a30e95418816eabe90b0428',
  });
});

test('a receiver that verifies takes what we sent, and neither a changed body nor an old message', async () => {
  const deps = senderDeps({ clock: new VirtualClock({ startMs: 1_700_000_000_000 }) });
  const judge = verifier('s3cret', () => deps.clock.nowMs());
  await FakeService.with(judge, async (service) => {
    const result = await receiverFor(deps, service, { secret: 's3cret' }).send(exampleNotification(), never);
    assert.equal(result.kind, 'delivered');
    const taken = service.taken[0]!;
    assert.equal(judge({ ...taken, body: `${taken.body} ` }).isTaken, false);
    const headers = { ...taken.headers, 'x-vedette-timestamp': '1700000100' };
    assert.equal(judge({ ...taken, headers }).isTaken, false);
    await deps.clock.advance(301_000);
    assert.equal(judge(taken).isTaken, false);
  });
});

test('the verifier that the documentation shows takes what we sign, and nothing else', async () => {
  const page = readFileSync(
    join(import.meta.dirname, '../../../../../../docs/alerting/receivers.md'),
    'utf8',
  );
  const [, source = ''] = /```js\n([^]*?)```/.exec(page) ?? [];
  const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    readonly isGenuine: (secret: string, headers: object, body: Buffer, nowMs: number) => boolean;
  };
  const body = Buffer.from('{"a":"ä"}\n');
  const { headers } = await signed(senderDeps(), hmacOf({ secret: 's3cret' }), body.toString());
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const nowMs = 1_700_000_000_000;
  assert.equal(isGenuine('s3cret', lower, body, nowMs), true);
  const name = 'x-vedette-signature-256';
  assert.equal(isGenuine('s3cret', { ...lower, [name]: `sha256=00,${lower[name]}` }, body, nowMs), true);
  assert.equal(isGenuine('other', lower, body, nowMs), false);
  assert.equal(isGenuine('s3cret', lower, Buffer.from('{}'), nowMs), false);
  assert.equal(isGenuine('s3cret', lower, body, nowMs + 301_000), false);
  assert.equal(isGenuine('s3cret', {}, body, nowMs), false);
});

test('while a secret is exchanged both sign; a file is read for each attempt', async () => {
  const deps = senderDeps();
  const directory = mkdtempSync(join(tmpdir(), 'vedette-hmac-'));
  try {
    const secret_file = join(directory, 'secret');
    for (const judge of ['old', 'new'])
      await FakeService.with(
        verifier(judge, () => deps.clock.nowMs()),
        async (service) => {
          const receiver = receiverFor(deps, service, { secret_file });
          const send = async (content: string): Promise<string> => {
            writeFileSync(secret_file, content);
            return (await receiver.send(exampleNotification(), never)).kind;
          };
          assert.equal(await send('new\n\nold\n'), 'delivered');
          assert.equal(await send('old'), judge === 'old' ? 'delivered' : 'failed');
        },
      );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a file with no secret, or too many, is told by its name', async () => {
  const deps = senderDeps();
  const directory = mkdtempSync(join(tmpdir(), 'vedette-hmac-'));
  try {
    const secret_file = join(directory, 'secret');
    const sign = (): Promise<unknown> => signed(deps, hmacOf({ secret_file }), '');
    writeFileSync(secret_file, 's\n'.repeat(HMAC_SECRETS_MAX));
    await sign();
    writeFileSync(secret_file, 's\n'.repeat(HMAC_SECRETS_MAX + 1));
    await assert.rejects(sign, /got 4 secrets, want 1 to 3 \(HMAC_SECRETS_MAX\), one a line$/);
    writeFileSync(secret_file, '\n');
    await assert.rejects(sign, /got 0 secrets/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('headers have names of our own choice, and no secret is seen in errors', () =>
  FakeService.with(undefined, async (service) => {
    const hmac = { secret: 's3cret', header: 'X-Hub-Signature-256', timestamp_header: 'X-Sent' };
    service.script({ status: 400, body: 'your secret is s3cret' });
    const result = await receiverFor(senderDeps(), service, hmac).send(exampleNotification(), never);
    assert.equal(
      result.kind === 'failed' && result.error,
      'unexpected status code 400: your secret is <secret>',
    );
    assert.match(String(service.requests[0]?.headers['x-hub-signature-256']), /^sha256=[\da-f]{64}$/);
    assert.equal(service.requests[0]?.headers['x-sent'], '1700000000');
  }));

test('hmac is a key of ours, wants one secret and headers that are free', () => {
  const check = (hmac: object, want: RegExp, extensions = true): void => {
    const result = alertmanagerConfig({ extensions, directory: '/' }).safeParse({
      route: { receiver: 'ops' },
      receivers: [{ name: 'ops', webhook_configs: [{ url: 'http://h', hmac }] }],
    });
    assert.match(result.error?.message ?? 'accepted', want);
    if (result.success) assert.match(printAlertmanagerConfig(result.data), /secret: <secret>/);
  };
  check({ secret: 's' }, /^accepted$/);
  check({ secret: 's' }, /hmac is not a key of Alertmanager/, false);
  check({}, /one of secret or secret_file must be configured/);
  check({ secret: 's', secret_file: 'f' }, /at most one of secret & secret_file/);
  check({ secret: 's', header: 'Content-Type' }, /must be the name of a header that begins with X-/);
  check({ secret: 's', header: 'X-A\\r\\nB: c' }, /must be the name of a header/);
});
