/** Clients that people use, against the real server: both eras, keys of each role, and a server behind a path. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMCPClient } from '@ai-sdk/mcp';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ACCOUNTS_CONFIG, createToken, setUpRoot } from '../support/accounts.ts';
import { startVedette, type Lifetime } from '../support/vedette-process.ts';

interface Door {
  readonly address: string;
  readonly token?: string;
}

interface SeenTool {
  readonly name: string;
  readonly isReading: boolean;
  readonly required: readonly string[];
}

/** What the tests ask of every client. */
interface Visitor {
  tools(): Promise<readonly SeenTool[]>;
  /** Text of the answer; rejects, or begins with `error: `, when there is none. */
  call(name: string, args?: Record<string, unknown>): Promise<string>;
}

type Visit = (t: Lifetime, door: Door) => Promise<Visitor>;

const INFO = { name: 'vedette-test', version: '1' };

const headersOf = ({ token }: Door): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** As each client's own types have it, or have it not. */
interface ListedTool {
  readonly name: string;
  readonly annotations?: { readonly readOnlyHint?: boolean | undefined } | undefined;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

function seenTool({ name, annotations, inputSchema }: ListedTool): SeenTool {
  const { required = [] } = inputSchema;
  assert.ok(Array.isArray(required));
  return { name, isReading: annotations?.readOnlyHint === true, required: required.map(String) };
}

function textOf(result: unknown): string {
  assert.ok(typeof result === 'object' && result !== null && 'content' in result);
  const { content } = result;
  assert.ok(Array.isArray(content), JSON.stringify(result));
  const texts = content.map((one: { text?: unknown }) => String(one.text));
  const isError = 'isError' in result && result.isError === true;
  return (isError ? 'error: ' : '') + texts.join('\n');
}

const official =
  (mode: 'auto' | 'legacy'): Visit =>
  async (t, door) => {
    const client = new Client(INFO, { versionNegotiation: { mode } });
    const requestInit = { headers: headersOf(door) };
    await client.connect(new StreamableHTTPClientTransport(new URL(door.address), { requestInit }));
    t.after(() => client.close());
    return {
      tools: async () => (await client.listTools()).tools.map(seenTool),
      call: async (name, args = {}) => textOf(await client.callTool({ name, arguments: args })),
    };
  };

const first: Visit = async (t, door) => {
  const client = new ClientV1(INFO);
  const requestInit = { headers: headersOf(door) };
  const transport = new TransportV1(new URL(door.address), { requestInit });
  // Its transport's type predates exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  t.after(() => client.close());
  return {
    tools: async () => (await client.listTools()).tools.map(seenTool),
    call: async (name, args = {}) => textOf(await client.callTool({ name, arguments: args })),
  };
};

const aiSdk: Visit = async (t, door) => {
  const client = await createMCPClient({
    transport: { type: 'http', url: door.address, headers: headersOf(door) },
  });
  t.after(() => client.close());
  return {
    tools: async () => (await client.listTools()).tools.map(seenTool),
    call: async (name, args = {}) => {
      const tool = (await client.tools())[name];
      if (tool === undefined) throw new Error(`Tool ${name} not found`);
      return textOf(await tool.execute(args, { toolCallId: '1', messages: [], context: {} }));
    },
  };
};

const CLIENTS: Readonly<Record<string, Visit>> = {
  'the official client, era of its choice': official('auto'),
  'the official client, era of 2025': official('legacy'),
  'the first official client': first,
  '@ai-sdk/mcp': aiSdk,
};

/** Arguments of a tool that can be asked without knowing what is watched; `undefined`: none. */
function argumentsOf({ required, isReading }: SeenTool): Record<string, unknown> | undefined {
  if (!isReading) return undefined;
  if (required.length === 0) return {};
  return required.join() === 'query' ? { query: 'up' } : undefined;
}

for (const [client, visit] of Object.entries(CLIENTS))
  test(`${client} lists the tools of both endpoints and calls those that read`, async (t) => {
    const vedette = await startVedette(t);
    for (const path of ['/mcp', '/mcp/prometheus']) {
      const visitor = await visit(t, { address: vedette.url + path });
      const tools = await visitor.tools();
      if (path === '/mcp') assert.ok(tools.some(({ name }) => name === 'overview'));
      for (const tool of tools) {
        const args = argumentsOf(tool);
        if (args === undefined) continue;
        const answer = await visitor.call(tool.name, args);
        // One that takes this or that argument says so when it gets neither.
        const isAnswered = !answer.startsWith('error: ') || answer.includes(' want ');
        assert.ok(answer.length > 0 && isAnswered, `${tool.name}: ${answer}`);
        if (tool.name === 'overview' || 'query' in args) assert.ok(!answer.startsWith('error: '), answer);
      }
    }
  });

test('keys open what their role and scopes open, in every client', async (t) => {
  const vedette = await startVedette(t, { config: ACCOUNTS_CONFIG });
  const cookie = await setUpRoot(vedette);
  const tokenOf = async (name: string, role: string, scopes: readonly string[]): Promise<string> =>
    (await createToken(vedette, cookie, { name, role, scopes })).secret;
  const viewer = await tokenOf('looks', 'viewer', ['read']);
  const operator = await tokenOf('acts', 'operator', ['read', 'write']);
  const reading = await tokenOf('reads', 'operator', ['read']);
  const shipping = await tokenOf('ships', 'operator', ['ingest']);
  const address = `${vedette.url}/mcp`;
  for (const [client, visit] of Object.entries(CLIENTS)) {
    await assert.rejects(visit(t, { address }), /401|unauthorized/i, client);
    await assert.rejects(visit(t, { address, token: 'vdt_wrong' }), /401|unauthorized/i, client);
    await assert.rejects(visit(t, { address, token: shipping }), /403|lacks the scope|forbidden/i, client);
    const seen = await (await visit(t, { address, token: viewer })).tools();
    const all = await (await visit(t, { address, token: operator })).tools();
    assert.ok(seen.every(({ isReading }) => isReading));
    assert.deepEqual(
      seen.map(({ name }) => name),
      all.filter(({ isReading }) => isReading).map(({ name }) => name),
    );
    assert.deepEqual(await (await visit(t, { address, token: reading })).tools(), seen);
    const looking = await visit(t, { address, token: viewer });
    for (const { name } of all.filter(({ isReading }) => !isReading)) {
      const refusal = await looking.call(name).catch((error: unknown) => String(error));
      assert.match(refusal, /not found/i, `${client}: ${name}`);
    }
  }
});

test('behind a path, and without a key, the door says where the key goes', async (t) => {
  const config = 'server: { accounts: enabled, external_url: "https://watch.example/vedette/" }\n';
  const vedette = await startVedette(t, { config });
  const cookie = await setUpRoot(vedette);
  const { secret } = await createToken(vedette, cookie, { name: 'looks', role: 'viewer', scopes: ['read'] });
  const address = `${vedette.url}/vedette/mcp`;
  const refused = await fetch(address, { method: 'POST', body: '{}' });
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="vedette"');
  for (const visit of Object.values(CLIENTS)) {
    const answer = await (await visit(t, { address, token: secret })).call('overview');
    assert.match(answer, /https:\/\/watch\.example\/vedette\//);
  }
});
