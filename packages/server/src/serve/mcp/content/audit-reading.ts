import { actorOf } from '../../auth/caller.ts';
import { clipped } from '../clean-text.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpAsker } from '../mcp-endpoint.ts';

// Ours have some fifty and an id.
const URI_CHARS_MAX = 300;

/** Who read which address stands in the audit log, like the call of a tool; `status` is that of HTTP for it. */
export async function auditReading(
  { audit }: Pick<McpDeps, 'audit'>,
  asker: McpAsker,
  { uri, status }: { readonly uri: string; readonly status: number },
): Promise<void> {
  await audit({
    actor: actorOf(asker),
    address: asker.remoteAddress,
    action: 'mcp.resource',
    target: clipped(uri, URI_CHARS_MAX),
    status,
    detail: '',
  });
}
