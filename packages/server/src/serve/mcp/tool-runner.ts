/**
 * One call of a tool, whatever comes of it: arguments were checked before; here are the deadline, the words of errors, the
 * budget, the counters, and the entry of the audit log. An error is an answer that a model can act on (`isError`), never a
 * fault of the protocol; what is a mistake of ours goes to the log, and the model hears no more than that.
 */
import { createHash } from 'node:crypto';
import { abortWith, TimeoutError, type Clock, type Random } from '@vedette/model';
import type { Counter, Histogram, MetricsRegistry } from '@vedette/sdk';
import type { Log } from '../../telemetry/log.ts';
import type { NewAuditEntry } from '../auth/audit/audit-log.ts';
import { actorOf, type Caller } from '../auth/caller.ts';
import { apiErrorOf } from '../prometheus-api/api-error.ts';
import type { McpTool, ToolCall } from './tool.ts';
import { answerOf, clean } from './tool-answer.ts';

export interface ToolRunnerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: McpMetrics;
  /** Does not reject. */
  readonly audit: (entry: NewAuditEntry) => Promise<void>;
  /** Where links in answers lead; without a slash at the end. */
  readonly externalUrl: string;
  readonly answerBytesMax: number;
}

export interface McpMetrics {
  readonly calls: Counter;
  readonly duration: Histogram;
}

export function createMcpMetrics(registry: MetricsRegistry): McpMetrics {
  return {
    calls: registry.counter({
      name: 'vedette_mcp_calls_total',
      help: 'Calls of MCP tools, by tool and outcome: ok, truncated, error, refused.',
      labelNames: ['tool', 'outcome'],
    }),
    duration: registry.histogram({
      name: 'vedette_mcp_call_duration_seconds',
      help: 'Time from a call of an MCP tool to its answer.',
      labelNames: ['tool'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.25, 1, 5, 30],
    }),
  };
}

export interface RunnerCall {
  readonly caller: Caller;
  readonly remoteAddress: string;
  readonly signal: AbortSignal;
}

/** What the protocol wants of a call. */
export interface CallAnswer {
  readonly content: { readonly type: 'text'; readonly text: string }[];
  readonly isError?: boolean;
}

// Hosts give up after 60 s by default, and say less about why than we do.
export const TOOL_DEADLINE_MS = 30_000;

// An error is read by a model: a few sentences.
const ERROR_CHARS_MAX = 1500;

/** Never rejects. */
export async function runTool(
  deps: ToolRunnerDeps,
  { tool, args }: { readonly tool: McpTool; readonly args: Record<string, unknown> },
  call: RunnerCall,
): Promise<CallAnswer> {
  const beganMs = deps.clock.monotonicMs();
  const outcome = await outcomeOf(deps, { tool, args }, call);
  const tookMs = deps.clock.monotonicMs() - beganMs;
  deps.metrics.calls.inc(1, tool.name, outcome.kind);
  deps.metrics.duration.observe(tookMs / 1000, tool.name);
  await deps.audit({
    actor: actorOf(call),
    address: call.remoteAddress,
    action: `mcp.${tool.name}`,
    target: outcome.target,
    status: outcome.kind === 'error' ? outcome.status : 200,
    detail: `${outcome.rowCount} rows, ${Math.round(tookMs)} ms, arguments ${argumentsHash(args)}, ${outcome.kind}`,
  });
  const content: CallAnswer['content'] = [{ type: 'text', text: outcome.text }];
  return outcome.kind === 'error' ? { content, isError: true } : { content };
}

/** Tells whether two calls asked the same without telling what: queries may name persons. */
export function argumentsHash(args: Record<string, unknown>): string {
  return createHash('sha256').update(JSON.stringify(args)).digest('hex').slice(0, 12);
}

interface Outcome {
  readonly kind: 'ok' | 'truncated' | 'error';
  readonly text: string;
  readonly rowCount: number;
  readonly target: string;
  readonly status: number;
}

async function outcomeOf(
  deps: ToolRunnerDeps,
  { tool, args }: { readonly tool: McpTool; readonly args: Record<string, unknown> },
  { caller, signal }: RunnerCall,
): Promise<Outcome> {
  const deadline = new AbortController();
  const end = abortWith(deadline, signal);
  const timer = deps.clock.setTimer(TOOL_DEADLINE_MS, () =>
    deadline.abort(
      new TimeoutError(
        'VED_QUERY_TIMEOUT',
        `no answer within ${TOOL_DEADLINE_MS / 1000} s; ask for a shorter range or fewer series`,
      ),
    ),
  );
  try {
    const toolCall: ToolCall = { caller, nowMs: deps.clock.nowMs(), signal: deadline.signal };
    const result = await tool.run(args, toolCall);
    const { externalUrl, answerBytesMax: bytesMax } = deps;
    const answer = answerOf(result, { externalUrl, bytesMax, fence: fenceOf(deps.random) });
    const kind = answer.isTruncated ? 'truncated' : 'ok';
    return { kind, text: answer.text, rowCount: answer.rowCount, target: result.target ?? '', status: 200 };
  } catch (error) {
    return errorOutcome(deps, tool, deadline.signal.aborted ? deadline.signal.reason : error);
  } finally {
    timer.cancel();
    end();
  }
}

function fenceOf(random: Random): string {
  return random.uuid().slice(0, 8);
}

function errorOutcome({ log }: ToolRunnerDeps, { name }: McpTool, error: unknown): Outcome {
  const known = apiErrorOf(error);
  if (known === undefined) log.error('an MCP tool failed', { tool: name, error });
  const words = known?.message ?? 'the server made a mistake; its log tells more';
  const text = `${name}: ${clean(words).slice(0, ERROR_CHARS_MAX)}`;
  return { kind: 'error', text, rowCount: 0, target: '', status: known === undefined ? 500 : 400 };
}
