/** What `/mcp` has beside its tools: resources, prompts, and runbooks as skills. */
import type { McpServer } from '@modelcontextprotocol/server';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpAsker } from '../mcp-endpoint.ts';
import { attachPrompts } from './prompts.ts';
import { attachResources } from './resources.ts';
import { createRunbookSkills } from './skills.ts';

/** For `McpSurface.attach`. */
export function createNativeContent(deps: McpDeps): (server: McpServer, asker: McpAsker) => void {
  const attachSkills = deps.library === undefined ? undefined : createRunbookSkills(deps, deps.library);
  return (server, asker) => {
    // Runbooks are read again with the configuration, and nobody is told: who asks again sees what there is.
    server.server.registerCapabilities({
      resources: { listChanged: false, subscribe: false },
      prompts: { listChanged: false },
    });
    attachResources(server, deps, asker);
    attachPrompts(server, deps);
    attachSkills?.(server, asker);
  };
}
