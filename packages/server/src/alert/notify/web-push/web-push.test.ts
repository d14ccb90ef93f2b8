import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { labelsOf, type VirtualClock } from '@vedette/model';
import { alertOf } from '../../alert.ts';
import { exampleNotification, preparedNotification, receiverContract } from '../receiver.contract.ts';
import type { Receiver } from '../receiver.ts';
import { HOSTILE_VALUES, hostileNotification } from '../sender.contract.ts';
import { senderDeps } from '../sender-fixture.ts';
import { webPushIntegration } from './config.ts';
import { FakePushService } from './fake-push-service.ts';
import type { PushDesk } from './push-desk.ts';
import { FakeBrowser, pushDesk } from './push-fixture.ts';
import { contactOf, createWebPushSender } from './web-push.ts';

interface Scene {
  readonly service: FakePushService;
  readonly desk: PushDesk;
  readonly receiver: Receiver;
  readonly clock: VirtualClock;
  readonly browser: (path: string, role?: 'viewer' | 'operator') => Promise<FakeBrowser>;
}

const never = new AbortController().signal;

/** As long as a key, and not on the curve. */
const NO_POINT = Buffer.alloc(65, 4).toString('base64url');

async function withScene(run: (scene: Scene) => Promise<void>, config: object = {}): Promise<void> {
  await FakePushService.with(async (service) => {
    const deps = senderDeps();
    const desk = pushDesk(deps.clock);
    const receiver = createWebPushSender(
      { ...deps, push: () => Promise.resolve(desk) },
      { name: 'phones', index: 0, config: webPushIntegration.parse(config) },
    );
    const browser = async (path: string, role: 'viewer' | 'operator' = 'operator'): Promise<FakeBrowser> => {
      const made = new FakeBrowser(service.origin + path);
      await desk.subscribe(made.draft({ role, owner: role }));
      return made;
    };
    await run({ service, desk, receiver, clock: deps.clock, browser });
  });
}

receiverContract('web_push', (run) =>
  withScene(async ({ service, receiver, browser }) => {
    await browser('/one');
    await run({
      receiver,
      arrivedCount: () => service.requests.length,
      breakOff: () => service.close(),
    });
  }),
);

test('what arrives can be read by the browser it was for, and by nobody else', () =>
  withScene(async ({ service, receiver, browser }) => {
    const phone = await browser('/phone');
    const other = await browser('/other');
    assert.equal((await receiver.send(exampleNotification(), never)).kind, 'delivered');
    const [request] = service.takenBy('/phone');
    assert.ok(request !== undefined);
    const message = phone.decrypt(request.body) as Record<string, unknown>;
    assert.match(String(message['title']), /FIRING.*A/);
    assert.match(String(message['body']), /A is bad/);
    assert.equal(message['path'], `/alerts?filter=${encodeURIComponent('{alertname="A"}')}`);
    assert.equal(message['language'], 'en');
    assert.equal(message['isUrgent'], false);
    assert.throws(() => other.decrypt(request.body));
    assert.doesNotMatch(request.body.toString('latin1'), /A is bad/);
  }));

test('the push service is shown a signature of the kept key, how urgent it is and how long to keep it', () =>
  withScene(
    async ({ service, receiver, browser, desk }) => {
      await browser('/phone');
      const critical = alertOf(
        {
          status: 'firing',
          labels: labelsOf({ alertname: 'A', severity: 'critical' }),
          annotations: labelsOf({}),
          startsAtMs: 1_700_000_000_000,
          endsAtMs: 0,
          generatorUrl: '',
        },
        1_700_000_000_000,
      );
      await receiver.send(exampleNotification({ alerts: [critical] }), never);
      const { headers } = service.requests[0]!;
      assert.equal(headers['ttl'], '60');
      assert.equal(headers['urgency'], 'high');
      assert.equal(headers['content-encoding'], 'aes128gcm');
      assert.match(String(headers['topic']), /^[\w-]{32}$/);
      const { publicKey } = await desk.keys();
      const [, token = '', key] = /^vapid t=([^,]+), ?k=(.+)$/.exec(headers.authorization ?? '') ?? [];
      assert.equal(key, publicKey);
      assertSigned(token, publicKey, service.origin);
    },
    { ttl: '1m' },
  ));

/** RFC 8292: a JWT by ES256 over the origin of the push service. */
function assertSigned(token: string, publicKey: string, origin: string): void {
  const [head = '', claims = '', signature = ''] = token.split('.');
  const point = Buffer.from(publicKey, 'base64url');
  const key = createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
  const text = Buffer.from(`${head}.${claims}`);
  const proof = Buffer.from(signature, 'base64url');
  assert.ok(verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, proof));
  const { aud, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<
    string,
    string
  >;
  assert.equal(aud, origin);
  assert.equal(sub, 'mailto:vedette@vedette.test');
}

test('a device that is gone is forgotten, and is no failure', () =>
  withScene(async ({ service, receiver, browser, desk }) => {
    await browser('/gone');
    await browser('/unknown');
    await browser('/here');
    service.answers.set('/gone', { status: 410 });
    service.answers.set('/unknown', { status: 404 });
    assert.equal((await receiver.send(exampleNotification(), never)).kind, 'delivered');
    assert.deepEqual(
      (await desk.subscriptions()).map(({ endpoint }) => endpoint),
      [`${service.origin}/here`],
    );
  }));

