import { ExpectedError, MemoryMetrics, VirtualClock, type QueryResult, type Slicer } from '@vedette/model';
import { createPromqlEngine, type PromqlEngine } from '@vedette/promql';
import { parseExpr, PROMQL_FEATURES, printExpr } from '@vedette/promql/parser';
import { dependsOnEvaluationTime, fixedAt } from './at-rewrite.ts';
import { checkAnnotations, checkMiddle, checkResult } from './check.ts';
import { load } from './load.ts';
import { parseScript, type EvalCommand } from './script.ts';

export interface ScriptOutcome {
  passed: number;
  failed: number;
  /** One line per failed eval: `LINE: EXPR: REASON`. */
  readonly failures: string[];
}

/**
 * Runs one script. An eval passes when all its modes do: as written; with its time fixed by `@` and
 * evaluated at five others; each of these as the middle of a range query.
 */
export async function runScript(
  text: string,
  engineOver: (storage: MemoryMetrics) => PromqlEngine = createEngine,
): Promise<ScriptOutcome> {
  const outcome: ScriptOutcome = { passed: 0, failed: 0, failures: [] };
  const storage = new MemoryMetrics();
  const engine = engineOver(storage);
  for (const command of parseScript(text)) {
    switch (command.kind) {
      case 'clear':
        storage.clear();
        break;
      case 'load':
        load(storage, command);
        break;
      case 'eval':
        await runEval(engine, command, outcome);
    }
  }
  return outcome;
}

function createEngine(storage: MemoryMetrics): PromqlEngine {
  const slicer: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
  const clock = new VirtualClock({ startMs: 0 });
  return createPromqlEngine(
    { reader: storage, slicer, clock },
    {
      isNameRemovalDelayed: true,
      features: ALL_FEATURES,
    },
  );
}

async function runEval(engine: PromqlEngine, command: EvalCommand, outcome: ScriptOutcome): Promise<void> {
  const difference = await checkAllModes(engine, command);
  if (difference === undefined) {
    outcome.passed++;
    return;
  }
  outcome.failed++;
  outcome.failures.push(`${command.line}: ${command.expr}: ${difference}`);
}

async function checkAllModes(engine: PromqlEngine, command: EvalCommand): Promise<string | undefined> {
  const { time, expr } = command;
  if (time.kind === 'range') return checkOnce(command, () => engine.range({ expr, ...time }, NEVER));
  const variants = [{ expr, atMs: time.atMs }, ...rewrites(expr, time.atMs)];
  for (const variant of variants) {
    const difference =
      (await checkOnce(command, () => engine.instant(variant, NEVER))) ??
      (await checkAsRange(engine, command, variant));
    if (difference !== undefined) return `${variant.expr} at ${variant.atMs} ms: ${difference}`;
  }
  return undefined;
}

/** As in upstream's own runner counters are told by their names. */
const ALL_FEATURES = new Set(PROMQL_FEATURES.filter((name) => name !== 'type-and-unit-labels'));
const NEVER = new AbortController().signal;

/** The expression fixed at `atMs`, to be evaluated at other times. */
function rewrites(expr: string, atMs: number): { expr: string; atMs: number }[] {
  let parsed;
  try {
    parsed = parseExpr(expr, ALL_FEATURES);
  } catch {
    return [];
  }
  if (dependsOnEvaluationTime(parsed)) return [];
  const fixed = printExpr(fixedAt(parsed, atMs));
  const times = atMs === 0 ? [-1000, 0, 1000] : [-10 * atMs, 0, Math.trunc(atMs / 5), atMs, 10 * atMs];
  return times.map((timeMs) => ({ expr: fixed, atMs: timeMs }));
}

async function checkOnce(
  command: EvalCommand,
  evaluate: () => Promise<QueryResult>,
): Promise<string | undefined> {
  const failure = command.expectations.find(({ what }) => what === 'fail');
  let result: QueryResult;
  try {
    result = await evaluate();
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    if (failure === undefined) return `unexpected error: ${error.message}`;
    return (failure.accepts?.(error.message) ?? true) ? undefined : `another error: ${error.message}`;
  }
  if (failure !== undefined) return 'expected a failure; got a result';
  return checkAnnotations(command, result.annotations) ?? checkResult(command, result);
}

/** A minute before and after; the middle point must be the same. */
async function checkAsRange(
  engine: PromqlEngine,
  command: EvalCommand,
  { expr, atMs }: { expr: string; atMs: number },
): Promise<string | undefined> {
  const { result: wanted, expectations } = command;
  if (wanted.kind === 'string' || wanted.kind === 'samples') return undefined;
  if (expectations.some(({ what }) => what === 'fail')) return undefined;
  if (/\b(?:start|end|range|step)\(\)/.test(expr)) return undefined;
  const request = { expr, startMs: atMs - 60_000, endMs: atMs + 60_000, stepMs: 60_000 };
  try {
    const difference = checkMiddle(wanted, await engine.range(request, NEVER), atMs);
    return difference === undefined ? undefined : `as a range query: ${difference}`;
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return `as a range query: unexpected error: ${error.message}`;
  }
}
