/**
 * Executes a parsed template.
 *
 * 1. `Interpreter` (interpreter.ts) walks the tree as plain synchronous code and collects the output.
 * 2. When it meets an asynchronous function (`query` of alert annotations) it has no answer yet: it
 *    throws a `Suspension` with the call's promise, which this file awaits.
 * 3. Then the template is executed again from its start. Asynchronous calls are numbered in the order
 *    in which they are met; those answered before get their recorded answer, the next one suspends.
 *
 * That works because an execution depends on nothing but its data and answers: functions have no side
 * effects and the time is fixed by the environment. Each call is therefore made once, in the order Go
 * would, with the arguments Go would give it. A template without such calls, nearly all of them, runs
 * once, at full speed.
 *
 * The price is the repetition: a template with n queries runs n + 1 times. Steps add up over the runs, so
 * that `stepsMax` bounds the sum, and `asyncCallsMax` bounds n.
 *
 * Rejected: making each step of the walk `async` or a generator (every template would pay, with a promise or
 * an iterator for each node on several levels, for what few of them do), and asking queries before the
 * execution (their arguments are computed by the template).
 */
import type { Template } from './parse.ts';
import { type CallAnswer, Suspension } from './evaluator.ts';
import { Interpreter } from './interpreter.ts';
import { DEFAULT_TEMPLATE_LIMITS, type TemplateLimits } from './limits.ts';
import { Meter } from './meter.ts';
import type { FunctionTable, GoValue } from './value.ts';

export interface ExecuteOptions {
  /** What `functionNames` promised at parsing; a name that is missing fails when it is called. */
  readonly functions: FunctionTable;
  /** Single limits may be replaced; the others keep their defaults. */
  readonly limits?: Partial<TemplateLimits> | undefined;
  /** Checked between asynchronous calls; when it is aborted the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Executes this definition instead of the text itself. */
  readonly definition?: string | undefined;
}

/**
 * The output of `template` over `dot`. Rejects with `TemplateError`: Go's message with the place, or which
 * limit was passed; the error of a failed function is its `cause`. Nothing of the output so far is kept.
 */
export async function executeTemplate(
  template: Template,
  dot: GoValue,
  options: ExecuteOptions,
): Promise<string> {
  const meter = new Meter({ ...DEFAULT_TEMPLATE_LIMITS, ...options.limits });
  const answers: CallAnswer[] = [];
  const deps = { template, functions: options.functions, meter, answers };
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return new Interpreter(deps, options.definition ?? template.name).run(dot);
    } catch (error) {
      if (!(error instanceof Suspension)) throw error;
      answers.push(await settle(error.call));
    }
  }
}

async function settle(call: Promise<GoValue>): Promise<CallAnswer> {
  try {
    return { kind: 'value', value: await call };
  } catch (error) {
    return { kind: 'error', error };
  }
}
