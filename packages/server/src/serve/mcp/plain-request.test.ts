import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RunningHttpServer } from '../http-server.ts';
import { createTestClock, startTestServer } from '../test-server.ts';
import { ask, ERAS, rpcOf, type Era, type RpcAnswer, type RpcInit } from './endpoint-fixture.ts';
import { findPlainRequest } from './plain-request.ts';
import { readMessage } from './read-message.ts';

async function start(t: TestContext): Promise<RunningHttpServer> {
  const server = await startTestServer({ clock: createTestClock() });
  t.after(() => server.close());
  return server;
}

/** A parameter that is nobody's: the library passes it over, and what is here does not answer. */
const UNUSUAL = { 'x-unusual': true };

const withoutFence = ({ message }: RpcAnswer): unknown =>
  JSON.parse(JSON.stringify(message).replaceAll(/data-[\da-f]{8}/g, 'data-N'));

function isPlain(init: RpcInit): boolean {
  const headers = Object.fromEntries(new Headers(init.headers));
  const body = new TextEncoder().encode(init.body);
  const read = readMessage({ method: 'POST', headers, body });
  assert.equal(read.kind, 'message');
  return read.kind === 'message' && findPlainRequest({ headers }, read.message) !== undefined;
}

for (const era of ERAS) {
  test(`a plain call of the ${era} era is answered as the library answers it`, async (t) => {
    const server = await start(t);
    const call = { name: 'overview', arguments: {} };
    assert.ok(isPlain(rpcOf({ method: 'tools/call', params: call, era })));
    assert.ok(!isPlain(rpcOf({ method: 'tools/call', params: { ...call, ...UNUSUAL }, era })));
    const plain = await ask(server, { method: 'tools/call', params: call, era });
    const unusual = await ask(server, { method: 'tools/call', params: { ...call, ...UNUSUAL }, era });
    assert.deepEqual([plain.status, unusual.status], [200, 200]);
    assert.match(plain.text, /targets 0 up/);
    assert.deepEqual(withoutFence(plain), withoutFence(unusual));
  });

  test(`a kept list of the ${era} era is the library's`, async (t) => {
    const server = await start(t);
    const first = await ask(server, { method: 'tools/list', era });
    const kept = await ask(server, { method: 'tools/list', era });
    const unusual = await ask(server, { method: 'tools/list', params: UNUSUAL, era });
    assert.match(first.text, /"overview"/);
    assert.deepEqual(kept.message, first.message);
    assert.deepEqual(kept.message, unusual.message);
  });
}

test('what is unusual about a request goes to the library', () => {
  const call = { method: 'tools/call', params: { name: 'overview' } };
  const check = (want: boolean, init: RpcInit): void =>
    assert.equal(isPlain(init), want, JSON.stringify(init));
  const header = (era: Era, headers: Record<string, string>): RpcInit => rpcOf({ ...call, era, headers });
  check(true, rpcOf(call));
  check(true, header('legacy', { 'mcp-protocol-version': '2025-06-18' }));
  check(false, header('legacy', { 'mcp-protocol-version': '1999-01-01' }));
  check(false, header('legacy', { accept: 'application/json' }));
  check(true, rpcOf({ ...call, era: 'modern' }));
  check(false, header('modern', { 'mcp-name': 'another' }));
  check(false, header('modern', { 'mcp-method': 'tools/list' }));
  check(false, header('modern', { 'mcp-protocol-version': '2027-01-01' }));
  check(false, rpcOf({ ...call, params: { name: 'overview', arguments: 'all' } }));
  check(false, rpcOf({ ...call, params: { arguments: {} } }));
  check(false, rpcOf({ ...call, params: { name: 'overview', inputResponses: {} } }));
  check(false, rpcOf({ method: 'tools/list', params: { cursor: 'x' } }));
  check(false, rpcOf({ method: 'prompts/list' }));
  const body = (value: unknown): RpcInit => ({ ...rpcOf(call), body: JSON.stringify(value) });
  check(false, body({ jsonrpc: '2.0', method: 'tools/call', params: { name: 'overview' } }));
  check(false, body({ jsonrpc: '2.0', id: 1.5, method: 'tools/call', params: { name: 'overview' } }));
  check(false, body({ jsonrpc: '2.0', id: null, method: 'tools/call', params: { name: 'overview' } }));
  check(false, body({ jsonrpc: '1.0', id: 1, method: 'tools/call', params: { name: 'overview' } }));
  check(false, body({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'overview', _meta: 3 } }));
  check(false, body({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: ['overview'] }));
});

test('ids come back as they were', async (t) => {
  const server = await start(t);
  for (const id of ['', 'a"\\\u0000b', 0, -1, Number.MAX_SAFE_INTEGER]) {
    const init = rpcOf({ method: 'tools/call', params: { name: 'overview' } });
    const body = JSON.stringify({ ...(JSON.parse(init.body) as object), id });
    const response = await fetch(`${server.address}/mcp`, { ...init, body });
    assert.equal(((await response.json()) as { id: unknown }).id, id);
  }
});