test('trouble is tried again, and only for those that do not have it yet', () =>
  withScene(async ({ service, receiver, browser }) => {
    await browser('/fine');
    await browser('/busy');
    service.answers.set('/busy', { status: 429, headers: { 'retry-after': '7' } });
    const first = await receiver.send(exampleNotification(), never);
    assert.ok(first.kind === 'failed');
    assert.deepEqual([first.isRetriable, first.category, first.retryAfterMs], [true, 'rateLimited', 7000]);
    service.answers.set('/busy', { status: 503 });
    const second = await receiver.send(exampleNotification(), never);
    assert.ok(second.kind === 'failed' && second.isRetriable && second.category === 'serverError');
    service.answers.delete('/busy');
    assert.equal((await receiver.send(exampleNotification(), never)).kind, 'delivered');
    assert.equal(service.takenBy('/fine').length, 1);
    assert.equal(service.takenBy('/busy').length, 3);
  }));

test('one device that refuses does not fail the others, all of them do', () =>
  withScene(async ({ service, receiver, browser }) => {
    await browser('/refuses');
    service.answers.set('/refuses', { status: 403 });
    const alone = await receiver.send(exampleNotification({ id: 'a' }), never);
    assert.ok(alone.kind === 'failed' && !alone.isRetriable && alone.category === 'authError');
    await browser('/takes');
    assert.equal((await receiver.send(exampleNotification({ id: 'b' }), never)).kind, 'delivered');
  }));

test('a device whose key cannot be used fails alone', () =>
  withScene(async ({ service, receiver, browser, desk }) => {
    await browser('/good');
    const [good] = await desk.subscriptions();
    assert.ok(good !== undefined);
    const bad = { ...good, id: 'bad', endpoint: `${service.origin}/bad`, p256dh: NO_POINT };
    desk.subscriptions = () => Promise.resolve([bad, good]);
    assert.equal((await receiver.send(exampleNotification(), never)).kind, 'delivered');
    assert.equal(service.takenBy('/good').length, 1);
    desk.subscriptions = () => Promise.resolve([bad]);
    const again = await receiver.send({ ...exampleNotification(), id: 'another' }, never);
    assert.equal(again.kind === 'failed' && !again.isRetriable, true);
  }));

test('without devices there is nothing to do', () =>
  withScene(async ({ receiver }) => {
    const result = await receiver.send(exampleNotification(), never);
    assert.equal(result.kind === 'delivered' && result.answer?.text, '0 of 0 devices');
  }));

test('operators may acknowledge from the notification, viewers are not shown how', () =>
  withScene(async ({ service, receiver, browser, desk }) => {
    const operator = await browser('/operator');
    const viewer = await browser('/viewer', 'viewer');
    await receiver.send(exampleNotification(), never);
    const read = (browserOf: FakeBrowser, path: string) =>
      browserOf.decrypt(service.takenBy(path)[0]!.body) as { readonly ackKey?: string };
    assert.equal(read(viewer, '/viewer').ackKey, undefined);
    const { ackKey = '' } = read(operator, '/operator');
    const found = await desk.redeem(ackKey);
    assert.deepEqual(
      found?.matchers.map(({ name, op, value }) => [name, op, value]),
      [
        ['alertname', '=', 'A'],
        ['job', '=', 'api'],
      ],
    );
    assert.equal(await desk.redeem(ackKey), undefined, 'works once');
  }));

test('texts of any length and kind fit into what a push service takes', () =>
  withScene(async ({ service, receiver, browser }) => {
    const phone = await browser('/phone');
    for (const [i, value] of HOSTILE_VALUES.entries()) {
      const result = await receiver.send(hostileNotification(value, { id: `n${i}` }), never);
      assert.equal(result.kind, 'delivered', value.slice(0, 40));
      const { body } = service.requests.at(-1)!;
      assert.ok(body.length <= 4096, `${body.length} bytes`);
      assert.equal(typeof (phone.decrypt(body) as { title: unknown }).title, 'string');
    }
  }));

test('whom a push service may ask about us is an address it takes', () => {
  assert.equal(contactOf('https://vedette.example.org/prefix'), 'https://vedette.example.org');
  assert.equal(contactOf('http://127.0.0.1:8080'), 'mailto:vedette@127.0.0.1');
});

test('a prepared message stands beside the one of its alert, and cannot be acknowledged', () =>
  withScene(async ({ service, receiver, browser }) => {
    const phone = await browser('/phone');
    await receiver.send(exampleNotification(), never);
    await receiver.send({ ...preparedNotification(), id: 'report' }, never);
    const [alert, report] = service
      .takenBy('/phone')
      .map(({ body }) => phone.decrypt(body) as Record<string, unknown>);
    assert.deepEqual(
      [report!['title'], report!['body'], report!['path'], report!['isUrgent']],
      ['P1 critical: A', 'It is bad.\n', '/alerts?filter=x', false],
    );
    assert.notEqual(report!['tag'], alert!['tag']);
    assert.deepEqual([typeof alert!['ackKey'], report!['ackKey']], ['string', undefined]);
  }));
