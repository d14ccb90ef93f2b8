import type { Clock, MetricsReader, QueryResult, Slicer, StepGrid } from '@vedette/model';
import {
  createPromqlEngine,
  parseExpr,
  STEPS_MAX,
  type Expr,
  type PromqlEngineOptions,
  type PromqlFeature,
} from '@vedette/promql';
import type { MetricsRegistry } from '@vedette/sdk';
import type { RangeRequest } from '../port.ts';
import { SplitDetector } from './split-detector.ts';
import { RangeCache, type Evaluation } from './range-cache.ts';

export interface CachedRangeDeps {
  readonly reader: MetricsReader;
  readonly slicer: Slicer;
  readonly clock: Clock;
  readonly registry: MetricsRegistry;
}

export type CachedRangeOptions = PromqlEngineOptions & {
  readonly lookbackMs: number;
  readonly timeoutMs: number;
  readonly features: ReadonlySet<PromqlFeature>;
};

export type EvaluateRange = (request: RangeRequest, signal: AbortSignal) => Promise<QueryResult>;

/** Range queries by our engine through a cache of `bytesMax`; `undefined` when nothing may be kept. */
export function createCachedRange(
  deps: CachedRangeDeps,
  options: CachedRangeOptions,
  bytesMax: number,
): EvaluateRange | undefined {
  const { reader } = deps;
  const history = reader.history?.bind(reader);
  // Typed series are united, or refused, by what the whole range has of them.
  if (history === undefined || bytesMax === 0 || options.features.has('type-and-unit-labels'))
    return undefined;
  const cache = new RangeCache({ ...deps, history }, bytesMax);
  return async (request, signal) => {
    const expr = parseExpr(request.expr, options.features);
    const evaluator = new PartEvaluator(deps, options, { request, expr, signal });
    const grid = findGrid(request);
    if (grid === undefined) return (await evaluator.evaluateAsAsked()).result;
    const lookbackMs = request.options?.lookbackMs ?? 0;
    return await cache.answer(
      { expr, grid, lookbackMs: lookbackMs > 0 ? lookbackMs : options.lookbackMs },
      (steps) => evaluator.evaluate(steps),
    );
  };
}

/** `undefined` when the request has none, which the engine says better. */
function findGrid({ startMs, endMs, stepMs }: RangeRequest): StepGrid | undefined {
  const isWhole = Number.isSafeInteger(startMs) && Number.isInteger(stepMs) && stepMs > 0;
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  return isWhole && count >= 1 && count <= STEPS_MAX ? { startMs, stepMs, count } : undefined;
}

interface Question {
  readonly request: RangeRequest;
  readonly expr: Expr;
  readonly signal: AbortSignal;
}

/** Evaluates one request in parts, within the one time limit that it has. */
class PartEvaluator {
  readonly #deps: CachedRangeDeps;
  readonly #options: CachedRangeOptions;
  readonly #question: Question;
  #beganMs: number | undefined;

  constructor(deps: CachedRangeDeps, options: CachedRangeOptions, question: Question) {
    this.#deps = deps;
    this.#options = options;
    this.#question = question;
  }

  evaluateAsAsked(): Promise<Evaluation> {
    return this.#evaluate(this.#question.request);
  }

  evaluate({ startMs, stepMs, count }: StepGrid): Promise<Evaluation> {
    const lastMs = startMs + (count - 1) * stepMs;
    const { endMs } = this.#question.request;
    // The end of the request may lie behind its last step, and `end()` means the former.
    return this.#evaluate({ startMs, stepMs, endMs: lastMs + stepMs > endMs ? endMs : lastMs });
  }

  async #evaluate(range: { startMs: number; stepMs: number; endMs: number }): Promise<Evaluation> {
    const { request, expr, signal } = this.#question;
    const detector = new SplitDetector(this.#deps.reader);
    const engine = createPromqlEngine({ ...this.#deps, reader: detector }, this.#options);
    const { startMs, stepMs, endMs } = range;
    const options = { ...request.options, timeoutMs: this.#timeLeftMs() };
    const result = await engine.range({ expr, startMs, stepMs, endMs, options }, signal);
    return { result, isWholeOnly: detector.isWholeOnly };
  }

  /** The first part has all of it. */
  #timeLeftMs(): number {
    const { clock } = this.#deps;
    const limitMs = Math.min(this.#question.request.options?.timeoutMs ?? Infinity, this.#options.timeoutMs);
    const nowMs = clock.monotonicMs();
    this.#beganMs ??= nowMs;
    return Math.ceil(limitMs - (nowMs - this.#beganMs));
  }
}
