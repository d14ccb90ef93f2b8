import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { bug, InputError, UnavailableError } from '@vedette/model';
import { startTestServer } from '../test-server.ts';
import type { HttpServerDeps } from '../http-server.ts';

type Webhooks = HttpServerDeps['webhooks'];

async function start(t: TestContext, receive: Webhooks['receive']): Promise<string> {
  const sources: Webhooks['sources'] = () => [
    { name: 'am', ttlMs: 3_600_000, lastReceivedAtMs: undefined, firingCount: 2, staleCount: 0, stale: [] },
  ];
  const server = await startTestServer({ webhooks: { receive, sources } });
  t.after(() => server.close());
  return server.address;
}

const post = (url: string, body: string): Promise<Response> => fetch(url, { method: 'POST', body });

test('a body goes to the source in the path, and the answer counts', async (t) => {
  const seen: string[] = [];
  const address = await start(t, (source, body) => {
    seen.push(`${source}: ${Buffer.from(body).toString()}`);
    return Promise.resolve({ alertCount: 3, ignoredCount: 1, failed: ['guard'] });
  });
  const answer = await post(`${address}/webhooks/alertmanager/am`, '{"a":1}');
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { status: 'success', alerts: 3, ignored: 1, failed: ['guard'] });
  await post(`${address}/api/v1/alerts`, '[]');
  assert.deepEqual(seen, ['am: {"a":1}', 'default: []']);
});

test('the source of the guard is answered in the words that its senders read', async (t) => {
  let failed: readonly string[] = [];
  const address = await start(t, () => Promise.resolve({ alertCount: 3, ignoredCount: 1, failed }));
  const send = async (): Promise<unknown> =>
    await (await post(`${address}/webhooks/alertmanager/user-behavior`, '{}')).json();
  assert.deepEqual(await send(), { status: 'processed', alerts_count: 3 });
  failed = ['guard'];
  assert.deepEqual(await send(), { status: 'processed', alerts_count: 3, failed: ['guard'] });
});

test('faults are 400 for good and 503 for now', async (t) => {
  const cases: [Error, number, string | null][] = [
    [new InputError('VED_BODY_INVALID', 'cannot take the alerts'), 400, null],
    [new UnavailableError('VED_STATE_UNAVAILABLE', 'cannot save'), 503, '5'],
    [new Error('at secret-host'), 500, null],
  ];
  for (const [error, status, retryAfter] of cases) {
    const address = await start(t, () => Promise.reject(error));
    const answer = await post(`${address}/api/v1/alerts`, '{}');
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [status, retryAfter]);
    const { status: word, error: text } = (await answer.json()) as { status: string; error: string };
    assert.equal(word, 'error');
    assert.equal(text.includes('secret-host'), false);
  }
});

test('a name that no source has is refused before its body is read', async (t) => {
  const address = await start(t, () => bug('it must not be asked'));
  for (const name of ['a%20b', '-x', 'x'.repeat(65), '%2e%2e%2fx']) {
    const answer = await post(`${address}/webhooks/alertmanager/${name}`, '[]');
    assert.equal(answer.status, 400, name);
    assert.match(await answer.text(), /1 to 64 letters/);
  }
  assert.equal((await post(`${address}/webhooks/alertmanager/`, '[]')).status, 400);
});

test('sources are listed in seconds and with null for never', async (t) => {
  const address = await start(t, () => bug('it must not be asked'));
  const answer = await fetch(`${address}/api/vedette/alert-sources`);
  assert.deepEqual(await answer.json(), [
    { name: 'am', firingCount: 2, staleCount: 0, stale: [], ttlSeconds: 3600, lastReceivedAtMs: null },
  ]);
});

test('reading the list of alerts is still Prometheus’', async (t) => {
  const address = await start(t, () => bug('it must not be asked'));
  assert.deepEqual(await (await fetch(`${address}/api/v1/alerts`)).json(), {
    status: 'success',
    data: { alerts: [] },
  });
});
