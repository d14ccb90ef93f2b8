/** Requests to an MCP endpoint as clients of both eras send them. */
import type { RunningHttpServer } from '../http-server.ts';

export type Era = 'legacy' | 'modern';
export const ERAS: readonly Era[] = ['legacy', 'modern'];

export interface RpcAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The one message of the answer, whether it came alone or as an event; `undefined`: none came. */
  readonly message: RpcMessage | undefined;
  readonly text: string;
}

export interface RpcMessage {
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface RpcRequest {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly era?: Era;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** For `fetch`. */
export interface RpcInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** The body and the headers of a request that nothing is wrong with. */
export function rpcOf({ method, params = {}, era = 'legacy', headers = {} }: RpcRequest): RpcInit {
  const { name, uri } = params;
  const named = typeof name === 'string' ? name : uri;
  const modern: Record<string, string> = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(typeof named === 'string' ? { 'mcp-name': named } : {}),
  };
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(era === 'modern' ? modern : {}),
      ...headers,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 7,
      method,
      params: era === 'modern' ? { ...params, _meta: ENVELOPE } : params,
    }),
  };
}

export async function post(
  { address }: Pick<RunningHttpServer, 'address'>,
  init: RequestInit,
  path = '/mcp',
): Promise<RpcAnswer> {
  const response = await fetch(`${address}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, message: messageIn(text), text };
}

export async function ask(
  server: Pick<RunningHttpServer, 'address'>,
  request: RpcRequest,
): Promise<RpcAnswer> {
  return await post(server, rpcOf(request), request.path);
}

function messageIn(text: string): RpcMessage | undefined {
  const json = text.startsWith('{') ? text : /^data: (\{.*)$/m.exec(text)?.[1];
  return json === undefined ? undefined : (JSON.parse(json) as RpcMessage);
}
