import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role } from '@vedette/api';
import { FakeBrowser, pushDesk } from '../../alert/notify/web-push/push-fixture.ts';
import { createTestClock } from '../test-server.ts';
import { startAuthScene } from './auth-fixture.ts';

test('devices go with the account that turned them on, and follow its role until then', async (t) => {
  let roleOf: (owner: string) => Role | undefined = () => assert.fail('nobody told');
  const desk = pushDesk(createTestClock(), undefined, true, (owner) => roleOf(owner));
  const push = {
    desk: () => Promise.resolve(desk),
    sendTest: () => Promise.reject(new Error('nothing is sent')),
    useRoles: (asked: typeof roleOf) => (roleOf = asked),
  };
  const scene = await startAuthScene(t, {}, { push });
  const root = await scene.setUp();
  const change = async (name: string, body: unknown): Promise<void> => {
    assert.equal((await root.send('PUT', `/api/vedette/accounts/${name}`, body)).status, 200);
  };
  for (const name of ['ada', 'bob']) {
    const person = await scene.join(root, name, 'operator');
    const endpoint = `http://push.example/${name}`;
    const { p256dh, auth } = new FakeBrowser(endpoint).draft();
    const body = { subscription: { endpoint, keys: { p256dh, auth } }, device: name, language: 'en' };
    assert.equal((await person.send('POST', '/api/vedette/push/subscriptions', body)).status, 201);
  }
  const devices = async (): Promise<readonly string[]> =>
    (await desk.subscriptions()).map(({ owner, role }) => `${owner} ${role}`).toSorted();
  assert.deepEqual(await devices(), ['account:ada operator', 'account:bob operator']);
  await change('ada', { role: 'viewer' });
  assert.deepEqual(await devices(), ['account:ada viewer', 'account:bob operator']);
  await change('bob', { isDisabled: true });
  assert.deepEqual(await devices(), ['account:ada viewer']);
  await change('bob', { isDisabled: false });
  assert.deepEqual(await devices(), ['account:ada viewer'], 'they were forgotten');
  assert.equal((await root.send('DELETE', '/api/vedette/accounts/ada')).status, 204);
  assert.deepEqual(await devices(), []);
  for (const owner of ['local', 'server-token', 'token:x', 'account:', 'oidc:root', '__proto__:x', ''])
    assert.equal(roleOf(owner), undefined, owner);
  assert.equal(roleOf('account:ROOT'), 'admin');
});
