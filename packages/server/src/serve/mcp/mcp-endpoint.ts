/**
 * One MCP endpoint: JSON-RPC over HTTP, both eras of the protocol at one address.
 *
 * 1. A message is read and refused here (`read-message.ts`), before the protocol's library sees it.
 * 2. Plain calls of tools and plain lists of them are answered here (`plain-request.ts`), in the library's form; all
 *    else goes to the library. What a list says, the library is asked once for each era and set of rights.
 * 3. Each request of the library's gets a server of its own, made for its caller and thrown away: a shared one grows
 *    with every request, and what a caller may see is decided by what is registered.
 * 4. A caller who may not write has no writing tool, neither in the list nor by name. Reading tools need the scope
 *    `read`, which the route asks; writing ones the role operator and the scope `write`, asked here.
 * 5. The library speaks fetch's `Request` and `Response`; requests of our mount are turned into them and answers back,
 *    so that access, limits, metrics and the shutdown are those of every other route. Of headers it gets what it
 *    reads: tokens and cookies stay here.
 */
import {
  createMcpHandler,
  McpServer,
  type McpHttpHandler,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { CanceledError } from '@vedette/model';
import type { Caller } from '../auth/caller.ts';
import type { HttpAnswer, HttpRequest } from '../http/route.ts';
import { jsonAnswer } from '../http/route.ts';
import { hasRole } from '../auth/roles.ts';
import { VEDETTE_VERSION } from '../../lib/version.ts';
import { findPlainRequest, type PlainRequest } from './plain-request.ts';
import { isRecord, readMessage, type McpMessage } from './read-message.ts';
import type { McpTool } from './tool.ts';
import { toolInputOf } from './tool-input.ts';
import { recordDenied, runTool, type RunnerCall, type ToolRunnerDeps } from './tool-runner.ts';

/** What an endpoint serves. */
export interface McpSurface {
  /** As clients show it. */
  readonly title: string;
  /** How to use the tools together; clients put it before the model. */
  readonly instructions: string;
  readonly tools: readonly McpTool[];
  /** Resources, prompts and skills; called for requests about them and for those that ask what there is. */
  readonly attach?: (server: McpServer, asker: McpAsker) => void;
  /** Tools that are more than `McpTool` says; the product has none. */
  readonly attachTools?: (server: McpServer) => void;
  /** Of tools that ask back: throws when the state that a client brings is none of ours; absent: all of it is refused. */
  readonly verifyState?: (state: string, context: ServerContext) => Promise<unknown>;
}

/** On whose behalf a server is made. */
export type McpAsker = Pick<RunnerCall, 'caller' | 'remoteAddress'>;

/** What a request is about, found before the server for it is made. */
interface Asked extends Pick<McpMessage, 'method' | 'toolName'> {
  readonly request: HttpRequest;
  readonly caller: Caller;
}

// What opens a stream that nothing ends but the client: none of ours does, since no list changes while the server runs.
const SUBSCRIPTIONS_MAX = 16;

export class McpEndpoint {
  readonly #deps: ToolRunnerDeps;
  readonly #surface: McpSurface;
  readonly #tools: ReadonlyMap<string, McpTool>;
  readonly #handler: McpHttpHandler;
  /** What `tools/list` answers, by era and rights: at most eight. */
  readonly #lists = new Map<string, unknown>();
  #isClosed = false;

  constructor(deps: ToolRunnerDeps, surface: McpSurface) {
    this.#deps = deps;
    this.#surface = surface;
    this.#tools = new Map(surface.tools.map((tool) => [tool.name, tool]));
    this.#handler = createMcpHandler(({ authInfo }) => this.#createServer(askedOf(authInfo)), {
      onerror: (error) => deps.log.debug('an MCP request was refused', { error }),
      maxSubscriptions: SUBSCRIPTIONS_MAX,
    });
  }

  async handle(request: HttpRequest): Promise<HttpAnswer> {
    const { caller } = request;
    if (caller === undefined) return jsonAnswer(401, { error: 'unauthorized' });
    if (this.#isClosed) throw new CanceledError('VED_QUERY_CANCELED', 'the server stops');
    const read = readMessage(request);
    if (read.kind === 'refused') {
      this.#deps.log.debug('an MCP request was refused', { reason: read.reason });
      return read.answer;
    }
    const { message } = read;
    const asked: Asked = { request, caller, ...message };
    const denied = this.#tools.get(asked.toolName ?? '');
    if (denied !== undefined && !mayUse(caller, denied))
      await recordDenied(this.#deps, denied, { caller, remoteAddress: request.remoteAddress });
    const plain = findPlainRequest(request, message);
    const answer = plain === undefined ? undefined : await this.#answerPlain(plain, asked);
    if (answer !== undefined) return answer;
    const response = await this.#askLibrary(asked, message);
    return plain?.method === 'tools/list'
      ? await this.#keepList(plain, asked, response)
      : await answerOf(response, request.signal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#handler.close();
  }

  /** `undefined`: there is something to say that the library says. */
  async #answerPlain(plain: PlainRequest, asked: Asked): Promise<HttpAnswer | undefined> {
    const { request, caller, toolName } = asked;
    if (plain.method === 'tools/list') {
      const list = this.#lists.get(listKeyOf(plain, caller));
      return list === undefined ? undefined : resultAnswer(plain, list);
    }
    const tool = this.#tools.get(toolName ?? '');
    if (tool === undefined || !mayUse(caller, tool)) return undefined;
    const call = { caller, remoteAddress: request.remoteAddress, signal: request.signal };
    const result = await runTool(this.#deps, { tool, args: plain.args }, call);
    return resultAnswer(
      plain,
      plain.era === 'legacy' ? result : { ...result, ...MODERN_RESULT(this.#surface) },
    );
  }

  async #askLibrary(asked: Asked, { body }: McpMessage): Promise<Response> {
    return await this.#handler.fetch(webRequestOf(asked.request), {
      // The library asks for a token and its end; ours was checked before, and stays out of its hands.
      authInfo: { token: '', clientId: asked.caller.name, scopes: [], extra: { asked } },
      parsedBody: body,
    });
  }

  async #keepList(plain: PlainRequest, { caller }: Asked, response: Response): Promise<HttpAnswer> {
    const { status } = response;
    const headers = headersOf(response);
    const text = await response.text();
    const result = status === 200 ? resultIn(text) : undefined;
    if (result === undefined) return { status, headers, body: text };
    this.#lists.set(listKeyOf(plain, caller), result);
    return resultAnswer(plain, result);
  }

  #createServer(asked: Asked): McpServer {
    const { title, instructions, tools, attach, attachTools, verifyState = refuseState } = this.#surface;
    const server = new McpServer(
      { name: 'vedette', title, version: VEDETTE_VERSION },
      {
        instructions,
        capabilities: { tools: { listChanged: false } },
        requestState: { verify: verifyState },
      },
    );
    const { method, toolName, caller, request } = asked;
    if (method === undefined || !/^(?:resources|prompts|skills|completion)\//.test(method)) {
      for (const tool of tools)
        if ((toolName === undefined || tool.name === toolName) && mayUse(caller, tool))
          this.#register(server, tool, asked);
      attachTools?.(server);
    }
    if (method === undefined || !method.startsWith('tools/'))
      attach?.(server, { caller, remoteAddress: request.remoteAddress });
    return server;
  }

  #register(server: McpServer, tool: McpTool, { request, caller }: Asked): void {
    const { name, title, description, access } = tool;
    const annotations =
      access === 'read'
        ? { readOnlyHint: true, openWorldHint: false }
        : {
            readOnlyHint: false,
            destructiveHint: tool.isDestructive === true,
            idempotentHint: tool.isIdempotent === true,
            openWorldHint: false,
          };
    const config = { title, description, inputSchema: toolInputOf(tool), annotations };
    server.registerTool(name, config, async (args, { mcpReq }) => {
      const { remoteAddress } = request;
      const call = { caller, remoteAddress, signal: mcpReq.signal };
      return { ...(await runTool(this.#deps, { tool, args: isRecord(args) ? args : {} }, call)) };
    });
  }
}

/** Whether the tool exists for this caller. */
export function mayUse({ role, scopes }: Caller, { access }: Pick<McpTool, 'access'>): boolean {
  const needed = access === 'read' ? 'viewer' : 'operator';
  return role !== undefined && hasRole(role, needed) && scopes?.includes(access) !== false;
}

function refuseState(): never {
  throw new Error('no tool here asks back');
}

function listKeyOf({ era }: PlainRequest, caller: Caller): string {
  return `${era} ${mayUse(caller, { access: 'read' })} ${mayUse(caller, { access: 'write' })}`;
}

/** What results of 2026 have beside those of 2025. */
const MODERN_RESULT = ({ title }: McpSurface) => ({
  resultType: 'complete',
  _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'vedette', title, version: VEDETTE_VERSION } },
});

