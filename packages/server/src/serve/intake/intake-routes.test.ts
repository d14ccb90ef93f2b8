import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { bug, InputError, UnavailableError } from '@vedette/model';
import type { IngestEndpoint, IngestRequest } from '../../ingest/index.ts';
import { startTestServer } from '../test-server.ts';

async function startServer(
  t: TestContext,
  overrides: Parameters<typeof startTestServer>[0],
): Promise<{ address: string }> {
  const server = await startTestServer(overrides);
  t.after(() => server.close());
  return server;
}

function endpointOf(receive: IngestEndpoint['receive']): IngestEndpoint {
  return { name: 'test', method: 'POST', path: '/push', bodyBytesMax: 10, receive };
}

test('a receiver gets headers, parameters and the body as it came', async (t) => {
  let seen: IngestRequest | undefined;
  const endpoint = endpointOf(async (request) => {
    seen = request;
    return { status: 204, headers: { 'x-written': '3' } };
  });
  const { address } = await startServer(t, { endpoints: [endpoint] });
  const answer = await fetch(`${address}/push?a=1`, {
    method: 'POST',
    body: 'hello',
    headers: { 'X-Kind': 'k' },
  });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get('x-written'), '3');
  assert.equal(Buffer.from(seen?.body ?? []).toString(), 'hello');
  assert.equal(seen?.headers['x-kind'], 'k');
  assert.equal(seen?.query.get('a'), '1');
});

test('a body over the limit of its endpoint is refused before it is received', async (t) => {
  const endpoint = endpointOf(() => bug('it must not be asked'));
  const { address } = await startServer(t, { endpoints: [endpoint] });
  const answer = await fetch(`${address}/push`, { method: 'POST', body: 'hello world' });
  assert.equal(answer.status, 413);
  assert.match(await answer.text(), /10 bytes/);
});

test('what a receiver throws becomes a status that senders understand', async (t) => {
  const cases: [Error, number, string | null][] = [
    [new InputError('VED_BODY_INVALID', 'cannot read it'), 400, null],
    [new InputError('VED_BODY_TOO_LARGE', 'cannot take it'), 413, null],
    [new UnavailableError('VED_STORAGE_FULL', 'cannot store it'), 503, '5'],
  ];
  for (const [error, status, retryAfter] of cases) {
    const { address } = await startServer(t, { endpoints: [endpointOf(() => Promise.reject(error))] });
    const answer = await fetch(`${address}/push`, { method: 'POST' });
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [status, retryAfter]);
    assert.equal(await answer.text(), `${error.message}\n`);
  }
});
