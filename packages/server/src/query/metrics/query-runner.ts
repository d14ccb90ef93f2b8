import {
  CanceledError,
  ExpectedError,
  TimeoutError,
  UnavailableError,
  type Clock,
  type QueryResult,
} from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { ActiveQueryLog } from './active-query-log.ts';
import type { QueryConfig } from './config.ts';
import type { InstantRequest, RangeRequest } from './port.ts';
import { QueryGate } from './query-gate.ts';
import type { QueryOutcome, QueryQuestion, QueryRecord } from './query-record.ts';
import { UNKNOWN_SOURCE } from './query-source.ts';
import type { SlowQueryLog } from './slow-query-log.ts';

export interface QueryRunnerDeps {
  readonly clock: Clock;
  readonly registry: MetricsRegistry;
  readonly slowLog?: SlowQueryLog | undefined;
  readonly activeLog?: ActiveQueryLog | undefined;
}

/** Everything around the evaluation of a query, whoever evaluates it: its turn, the own metrics, the logs. */
export interface QueryRunner {
  readonly gate: QueryGate;
  instant(request: InstantRequest, signal: AbortSignal, evaluate: Evaluate): Promise<QueryResult>;
  range(request: RangeRequest, signal: AbortSignal, evaluate: Evaluate): Promise<QueryResult>;
}

type Evaluate = () => Promise<QueryResult>;

// Rule groups are evaluated side by side, each rule after the other. Four keep one core busy, also while one of
// them waits for a disk; more of them take common places, as long as there are.
const RULES_RUNNING_MAX = 4;

/** From a rule's half millisecond to the default timeout. */
const DURATION_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 120,
];

export function createQueryRunner(deps: QueryRunnerDeps, config: QueryConfig): QueryRunner {
  const gate = new QueryGate({
    clock: deps.clock,
    runningMax: config.max_concurrency,
    rulesRunningMax: RULES_RUNNING_MAX,
    queuedMax: config.max_queued,
    queuedPerSourceMax: config.max_queued_per_source,
    waitMsMax: config.timeout,
  });
  const note = createMeter(deps, gate);
  const run = async (
    question: QueryQuestion,
    turn: { readonly signal: AbortSignal; readonly waitMs: number | undefined },
    evaluate: Evaluate,
  ): Promise<QueryResult> => {
    const watch = new Stopwatch(deps.clock);
    let result: QueryResult | undefined;
    let outcome: QueryOutcome = 'success';
    const inTurn = async (): Promise<QueryResult> => {
      watch.begin();
      const ended = deps.activeLog?.begin(question);
      return await evaluate().finally(() => ended?.());
    };
    try {
      result = await gate.run(turn.signal, inTurn, { source: question.source, waitMs: turn.waitMs });
      return result;
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      note(recordOf(question, { ...watch.times(), outcome, result }), result);
    }
  };
  return {
    gate,
    instant: ({ expr, atMs, options }, signal, evaluate) => {
      const source = options?.source ?? UNKNOWN_SOURCE;
      const question = { kind: 'instant', expr, startMs: atMs, endMs: atMs, stepMs: 0, source } as const;
      return run(question, { signal, waitMs: options?.timeoutMs }, evaluate);
    },
    range: ({ expr, startMs, endMs, stepMs, options }, signal, evaluate) => {
      const source = options?.source ?? UNKNOWN_SOURCE;
      const question = { kind: 'range', expr, startMs, endMs, stepMs, source } as const;
      return run(question, { signal, waitMs: options?.timeoutMs }, evaluate);
    },
  };
}

/** How long a query waited, and ran. */
class Stopwatch {
  readonly #clock: Clock;
  readonly #atMs: number;
  readonly #arrivedMs: number;
  #begunMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#atMs = clock.nowMs();
    this.#arrivedMs = clock.monotonicMs();
  }

  begin(): void {
    this.#begunMs = this.#clock.monotonicMs();
  }

  times(): { readonly atMs: number; readonly waitMs: number; readonly runMs: number } {
    const nowMs = this.#clock.monotonicMs();
    const begunMs = this.#begunMs ?? nowMs;
    return { atMs: this.#atMs, waitMs: begunMs - this.#arrivedMs, runMs: nowMs - begunMs };
  }
}

function recordOf(
  question: QueryQuestion,
  {
    result,
    ...end
  }: Pick<QueryRecord, 'atMs' | 'waitMs' | 'runMs' | 'outcome'> & {
    readonly result: QueryResult | undefined;
  },
): QueryRecord {
  const series = result === undefined ? 0 : 'series' in result ? result.series.length : 1;
  const { samplesTotal = 0, samplesPeak = 0 } = result?.stats ?? {};
  return { ...question, ...end, series, samples: samplesTotal, samplesPeak };
}

/** The own metrics of PromQL queries. */
function createMeter(
  { registry, slowLog }: QueryRunnerDeps,
  gate: QueryGate,
): (record: QueryRecord, result: QueryResult | undefined) => void {
  const queries = registry.counter({
    name: 'vedette_query_total',
    help: 'PromQL queries by kind and outcome.',
    labelNames: ['kind', 'outcome'],
  });
  const durations = registry.histogram({
    name: 'vedette_query_duration_seconds',
    help: 'Time from the arrival of a PromQL query to its answer, waiting included.',
    labelNames: ['kind'],
    buckets: DURATION_BUCKETS,
  });
  const waits = registry.histogram({
    name: 'vedette_query_wait_seconds',
    help: 'Time that PromQL queries waited for their turn, by who asked: rules, our own pages (ui), other clients (api).',
    labelNames: ['source'],
    buckets: [0.001, 0.01, 0.1, 1, 10, 120],
  });
  const slow = registry.counter({
    name: 'vedette_query_slow_total',
    help: 'PromQL queries that took longer than query.log_queries_longer_than.',
  });
  const samples = registry.counter({
    name: 'vedette_query_samples_total',
    help: 'Samples read by PromQL queries, a sample counted once per step that uses it.',
  });
  const running = registry.gauge({ name: 'vedette_query_running', help: 'PromQL queries running now.' });
  const queued = registry.gauge({
    name: 'vedette_query_queued',
    help: 'PromQL queries waiting for their turn now.',
  });
  registry.onCollect(() => {
    running.set(gate.runningCount);
    queued.set(gate.queuedCount);
  });
  return (record, result) => {
    samples.inc(record.samples);
    queries.inc(1, record.kind, record.outcome);
    durations.observe((record.waitMs + record.runMs) / 1000, record.kind);
    waits.observe(record.waitMs / 1000, record.source.kind);
    if (slowLog?.note(record, result) === true) slow.inc();
  };
}

function outcomeOf(error: unknown): QueryOutcome {
  if (error instanceof CanceledError) return 'canceled';
  if (error instanceof TimeoutError) return 'timeout';
  if (error instanceof UnavailableError) return 'busy';
  return error instanceof ExpectedError ? 'refused' : 'failed';
}
