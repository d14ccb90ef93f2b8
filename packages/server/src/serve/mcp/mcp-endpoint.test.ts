import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { z } from 'zod';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { NewAuditEntry } from '../auth/audit/audit-log.ts';
import type { Caller } from '../auth/caller.ts';
import type { HttpAnswer, HttpRequest } from '../http/route.ts';
import { createTestClock } from '../test-server.ts';
import { ERAS, rpcOf, type Era } from './endpoint-fixture.ts';
import { McpEndpoint, type McpSurface } from './mcp-endpoint.ts';
import type { McpTool } from './tool.ts';
import { createMcpMetrics, createToolGate } from './tool-runner.ts';

function toolOf(name: string, access: McpTool['access']): McpTool {
  return {
    name,
    title: name,
    description: `Does ${name}.`,
    input: z.strictObject({ note: z.string().optional() }),
    access,
    run: () => Promise.resolve({ summary: `${name} is done` }),
  };
}

interface Scene {
  readonly endpoint: McpEndpoint;
  readonly entries: NewAuditEntry[];
  readonly ask: (
    caller: Caller | undefined,
    method: string,
    params?: Record<string, unknown>,
    era?: Era,
  ) => Promise<string>;
}

function createScene(more: Partial<McpSurface> = {}): Scene {
  const entries: NewAuditEntry[] = [];
  const clock = createTestClock();
  const runner = {
    clock,
    random: new SeededRandom(1),
    log: SILENT_LOG,
    metrics: createMcpMetrics(createMetricsRegistry()),
    gate: createToolGate(clock),
    audit: (entry: NewAuditEntry) => Promise.resolve(void entries.push(entry)),
    externalUrl: 'http://vedette.example',
    answerBytesMax: 24_000,
  };
  const tools = [toolOf('look', 'read'), toolOf('change', 'write')];
  const endpoint = new McpEndpoint(runner, { title: 'T', instructions: 'Do.', tools, ...more });
  return {
    endpoint,
    entries,
    ask: async (caller, method, params = {}, era = 'legacy') =>
      await textIn(await endpoint.handle(requestOf(caller, rpcOf({ method, params, era })))),
  };
}

function requestOf(
  caller: Caller | undefined,
  { method, headers, body }: ReturnType<typeof rpcOf>,
  signal = new AbortController().signal,
): HttpRequest {
  return {
    method,
    path: '/mcp',
    params: {},
    form: new URLSearchParams(),
    query: new URLSearchParams(),
    headers,
    remoteAddress: '127.0.0.1',
    body: new TextEncoder().encode(body),
    role: caller?.role,
    caller,
    signal,
  };
}

async function textIn({ body }: HttpAnswer): Promise<string> {
  if (body === undefined || typeof body === 'string') return body ?? '';
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  let all = '';
  for await (const piece of body)
    all += typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8');
  return all;
}

const VIEWER: Caller = { kind: 'token', name: 'looks', role: 'viewer', scopes: ['read'] };
const READING_OPERATOR: Caller = { kind: 'token', name: 'reads', role: 'operator', scopes: ['read'] };
const WRITING_VIEWER: Caller = { kind: 'token', name: 'wishes', role: 'viewer', scopes: ['read', 'write'] };
const OPERATOR: Caller = { kind: 'token', name: 'acts', role: 'operator', scopes: ['read', 'write'] };
const ADMIN: Caller = { kind: 'local', name: 'local', role: 'admin' };

