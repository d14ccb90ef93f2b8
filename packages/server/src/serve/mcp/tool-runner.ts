/**
 * One call of a tool, whatever comes of it: the check of the arguments, its turn, the deadline, the words of errors, the
 * budget, the counters, and the entry of the audit log. An error is an answer that a model can act on (`isError`), never a
 * fault of the protocol; what is a mistake of ours goes to the log, and the model hears no more than that.
 */
import { createHmac } from 'node:crypto';
import { TimeoutError, type Clock, type Random } from '@vedette/model';
import type { Counter, Histogram, MetricsRegistry } from '@vedette/sdk';
import { startDeadline, type Deadline } from '../../lib/deadline.ts';
import { QueryGate } from '../../query/metrics/index.ts';
import type { Log } from '../../telemetry/log.ts';
import type { NewAuditEntry } from '../auth/audit/audit-log.ts';
import { actorOf, type Caller } from '../auth/caller.ts';
import { apiErrorOf, ApiError } from '../prometheus-api/api-error.ts';
import type { McpTool, ToolCall } from './tool.ts';
import { clean, clipped, clippedToBytes } from './clean-text.ts';
import { answerOf, fenced } from './tool-answer.ts';
import { readArguments } from './tool-input.ts';

export interface ToolRunnerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: McpMetrics;
  /** Of `createToolGate`: one for all that call tools. No tool may wait for a call of another one. */
  readonly gate: QueryGate;
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

// All of them share one core, and each may hold an answer of 16 MiB twice (`TOOL_SOURCE_BYTES_MAX`). Two hundred at once
// that each read 60,000 series took 2 GB, and none came to an end in 30 s; eight at a time, twelve of thirty did.
const RUNNING_MAX = 8;

// Each is a request, of which there are no more (`CONNECTIONS_MAX`).
const WAITING_MAX = 1024;

// A third of the deadline: what then runs has the time that it needs.
const WAIT_MS_MAX = 10_000;

