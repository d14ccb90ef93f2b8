/**
 * The reading tools of an endpoint as our own language model gets them: the same functions by the same way (arguments
 * checked, deadline, budget, fences, metrics, audit), as a viewer who may only read. Writing tools are not among them, and
 * no argument makes them so.
 */
import type { ReadOnlyTool } from '../../respond/index.ts';
import type { Caller } from '../auth/caller.ts';
import type { McpTool } from './tool.ts';
import { toolInputOf } from './tool-input.ts';
import { runTool, type ToolRunnerDeps } from './tool-runner.ts';

/** The name of our own agent in the audit log. */
const AGENT_ACTOR = 'agent';

const AGENT: Caller = { kind: 'local', name: AGENT_ACTOR, role: 'viewer', scopes: ['read'] };

// About 2,500 tokens, which are sent again with each further call of the model.
const ANSWER_BYTES_MAX = 8000;

/** The model has the report; one on another alert would be told by the model in its turn, and so on. */
const LEFT_OUT: ReadonlySet<string> = new Set(['alert_analyze']);

export function createReadOnlyTools(
  deps: ToolRunnerDeps,
  tools: readonly McpTool[],
): readonly ReadOnlyTool[] {
  const runner: ToolRunnerDeps = {
    ...deps,
    answerBytesMax: Math.min(deps.answerBytesMax, ANSWER_BYTES_MAX),
    audit: (entry) => deps.audit({ ...entry, actor: AGENT_ACTOR }),
  };
  return tools
    .filter((tool) => tool.access === 'read' && !LEFT_OUT.has(tool.name))
    .map((tool) => readOnlyTool(runner, tool));
}

function readOnlyTool(deps: ToolRunnerDeps, tool: McpTool): ReadOnlyTool {
  return {
    name: tool.name,
    description: tool.description,
    inputSchema: toolInputOf(tool)['~standard'].jsonSchema.input(),
    call: async (args, signal) => {
      const call = { caller: AGENT, remoteAddress: '', signal };
      const { content } = await runTool(deps, { tool, args: argumentsOf(args) }, call);
      signal.throwIfAborted();
      return content.map(({ text }) => text).join('\n');
    },
  };
}

/** What is no object has no arguments; the tool says which it wants. */
function argumentsOf(args: unknown): Record<string, unknown> {
  return typeof args === 'object' && args !== null && !Array.isArray(args) ? { ...args } : {};
}
