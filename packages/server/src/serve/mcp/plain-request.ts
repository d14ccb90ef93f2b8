/**
 * The two requests that nearly all traffic is made of, `tools/call` and `tools/list`, recognised when nothing about them is
 * unusual, so that they can be answered without making a server of the library's, a `Request`, a `Response` and a
 * stream for each: measured, that was two thirds of a call's time.
 *
 * 1. What a message is, and which era it belongs to, the library says here, too (`classifyInboundRequest`).
 * 2. Beside that, every header must say just what the body says. Whatever differs, is missing, or is not known here
 *    goes to the library, whose refusals are the protocol's.
 * 3. So this only ever decides between two ways to the same answer; `plain-request.test.ts` compares them.
 */
import { classifyInboundRequest, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server';
import { headerOf, type HttpRequest } from '../http/route.ts';
import { isRecord, type McpMessage } from './read-message.ts';

export interface PlainRequest {
  readonly id: string | number;
  readonly method: 'tools/call' | 'tools/list';
  /** Whose form the answer has. */
  readonly era: 'legacy' | 'modern';
  /** Of calls; still to be checked. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** The revision of 2026 that is answered without the library. */
const MODERN_REVISION = '2026-07-28';

/** Parameters that change nothing about the answer; one that is not among them may. */
const CALL_PARAMS: ReadonlySet<string> = new Set(['name', 'arguments', '_meta']);
const LIST_PARAMS: ReadonlySet<string> = new Set(['_meta']);

/** `undefined`: a request for the library. */
export function findPlainRequest(
  { headers }: Pick<HttpRequest, 'headers'>,
  { body, method, params, toolName }: McpMessage,
): PlainRequest | undefined {
  const id = idOf(body);
  if (id === undefined) return undefined;
  if (method !== 'tools/call' && method !== 'tools/list') return undefined;
  if (method === 'tools/call' && toolName === undefined) return undefined;
  const known = method === 'tools/call' ? CALL_PARAMS : LIST_PARAMS;
  if (params === undefined ? 'params' in body : !Object.keys(params).every((key) => known.has(key)))
    return undefined;
  if (params !== undefined && '_meta' in params && !isRecord(params['_meta'])) return undefined;
  const args = params?.['arguments'] ?? {};
  if (!isRecord(args)) return undefined;
  const era = plainEraOf(headers, { body, method, toolName });
  return era === undefined ? undefined : { id, method, era, args };
}

function idOf({ id }: McpMessage['body']): string | number | undefined {
  if (typeof id === 'string') return id;
  return typeof id === 'number' && Number.isSafeInteger(id) ? id : undefined;
}

function plainEraOf(
  headers: HttpRequest['headers'],
  { body, method, toolName }: Pick<McpMessage, 'body' | 'method' | 'toolName'>,
): PlainRequest['era'] | undefined {
  const [version, methodHeader, nameHeader] = [
    headerOf(headers, 'mcp-protocol-version'),
    headerOf(headers, 'mcp-method'),
    headerOf(headers, 'mcp-name'),
  ];
  const outcome = classifyInboundRequest({
    httpMethod: 'POST',
    body,
    ...(version === undefined ? {} : { protocolVersionHeader: version }),
    ...(methodHeader === undefined ? {} : { mcpMethodHeader: methodHeader }),
    ...(nameHeader === undefined ? {} : { mcpNameHeader: nameHeader }),
  });
  if (outcome.kind === 'modern') {
    const isPlain =
      outcome.classification.revision === MODERN_REVISION &&
      version === MODERN_REVISION &&
      methodHeader === method &&
      nameHeader === toolName;
    return isPlain ? 'modern' : undefined;
  }
  if (outcome.kind !== 'legacy') return undefined;
  const accept = headerOf(headers, 'accept') ?? '';
  const isAccepted = accept.includes('application/json') && accept.includes('text/event-stream');
  const isKnown = version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(version);
  return isAccepted && isKnown ? 'legacy' : undefined;
}
