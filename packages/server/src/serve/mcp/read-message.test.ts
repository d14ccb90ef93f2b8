import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { JSON_DEPTH_MAX } from '../../lib/parse-json.ts';
import type { RunningHttpServer } from '../http-server.ts';
import { startTestServer } from '../test-server.ts';
import { ask, ERAS, post, rpcOf, type Era, type RpcAnswer } from './endpoint-fixture.ts';

async function start(t: TestContext): Promise<RunningHttpServer> {
  const server = await startTestServer();
  t.after(() => server.close());
  return server;
}

const CALL = { method: 'tools/call', params: { name: 'overview' } };

type Asking = (era: Era) => Promise<RpcAnswer>;

test('garbage is refused in the words of JSON-RPC', async (t) => {
  const server = await start(t);
  const send = (
    body: NonNullable<RequestInit['body']>,
    headers: Record<string, string> = {},
  ): Promise<RpcAnswer> => post(server, { ...rpcOf({ ...CALL, headers }), body });
  const check = async (
    answer: Promise<RpcAnswer>,
    want: readonly [number, number, RegExp],
  ): Promise<void> => {
    const { status, message, text: got } = await answer;
    assert.deepEqual([status, message?.error?.code], [want[0], want[1]], got);
    assert.match(message?.error?.message ?? '', want[2]);
  };
  await check(send(''), [400, -32_700, /it is empty/]);
  await check(send('{'), [400, -32_700, /cannot read the message/]);
  await check(send(Uint8Array.of(0x22, 0xff, 0x22)), [400, -32_700, /not text in UTF-8/]);
  const deep = '['.repeat(JSON_DEPTH_MAX + 1) + ']'.repeat(JSON_DEPTH_MAX + 1);
  await check(send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${deep}}`), [
    400,
    -32_700,
    /nested/,
  ]);
  await check(send('[]'), [400, -32_600, /batches/]);
  await check(send(`[${rpcOf(CALL).body}]`), [400, -32_600, /one message per request/]);
  await check(send('"x"'), [400, -32_600, /JSON object; got string/]);
  await check(send('null'), [400, -32_600, /JSON object/]);
  await check(send('{}'), [400, -32_600, /not a valid JSON-RPC message/]);
  const longId = JSON.stringify({ jsonrpc: '2.0', id: 'i'.repeat(257), method: 'ping' });
  await check(send(longId), [400, -32_600, /at most 256 characters; got 257/]);
  await check(send('x', { 'content-type': 'text/plain' }), [415, -32_000, /Content-Type/]);
  await check(send('x', { 'content-type': 'application/x-www-form-urlencoded' }), [
    415,
    -32_000,
    /Content-Type/,
  ]);
});

test('every other method than POST is refused with what is allowed', async (t) => {
  const { address } = await start(t);
  for (const method of ['GET', 'DELETE']) {
    const response = await fetch(`${address}/mcp`, { method, headers: { accept: 'text/event-stream' } });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'POST');
  }
  assert.equal((await fetch(`${address}/mcp`, { method: 'PATCH' })).status, 405);
});

test('methods that were removed, and unknown ones, are not found', async (t) => {
  const server = await start(t);
  const codes = async (era: Era, method: string): Promise<unknown> => {
    const { status, message } = await ask(server, { method, era });
    assert.ok(status < 500, `${method} of ${era}: ${status}`);
    return message?.error?.code;
  };
  for (const method of ['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'nothing/there'])
    assert.equal(await codes('modern', method), -32_601, method);
  for (const method of ['tasks/list', 'sampling/createMessage', 'nothing/there', 'server/discover'])
    assert.equal(await codes('legacy', method), -32_601, method);
});

test('wrong headers and versions are refused, never with a fault of the server', async (t) => {
  const server = await start(t);
  const withHeaders =
    (headers: Record<string, string>): Asking =>
    (era) =>
      ask(server, { ...CALL, era, headers });
  for (const headers of [
    { 'mcp-protocol-version': '1999-01-01' },
    { 'mcp-protocol-version': 'x'.repeat(5000) },
    { 'mcp-session-id': 'none' },
    { 'mcp-name': '=?base64?!!!?=' },
    { 'mcp-method': 'tools/list' },
    { accept: 'text/html' },
    { 'last-event-id': '12' },
  ])
    for (const era of ERAS) {
      const { status, text: got } = await withHeaders(headers)(era);
      assert.ok(status < 500, `${JSON.stringify(headers)} of ${era}: ${status} ${got}`);
    }
  const mismatch = await withHeaders({ 'mcp-name': 'another' })('modern');
  assert.deepEqual([mismatch.status, mismatch.message?.error?.code], [400, -32_020]);
  const unknown = await withHeaders({ 'mcp-protocol-version': '1999-01-01' })('legacy');
  assert.equal(unknown.status, 400);
});

test('a body of a mebibyte and one byte is refused, and one that never ends holds nothing up', async (t) => {
  const server = await start(t);
  const { status } = await post(server, { ...rpcOf(CALL), body: ' '.repeat(1024 * 1024 + 1) });
  assert.equal(status, 413);
  const { hostname, port } = new URL(server.address);
  const slow = connect(Number(port), hostname);
  t.after(() => slow.destroy());
  slow.write(
    'POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"jsonrpc"',
  );
  assert.equal((await ask(server, CALL)).status, 200);
  slow.end();
  assert.ok(!/ 5\d\d /.test(await text(slow)));
});

test('to listen is acknowledged and ends at once: nothing changes while the server runs', async (t) => {
  const server = await start(t);
  const notifications = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
  const { status, text: got } = await ask(server, {
    method: 'subscriptions/listen',
    params: { notifications, resourceSubscriptions: ['vedette://overview'] },
    era: 'modern',
  });
  assert.equal(status, 200);
  assert.match(got, /subscriptions\/acknowledged","params":\{"notifications":\{\}/);
  assert.match(got, /"resultType":"complete"/);
});

test('notifications and answers of clients are taken and come to nothing', async (t) => {
  const server = await start(t);
  for (const body of [
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
    { jsonrpc: '2.0', id: 1, result: {} },
  ]) {
    const { status, text: got } = await post(server, { ...rpcOf(CALL), body: JSON.stringify(body) });
    assert.equal(status, 202, got);
  }
});
