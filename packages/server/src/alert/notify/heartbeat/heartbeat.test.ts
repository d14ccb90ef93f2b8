import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeService, type FakeJudge } from '../fake-service.ts';
import { exampleNotification, receiverContract } from '../receiver.contract.ts';
import type { Receiver, SendResult } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { heartbeatIntegration } from './config.ts';
import { createHeartbeatSender } from './heartbeat.ts';

const PATH = '/ping/eb095278-f28d-448d-87fb-7b75c171a6aa';

/** Like an Uptime Kuma push monitor: no such address is 404 with a text that repeats it. */
const judge: FakeJudge = ({ path, method }) =>
  path === PATH && ['GET', 'HEAD', 'POST'].includes(method)
    ? { status: 200, body: '{"ok":true}', isTaken: true }
    : { status: 404, body: `{"ok":false,"msg":"no monitor at ${path}"}`, isTaken: false };

const deps = senderDeps();

function senderFor(service: FakeService, config: Record<string, unknown> = {}): Receiver {
  const address = 'url_file' in config ? {} : { url: `${service.origin}${PATH}` };
  const parsed = heartbeatIntegration.parse({ ...address, ...config });
  return createHeartbeatSender(deps, { name: 'switch', index: 0, config: parsed });
}

const withService = (run: (service: FakeService) => Promise<void>): Promise<void> =>
  FakeService.with(judge, run);

const send = (receiver: Receiver): Promise<SendResult> =>
  receiver.send(exampleNotification(), new AbortController().signal);

receiverContract('heartbeat', (run) =>
  withService(async (service) => {
    await run({
      receiver: senderFor(service),
      arrivedCount: () => service.taken.length,
      breakOff: () => service.close(),
      isActing: true,
    });
  }),
);

test('each notification is one call, as it is configured', () =>
  withService(async (service) => {
    for (const method of ['GET', 'HEAD', 'POST']) {
      assert.equal((await send(senderFor(service, { method }))).kind, 'delivered');
      const request = service.requests.at(-1);
      assert.deepEqual([request?.method, request?.path, request?.body], [method, PATH, '']);
      assert.equal(request?.headers['idempotency-key'], exampleNotification().id);
    }
    assert.equal((await send(senderFor(service))).kind, 'delivered');
    assert.equal(service.requests.at(-1)?.method, 'GET');
    assert.equal(service.taken.length, 4);
  }));

test('the end of the alert is no beat: a configuration that would send it is refused', () => {
  assert.equal(heartbeatIntegration.parse({ url: 'http://x' }).send_resolved, false);
  const { error } = heartbeatIntegration.safeParse({ url: 'http://x', send_resolved: true });
  assert.match(error?.issues[0]?.message ?? '', /send_resolved must be false/);
});

test('an unknown address is final, trouble at the service is not', () =>
  withService(async (service) => {
    const check = async (status: number, want: string): Promise<void> => {
      service.script({ status, headers: { 'Retry-After': '2' } });
      const result = await send(senderFor(service));
      assert.ok(result.kind === 'failed');
      assert.equal(`${result.isRetriable} ${result.category} ${result.retryAfterMs}`, want);
    };
    await check(301, 'false other 2000');
    await check(404, 'false clientError 2000');
    await check(429, 'true rateLimited 2000');
    await check(503, 'true serverError 2000');
  }));

test('the address comes from a file that is read each time, and is in no error', () =>
  withService(async (service) => {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-heartbeat-'));
    const url_file = join(directory, 'url');
    const receiver = senderFor(service, { url_file });
    const errorOf = (result: SendResult): string => (result.kind === 'failed' ? result.error : 'delivered');
    try {
      writeFileSync(url_file, `${service.origin}${PATH}\n`);
      assert.equal(errorOf(await send(receiver)), 'delivered');
      writeFileSync(url_file, `${service.origin}/ping/other-secret?key=7`);
      assert.equal(
        errorOf(await send(receiver)),
        'unexpected status code 404: {"ok":false,"msg":"no monitor at <secret>"}',
      );
      writeFileSync(url_file, 'other-secret');
      const refused = errorOf(await send(receiver));
      assert.equal(refused, `cannot use the content of "${url_file}": want an http or https address`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }));

test('a cut connection, and one that hangs beyond the timeout, are tried again', () =>
  withService(async (service) => {
    service.script('reset', 'hang');
    const reset = await send(senderFor(service));
    assert.ok(reset.kind === 'failed' && reset.isRetriable && reset.category === 'network');
    const arrived = service.nextRequest();
    const sending = send(senderFor(service, { timeout: '2s' }));
    await arrived;
    await deps.clock.advance(2000);
    const result = await sending;
    assert.ok(result.kind === 'failed' && result.isRetriable && result.category === 'deadline');
    assert.equal(deps.clock.pendingTimerCount, 0);
  }));