/** Shares out turns between callers: one who asks for much at once waits for himself. */
export function createToolGate(clock: Clock): QueryGate {
  return new QueryGate({ clock, runningMax: RUNNING_MAX, queuedMax: WAITING_MAX, waitMsMax: WAIT_MS_MAX });
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
const ERROR_BYTES_MAX = 3000;

// The name of the tool and the marks around what is quoted.
const ERROR_FRAME_BYTES = 200;

/** Never rejects. */
export async function runTool(
  deps: ToolRunnerDeps,
  { tool, args }: { readonly tool: McpTool; readonly args: Record<string, unknown> },
  call: RunnerCall,
): Promise<CallAnswer> {
  const beganMs = deps.clock.monotonicMs();
  const outcome = await outcomeOf(deps, { tool, args }, call);
  const tookMs = deps.clock.monotonicMs() - beganMs;
  deps.metrics.duration.observe(tookMs / 1000, tool.name);
  await record(deps, call, { ...outcome, tool: tool.name, tookMs, args });
  const content: CallAnswer['content'] = [{ type: 'text', text: outcome.text }];
  return isFault(outcome) ? { content, isError: true } : { content };
}

/** Of a call of a tool that is there, but not for this caller. Does not reject. */
export async function recordDenied(
  deps: Pick<ToolRunnerDeps, 'metrics' | 'audit' | 'random'>,
  tool: Pick<McpTool, 'name'>,
  call: Pick<RunnerCall, 'caller' | 'remoteAddress'>,
): Promise<void> {
  await record(deps, call, { tool: tool.name, ...REFUSED, status: 403, tookMs: 0, args: {} });
}

const REFUSED = { kind: 'refused', rowCount: 0, target: '' } as const;

async function record(
  { metrics, audit, random }: Pick<ToolRunnerDeps, 'metrics' | 'audit' | 'random'>,
  call: Pick<RunnerCall, 'caller' | 'remoteAddress'>,
  made: Omit<Outcome, 'text'> & {
    readonly tool: string;
    readonly tookMs: number;
    readonly args: Record<string, unknown>;
  },
): Promise<void> {
  const { tool, kind, target, status, rowCount, tookMs, args } = made;
  metrics.calls.inc(1, tool, kind);
  await audit({
    actor: actorOf(call),
    address: call.remoteAddress,
    action: `mcp.${tool}`,
    target,
    status,
    detail: `${rowCount} rows, ${Math.round(tookMs)} ms, arguments ${argumentsHash(random, args)}, ${kind}`,
  });
}

function isFault({ kind }: Pick<Outcome, 'kind'>): boolean {
  return kind === 'error' || kind === 'refused';
}

/**
 * Tells whether two calls asked the same without telling what: queries may name persons, and the log outlives what is
 * kept of them. The key is made anew with each process, so that nobody can try out names later.
 */
function argumentsHash(random: Random, args: Record<string, unknown>): string {
  let key = HASH_KEYS.get(random);
  if (key === undefined) HASH_KEYS.set(random, (key = random.fill(new Uint8Array(32))));
  return createHmac('sha256', key).update(JSON.stringify(args)).digest('hex').slice(0, 12);
}

const HASH_KEYS = new WeakMap<Random, Uint8Array>();

interface Outcome {
  /** `refused`: the arguments are none that the tool takes, or the caller may not use it. */
  readonly kind: 'ok' | 'truncated' | 'error' | 'refused';
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
  using deadline = startToolDeadline(deps, { signal, advice: 'ask for a shorter range or fewer series' });
  let isRead = false;
  try {
    const input = readArguments(tool, args);
    isRead = true;
    const toolCall: ToolCall = { caller, nowMs: deps.clock.nowMs(), signal: deadline.signal };
    const result = await inTurn(deps, toolCall, () => tool.run(input, toolCall));
    const { externalUrl, answerBytesMax: bytesMax } = deps;
    const answer = answerOf(result, { externalUrl, bytesMax, fence: fenceOf(deps.random) });
    const kind = answer.isTruncated ? 'truncated' : 'ok';
    return { kind, text: answer.text, rowCount: answer.rowCount, target: result.target ?? '', status: 200 };
  } catch (error) {
    const outcome = errorOutcome(deps, tool, deadline.signal.aborted ? deadline.signal.reason : error);
    return isRead ? outcome : { ...outcome, kind: 'refused' };
  }
}

/** Of whatever an assistant waits for. */
export function startToolDeadline(
  deps: Pick<ToolRunnerDeps, 'clock'>,
  { signal, advice }: { readonly signal: AbortSignal; readonly advice: string },
): Deadline {
  const error = (): Error =>
    new TimeoutError('VED_QUERY_TIMEOUT', `no answer within ${TOOL_DEADLINE_MS / 1000} s; ${advice}`);
  return startDeadline(deps, { afterMs: TOOL_DEADLINE_MS, error, signal });
}

async function inTurn<T>(
  { gate }: ToolRunnerDeps,
  { caller, signal }: ToolCall,
  work: () => Promise<T>,
): Promise<T> {
  let isStarted = false;
  const begin = (): Promise<T> => {
    isStarted = true;
    return work();
  };
  try {
    return await gate.run(signal, begin, { source: { kind: 'api', client: actorOf({ caller }) } });
  } catch (error) {
    if (isStarted || signal.aborted) throw error;
    throw new ApiError(
      'timeout',
      `too many calls of tools at once: ${RUNNING_MAX} may run, and this one found no place within ${WAIT_MS_MAX / 1000} s; ask again later, fewer at a time`,
      { cause: error },
    );
  }
}

function fenceOf(random: Random): string {
  return random.uuid().slice(0, 8);
}

/** Families of errors that quote what was found: series that match twice, the answer of an engine elsewhere. */
const QUOTING: ReadonlySet<string> = new Set(['execution', 'unavailable', 'internal']);

function errorOutcome(deps: ToolRunnerDeps, { name }: McpTool, error: unknown): Outcome {
  const known = apiErrorOf(error);
  if (known === undefined) deps.log.error('an MCP tool failed', { tool: name, error });
  const words = clean(
    clipped(known?.message ?? 'the server made a mistake; its log tells more', ERROR_CHARS_MAX),
  );
  const shown = clippedToBytes(words, Math.min(ERROR_BYTES_MAX, deps.answerBytesMax - ERROR_FRAME_BYTES));
  const text =
    known !== undefined && QUOTING.has(known.errorType) ? fenced(shown, fenceOf(deps.random)) : shown;
  const status = known === undefined ? 500 : 400;
  return { kind: 'error', text: `${name}: ${text}`, rowCount: 0, target: '', status };
}