function resultAnswer({ id }: PlainRequest, result: unknown): HttpAnswer {
  return jsonAnswer(200, { result, jsonrpc: '2.0', id });
}

/** Of an answer of the library's, be it JSON or a stream of that one message. */
function resultIn(text: string): unknown {
  const json = text.startsWith('{') ? text : /^data: (\{.*)$/m.exec(text)?.[1];
  const message: unknown = json === undefined ? undefined : JSON.parse(json);
  return isRecord(message) ? message['result'] : undefined;
}

function askedOf(authInfo: { readonly extra?: Record<string, unknown> } | undefined): Asked {
  return authInfo?.extra?.['asked'] as Asked;
}

const READ_BY_LIBRARY = /^(?:accept|content-type|mcp-.*)$/;

/** The host is only there to make an address of it: who may call was decided before. */
function webRequestOf({ path, headers, signal }: HttpRequest): Request {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    READ_BY_LIBRARY.test(name)
      ? (Array.isArray(value) ? value : [value ?? '']).map((one): [string, string] => [name, one])
      : [],
  );
  return new Request(`http://localhost${path}`, { method: 'POST', headers: entries, signal });
}

function headersOf(response: Response): Record<string, string> {
  // The connection is the mount's.
  const { connection: _, ...headers } = Object.fromEntries(response.headers);
  return headers;
}

async function answerOf(response: Response, signal: AbortSignal): Promise<HttpAnswer> {
  const headers = headersOf(response);
  const { status, body } = response;
  if (body === null) return { status, headers };
  if (headers['content-type']?.startsWith('text/event-stream') === true)
    return { status, headers, body: piecesOf(body, signal), isLive: true, cutSignal: signal };
  return { status, headers, body: await response.text() };
}

async function* piecesOf(stream: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}
