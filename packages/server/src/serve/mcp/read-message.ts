/**
 * What was posted to an MCP endpoint, or why it is refused: a JSON-RPC message of reasonable size, in UTF-8, nested as
 * deep as anybody needs. Refusals are in the words of JSON-RPC, since clients show those.
 *
 * Several messages in one request (an array) are refused: the protocol had them for three months of 2025, no client sends
 * them, and one request of 1 MiB would be thousands of calls under one deadline.
 */
import { isJsonContentType } from '@modelcontextprotocol/server';
import { parseJson } from '../../lib/parse-json.ts';
import { headerOf, jsonAnswer, type HttpAnswer, type HttpRequest } from '../http/route.ts';

export interface McpMessage {
  /** As parsed; the library finds what else is wrong with it. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Absent in answers of clients, and in what is no message. */
  readonly method: string | undefined;
  readonly params: Readonly<Record<string, unknown>> | undefined;
  /** What is called, where something is. */
  readonly toolName: string | undefined;
}

export type ReadMessage =
  | { readonly kind: 'message'; readonly message: McpMessage }
  | { readonly kind: 'refused'; readonly answer: HttpAnswer; readonly reason: string };

// JSON-RPC says what each means.
const [PARSE_ERROR, INVALID_REQUEST, NOT_ALLOWED] = [-32_700, -32_600, -32_000];

// Clients count, or send a UUID; the id comes back with the answer, and is written down by proxies.
const ID_CHARS_MAX = 256;

export function readMessage({
  method: httpMethod,
  headers,
  body,
}: Pick<HttpRequest, 'method' | 'headers' | 'body'>): ReadMessage {
  if (httpMethod !== 'POST')
    return refused(405, NOT_ALLOWED, 'there are no sessions and no stream to open here; POST a message', {
      allow: 'POST',
    });
  if (!isJsonContentType(headerOf(headers, 'content-type') ?? null))
    return refused(415, NOT_ALLOWED, 'Unsupported Media Type: Content-Type must be application/json');
  let parsed: unknown;
  try {
    parsed = parseJson(body);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refused(400, PARSE_ERROR, `cannot read the message: ${reason}`);
  }
  if (Array.isArray(parsed))
    return refused(400, INVALID_REQUEST, 'batches are not served; send one message per request');
  if (!isRecord(parsed))
    return refused(400, INVALID_REQUEST, `a message is a JSON object; got ${typeof parsed}`);
  const { id, method } = parsed;
  if (typeof id === 'string' && id.length > ID_CHARS_MAX)
    return refused(
      400,
      INVALID_REQUEST,
      `the id of a message has at most ${ID_CHARS_MAX} characters; got ${id.length}`,
    );
  const params = isRecord(parsed['params']) ? parsed['params'] : undefined;
  const name = params?.['name'];
  return {
    kind: 'message',
    message: {
      body: parsed,
      method: typeof method === 'string' ? method : undefined,
      params,
      toolName: method === 'tools/call' && typeof name === 'string' ? name : undefined,
    },
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An error without an id: there is none where the message could not be read. */
function refused(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): ReadMessage {
  const body = { jsonrpc: '2.0', error: { code, message }, id: null };
  return { kind: 'refused', answer: jsonAnswer(status, body, headers), reason: message };
}
