import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createMatcher, VirtualClock } from '@vedette/model';
import { FakeBrowser, pushDesk } from '../../alert/notify/web-push/push-fixture.ts';
import type { SendResult, SilenceDraft } from '../../alert/index.ts';
import type { RunningHttpServer } from '../http-server.ts';
import { createTestDeps, memoryFiles, startTestServer } from '../test-server.ts';
import { PUSH_TESTS_PER_MINUTE_MAX } from './push-routes.ts';

const TOKEN = 'correct-horse-battery';
const running: RunningHttpServer[] = [];
after(() => Promise.all(running.map((server) => server.close())));

async function start() {
  const desk = pushDesk(new VirtualClock({ startMs: 1_700_000_000_000 }), undefined, false);
  const silences: SilenceDraft[] = [];
  const tested: string[] = [];
  let outcome: SendResult = { kind: 'delivered' };
  const { alerting } = createTestDeps();
  const server = await startTestServer(
    {
      files: memoryFiles({ token: TOKEN }),
      alerting: {
        ...alerting,
        silences: { ...alerting.silences, set: (draft) => (silences.push(draft), Promise.resolve('s1')) },
      },
      push: {
        desk: () => Promise.resolve(desk),
        useRoles: () => undefined,
        sendTest: ({ endpoint }) => (tested.push(endpoint), Promise.resolve(outcome)),
      },
    },
    { token_file: 'token' },
  );
  running.push(server);
  const ask = async (method: string, path: string, body?: unknown, token = TOKEN) => {
    const answer = await fetch(`${server.address}/api/vedette/${path}`, {
      method,
      headers: token === '' ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  return { desk, silences, tested, ask, setOutcome: (next: SendResult) => (outcome = next) };
}

const ENDPOINT = 'https://push.example.org/device';

function bodyOf(endpoint = ENDPOINT) {
  const { p256dh, auth } = new FakeBrowser(endpoint).draft();
  return {
    subscription: { endpoint, expirationTime: null, keys: { p256dh, auth } },
    device: 'Phone',
    language: 'en',
  };
}

test('a browser learns the public key, subscribes, tests and goes', async () => {
  const { ask, desk, tested, setOutcome } = await start();
  const { publicKey } = JSON.parse((await ask('GET', 'push/key')).text) as { publicKey: string };
  assert.equal(publicKey, (await desk.keys()).publicKey);
  assert.equal((await ask('POST', 'push/test', { endpoint: ENDPOINT })).status, 404);
  assert.equal((await ask('POST', 'push/subscriptions', bodyOf())).status, 201);
  assert.deepEqual(
    (await desk.subscriptions()).map(({ owner, device }) => [owner, device]),
    [['server-token', 'Phone']],
  );
  assert.equal((await ask('POST', 'push/test', { endpoint: ENDPOINT })).status, 204);
  assert.deepEqual(tested, [ENDPOINT]);
  setOutcome({ kind: 'failed', isRetriable: true, category: 'network', error: 'no route' });
  const failed = await ask('POST', 'push/test', { endpoint: ENDPOINT });
  assert.equal(failed.status, 502);
  assert.match(failed.text, /no route/);
  assert.equal((await ask('DELETE', 'push/subscriptions', { endpoint: ENDPOINT })).status, 204);
  assert.deepEqual(await desk.subscriptions(), []);
});

test('what is no subscription, or leads to our own network, is refused', async () => {
  const { ask, desk } = await start();
  const good = bodyOf();
  for (const bad of [
    {},
    { ...good, device: '' },
    { ...good, device: 'x'.repeat(101) },
    { ...good, language: 'fr' },
    { ...good, subscription: { ...good.subscription, keys: { p256dh: 'short', auth: 'short' } } },
    bodyOf('http://push.example.org/x'),
    bodyOf('https://10.0.0.1/x'),
  ])
    assert.equal(
      (await ask('POST', 'push/subscriptions', bad)).status,
      400,
      JSON.stringify(bad).slice(0, 80),
    );
  assert.equal((await ask('POST', 'push/subscriptions', good, '')).status, 401);
  assert.deepEqual(await desk.subscriptions(), []);
});

test('another’s device is not to be tested or removed, and tests are few', async () => {
  const { ask, desk, tested } = await start();
  await desk.subscribe(new FakeBrowser(ENDPOINT).draft({ owner: 'account:ada' }));
  assert.equal((await ask('POST', 'push/test', { endpoint: ENDPOINT })).status, 404);
  assert.equal((await ask('DELETE', 'push/subscriptions', { endpoint: ENDPOINT })).status, 204);
  assert.equal((await ask('POST', 'push/subscriptions', bodyOf())).status, 400, 'its keys are not known');
  assert.equal((await desk.find(ENDPOINT))?.owner, 'account:ada');
  assert.deepEqual(tested, []);
  const own = `${ENDPOINT}/own`;
  assert.equal((await ask('POST', 'push/subscriptions', bodyOf(own))).status, 201);
  for (let i = 0; i < PUSH_TESTS_PER_MINUTE_MAX; i++)
    assert.equal((await ask('POST', 'push/test', { endpoint: own })).status, 204);
  assert.equal((await ask('POST', 'push/test', { endpoint: own })).status, 429);
});

test('the key of a notification silences its alerts for an hour, once, also without a session', async () => {
  const { ask, desk, silences } = await start();
  const phone = await desk.subscribe(new FakeBrowser(ENDPOINT).draft({ device: 'Phone' }));
  await desk.allowAcknowledgement('n1', [createMatcher('alertname', '=', 'A')]);
  const key = await desk.ackKeyOf('n1', phone);
  assert.equal((await ask('POST', 'alerts/acknowledge', { key: `${key}x` }, '')).status, 404);
  assert.equal((await ask('POST', 'alerts/acknowledge', {}, '')).status, 400);
  assert.equal(silences.length, 0);
  assert.equal((await ask('POST', 'alerts/acknowledge', { key }, '')).status, 200);
  const [silence] = silences;
  assert.equal(silence!.endsAtMs - silence!.startsAtMs, 3_600_000);
  assert.equal(silence!.createdBy, 'operator (Phone)');
  assert.deepEqual(
    silence!.matchers.map(({ name, value }) => [name, value]),
    [['alertname', 'A']],
  );
  const again = await ask('POST', 'alerts/acknowledge', { key }, '');
  assert.equal(again.status, 404);
  assert.match(again.text, /acknowledged already/);
  assert.equal(silences.length, 1);
});
