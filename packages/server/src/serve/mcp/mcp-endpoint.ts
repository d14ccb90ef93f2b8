/**
 * One MCP endpoint: JSON-RPC over HTTP, both eras of the protocol at one address.
 *
 * 1. Each request gets a server of its own, made for its caller and thrown away: a shared one grows with every request,
 *    and what a caller may see is decided by what is registered. Registering is cheap because a call names its tool: of
 *    twenty tools one is registered then.
 * 2. A caller who may not write has no writing tool, neither in the list nor by name. Reading tools need the scope
 *    `read`, which the route asks; writing ones the role operator and the scope `write`, asked here.
 * 3. The protocol's library speaks fetch's `Request` and `Response`; requests of our mount are turned into them and
 *    answers back, so that access, limits, metrics and the shutdown are those of every other route.
 */
import { createMcpHandler, McpServer, type McpHttpHandler } from '@modelcontextprotocol/server';
import type { Caller } from '../auth/caller.ts';
import { jsonAnswer, type HttpAnswer, type HttpRequest } from '../http/route.ts';
import { hasRole } from '../auth/roles.ts';
import { VEDETTE_VERSION } from '../../lib/version.ts';
import type { McpTool } from './tool.ts';
import { toolInputOf } from './tool-input.ts';
import { recordDenied, runTool, type ToolRunnerDeps } from './tool-runner.ts';

/** What an endpoint serves. */
export interface McpSurface {
  /** As clients show it. */
  readonly title: string;
  /** How to use the tools together; clients put it before the model. */
  readonly instructions: string;
  readonly tools: readonly McpTool[];
  /** Resources, prompts and skills; called for requests about them and for those that ask what there is. */
  readonly attach?: (server: McpServer, caller: Caller) => void;
}

/** What a request is about, found before the server for it is made. */
interface Asked {
  readonly request: HttpRequest;
  readonly caller: Caller;
  readonly method: string | undefined;
  readonly toolName: string | undefined;
}

export class McpEndpoint {
  readonly #deps: ToolRunnerDeps;
  readonly #surface: McpSurface;
  readonly #handler: McpHttpHandler;

  constructor(deps: ToolRunnerDeps, surface: McpSurface) {
    this.#deps = deps;
    this.#surface = surface;
    this.#handler = createMcpHandler(({ authInfo }) => this.#createServer(askedOf(authInfo)), {
      onerror: (error) => deps.log.debug('an MCP request was refused', { error }),
    });
  }

  async handle(request: HttpRequest): Promise<HttpAnswer> {
    const { caller } = request;
    if (caller === undefined) return jsonAnswer(401, { error: 'unauthorized' });
    const body = parsedBody(request.body);
    const asked: Asked = { request, caller, ...aboutOf(body) };
    const denied = this.#surface.tools.find((tool) => tool.name === asked.toolName && !mayUse(caller, tool));
    if (denied !== undefined)
      await recordDenied(this.#deps, denied, { caller, remoteAddress: request.remoteAddress });
    const response = await this.#handler.fetch(webRequestOf(request), {
      // The library asks for a token and its end; ours was checked before, and stays out of its hands.
      authInfo: { token: '', clientId: caller.name, scopes: [], extra: { asked } },
      ...(body === undefined ? {} : { parsedBody: body }),
    });
    return await answerOf(response, request.signal);
  }

  async close(): Promise<void> {
    await this.#handler.close();
  }

  #createServer(asked: Asked): McpServer {
    const { title, instructions, tools, attach } = this.#surface;
    const server = new McpServer({ name: 'vedette', title, version: VEDETTE_VERSION }, { instructions });
    const { method, toolName, caller } = asked;
    const isAboutTools = method === undefined || !/^(?:resources|prompts|skills|completion)\//.test(method);
    if (isAboutTools)
      for (const tool of tools)
        if ((toolName === undefined || tool.name === toolName) && mayUse(caller, tool))
          this.#register(server, tool, asked);
    if (method === undefined || !method.startsWith('tools/')) attach?.(server, caller);
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
      return { ...(await runTool(this.#deps, { tool, args: args as Record<string, unknown> }, call)) };
    });
  }
}

/** Whether the tool exists for this caller. */
export function mayUse({ role, scopes }: Caller, { access }: Pick<McpTool, 'access'>): boolean {
  const needed = access === 'read' ? 'viewer' : 'operator';
  return role !== undefined && hasRole(role, needed) && scopes?.includes(access) !== false;
}

function askedOf(authInfo: { readonly extra?: Record<string, unknown> } | undefined): Asked {
  return authInfo?.extra?.['asked'] as Asked;
}

function parsedBody(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    // The library says so in the words of the protocol.
    return undefined;
  }
}

function aboutOf(body: unknown): Pick<Asked, 'method' | 'toolName'> {
  const none = { method: undefined, toolName: undefined };
  if (typeof body !== 'object' || body === null || !('method' in body)) return none;
  const { method } = body;
  if (typeof method !== 'string') return none;
  const params: unknown = 'params' in body ? body.params : undefined;
  const name: unknown =
    typeof params === 'object' && params !== null && 'name' in params ? params.name : undefined;
  return { method, toolName: method === 'tools/call' && typeof name === 'string' ? name : undefined };
}

/** The host is only there to make an address of it: who may call was decided before. */
function webRequestOf({ method, path, headers, body, signal }: HttpRequest): Request {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).map((one): [string, string] => [name, one]),
  );
  const hasBody = method !== 'GET' && method !== 'HEAD' && body.length > 0;
  return new Request(`http://localhost${path}`, {
    method,
    headers: entries,
    signal,
    ...(hasBody ? { body: new Uint8Array(body) } : {}),
  });
}

async function answerOf(response: Response, signal: AbortSignal): Promise<HttpAnswer> {
  const headers = Object.fromEntries(response.headers);
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
