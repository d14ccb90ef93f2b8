/** Messages of the Model Context Protocol as far as a bridge must understand them: who asks, what is answered, in which era. */
import { z } from 'zod';

export type MessageId = string | number;

const messageSchema = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number()]).nullish(),
  method: z.string().optional(),
  params: z.looseObject({}).optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});

export type Message = z.output<typeof messageSchema>;

/** `undefined`: no message of the protocol. */
export function findMessage(value: unknown): Message | undefined {
  return messageSchema.safeParse(value).data;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the binding of HTTP wants in headers, taken from the message; `version` is what a 2025 handshake agreed on. */
export function headersOf(
  { id, method, params }: Message,
  version: string | undefined,
): Record<string, string> {
  const meta = params?.['_meta'];
  const claimed: unknown =
    typeof meta === 'object' && meta !== null
      ? Object.entries(meta).find(([key]) => key === VERSION_KEY)?.[1]
      : undefined;
  // Without a claim it is a message of 2025, which has no such headers.
  if (typeof claimed !== 'string')
    return version === undefined || method === 'initialize' ? {} : { 'mcp-protocol-version': version };
  const headers: Record<string, string> = { 'mcp-protocol-version': claimed };
  if (method === undefined || id === undefined || id === null) return headers;
  headers['mcp-method'] = method;
  const field = NAME_FIELDS.get(method);
  const name = field === undefined ? undefined : params?.[field];
  if (typeof name === 'string') headers['mcp-name'] = headerText(name);
  return headers;
}

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** Which member of `params` the header `Mcp-Name` repeats. */
const NAME_FIELDS: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

/** What no header can carry as it is stands in base64 between the protocol's marks. */
function headerText(text: string): string {
  const isPlain =
    /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

export const ERROR = { parse: -32_700, invalidRequest: -32_600, unreachable: -32_000 } as const;

export function errorMessage(id: MessageId | null, code: number, message: string): object {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