for (const era of ERAS) {
  test(`a tool that writes is there for operators with the scope alone (${era})`, async () => {
    const { ask, entries } = createScene();
    const mayChange = async (caller: Caller): Promise<readonly [inList: boolean, byName: boolean]> => {
      // Twice: the second list is the kept one.
      const lists = [await ask(caller, 'tools/list', {}, era), await ask(caller, 'tools/list', {}, era)];
      const [inFirst, inSecond] = lists.map((list) => list.includes('"change"'));
      assert.equal(inFirst, inSecond);
      assert.ok(lists.every((list) => list.includes('"look"')));
      const called = await ask(caller, 'tools/call', { name: 'change', arguments: {} }, era);
      assert.ok(called.includes('change is done') || /not found/.test(called), called);
      return [inSecond === true, called.includes('change is done')];
    };
    // The one who may comes first: nobody else is to get what was kept for it.
    for (const caller of [OPERATOR, ADMIN]) assert.deepEqual(await mayChange(caller), [true, true]);
    for (const caller of [VIEWER, READING_OPERATOR, WRITING_VIEWER])
      assert.deepEqual(await mayChange(caller), [false, false], caller.name);
    for (const caller of [OPERATOR, ADMIN]) assert.deepEqual(await mayChange(caller), [true, true]);
    const done = entries.filter(({ action, status }) => action === 'mcp.change' && status === 200);
    assert.deepEqual(new Set(done.map(({ actor }) => actor)), new Set(['token:acts', 'local']));
    const denied = entries.filter(({ action, status }) => action === 'mcp.change' && status === 403);
    assert.deepEqual(
      denied.map(({ actor }) => actor),
      ['token:looks', 'token:reads', 'token:wishes'],
    );
  });

  test(`what a tool may do to the world stands in the list (${era})`, async () => {
    const tools = [
      toolOf('look', 'read'),
      { ...toolOf('change', 'write'), isDestructive: true },
      { ...toolOf('note', 'write'), isIdempotent: true },
    ];
    const { ask } = createScene({ tools });
    const hints = [...(await ask(ADMIN, 'tools/list', {}, era)).matchAll(/"annotations":(\{[^}]*\})/g)];
    assert.deepEqual(
      hints.map(([, json = '']) => JSON.parse(json) as unknown),
      [
        { readOnlyHint: true, openWorldHint: false },
        { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
        { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      ],
    );
  });

  for (const way of ['plain', 'through the library'] as const)
    test(`a tool is told when its client goes away (${era}, ${way})`, async () => {
      const started = Promise.withResolvers<AbortSignal>();
      const slow: McpTool = {
        ...toolOf('slow', 'read'),
        run: (_, { signal }) => {
          started.resolve(signal);
          return new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
          );
        },
      };
      const { endpoint } = createScene({ tools: [slow] });
      const gone = new AbortController();
      const params = { name: 'slow', arguments: {}, ...(way === 'plain' ? {} : { 'x-unusual': true }) };
      const init = rpcOf({ method: 'tools/call', params, era });
      const handling = endpoint.handle(requestOf(VIEWER, init, gone.signal)).then(textIn, String);
      const signal = await started.promise;
      assert.equal(signal.aborted, false);
      gone.abort(new Error('went away'));
      assert.equal(signal.aborted, true);
      await handling;
    });

  test(`unknown arguments are an answer that names the known ones (${era})`, async () => {
    const { ask } = createScene();
    const answer = await ask(VIEWER, 'tools/call', { name: 'look', arguments: { nota: 'x' } }, era);
    assert.match(answer, /did you mean \\"note\\"/);
    assert.match(answer, /"isError":true/);
  });
}

test('the library is shown no token and no cookie', async () => {
  const shown: string[] = [];
  const { endpoint } = createScene({
    attachTools: (server) =>
      void server.registerTool('peek', { description: 'x' }, (context) => {
        shown.push(...(context.http?.req?.headers.keys() ?? []));
        return { content: [] };
      }),
  });
  const headers = { authorization: 'Bearer canary', cookie: 'session=canary' };
  const init = rpcOf({ method: 'tools/call', params: { name: 'peek', arguments: {} }, headers });
  await textIn(await endpoint.handle(requestOf(VIEWER, init)));
  assert.deepEqual(shown.toSorted(), ['accept', 'content-type']);
});

test('without a caller there is no answer, and after the end neither', async () => {
  const { ask, endpoint } = createScene();
  assert.match(await ask(undefined, 'tools/list'), /unauthorized/);
  await endpoint.close();
  await assert.rejects(ask(ADMIN, 'tools/list'), /the server stops/);
});

test('a state that no tool of ours gave out is refused', async () => {
  const { ask } = createScene();
  const params = { name: 'look', arguments: {}, requestState: 'x', inputResponses: {} };
  assert.match(await ask(ADMIN, 'tools/call', params, 'modern'), /-32602/);
});
