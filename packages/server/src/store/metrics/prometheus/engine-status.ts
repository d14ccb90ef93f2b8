/**
 * What an engine elsewhere says of itself: asked now and then for the pages, and at once for the cardinality.
 *
 * Not every engine has `/api/v1/status/tsdb`, and VictoriaMetrics has other fields there; what is missing is not known.
 * An engine that answers at all is reachable. One question is under way at a time, with a deadline, so that an engine
 * that hangs costs one connection.
 */
import { ExpectedError, TimeoutError, UnsupportedError, type Clock, type Timer } from '@vedette/model';
import type { PrometheusApi } from '../port.ts';

export interface EngineHead {
  readonly seriesCount: number | undefined;
  readonly chunkCount: number | undefined;
  readonly labelPairCount: number | undefined;
  readonly minMs: number | undefined;
  readonly maxMs: number | undefined;
}

export interface EngineEntry {
  readonly name: string;
  readonly value: number;
}

/** The largest names and values, as `/api/v1/status/tsdb` lists them. */
export interface EngineCardinality {
  readonly head: EngineHead;
  readonly seriesByMetric: readonly EngineEntry[];
  readonly valuesByLabel: readonly EngineEntry[];
  readonly bytesByLabel: readonly EngineEntry[];
  readonly seriesByLabelPair: readonly EngineEntry[];
}

// Figures of a page that people look at for seconds; a question costs the engine a walk over its index.
const POLL_INTERVAL_MS = 15_000;

// An engine that takes longer for its own status will not answer pages either.
const POLL_DEADLINE_MS = 5000;

/** The engine's lists have about ten entries each, at most the ten thousand that we ask for. */
const STATUS_PATH = '/api/v1/status/tsdb';

const NOTHING_KNOWN: EngineHead = {
  seriesCount: undefined,
  chunkCount: undefined,
  labelPairCount: undefined,
  minMs: undefined,
  maxMs: undefined,
};

export class EngineStatus {
  readonly #clock: Clock;
  readonly #api: PrometheusApi;
  readonly #stopped = new AbortController();
  #timer: Timer | undefined;
  #head = NOTHING_KNOWN;
  #problem: string | undefined;

  constructor(deps: { readonly clock: Clock; readonly api: PrometheusApi }) {
    this.#clock = deps.clock;
    this.#api = deps.api;
  }

  /** Begins to ask; does not wait for an answer, since the server starts without the engine, too. */
  start(): void {
    void this.#poll();
  }

  stop(): void {
    this.#stopped.abort();
    this.#timer?.cancel();
  }

  /** As of the last answer. */
  get head(): EngineHead {
    return this.#head;
  }

  /** Why it cannot be asked, in a sentence for operators; `undefined` when the last question was answered. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Rejects with `UnsupportedError` when the engine does not count, `UnavailableError` when it does not answer. */
  async cardinality(limit: number): Promise<EngineCardinality> {
    const form = new URLSearchParams({ limit: String(limit), topN: String(limit) });
    const { head, ...lists } = cardinalityOf(await this.#ask(form));
    this.#head = head;
    // Prometheus before 2.45 takes no limit.
    const cut = (entries: readonly EngineEntry[]): readonly EngineEntry[] => entries.slice(0, limit);
    return {
      head,
      seriesByMetric: cut(lists.seriesByMetric),
      valuesByLabel: cut(lists.valuesByLabel),
      bytesByLabel: cut(lists.bytesByLabel),
      seriesByLabelPair: cut(lists.seriesByLabelPair),
    };
  }

  async #poll(): Promise<void> {
    try {
      this.#head = cardinalityOf(await this.#ask(new URLSearchParams())).head;
      this.#problem = undefined;
    } catch (error) {
      this.#head = NOTHING_KNOWN;
      const isAnswer = error instanceof UnsupportedError;
      this.#problem = isAnswer ? undefined : error instanceof ExpectedError ? error.message : String(error);
    }
    if (this.#stopped.signal.aborted) return;
    this.#timer = this.#clock.setTimer(POLL_INTERVAL_MS, () => void this.#poll());
  }

  async #ask(form: URLSearchParams): Promise<unknown> {
    const stop = new AbortController();
    const onStop = (): void => stop.abort(this.#stopped.signal.reason);
    this.#stopped.signal.addEventListener('abort', onStop, { once: true });
    const late = new TimeoutError(
      'VED_QUERY_TIMEOUT',
      `cannot ask the metrics engine at ${this.#api.url}: no answer within ${POLL_DEADLINE_MS} ms`,
    );
    const timer = this.#clock.setTimer(POLL_DEADLINE_MS, () => stop.abort(late));
    try {
      const request = { path: STATUS_PATH, method: 'GET', form } as const;
      return (await this.#api.call(request, (data) => data.readValue(), stop.signal)).data;
    } finally {
      timer.cancel();
      this.#stopped.signal.removeEventListener('abort', onStop);
    }
  }
}

function cardinalityOf(data: unknown): EngineCardinality {
  const head = fieldOf(data, 'headStats');
  return {
    head: {
      // VictoriaMetrics counts them beside the lists.
      seriesCount: countOf(fieldOf(head, 'numSeries') ?? fieldOf(data, 'totalSeries')),
      chunkCount: countOf(fieldOf(head, 'chunkCount')),
      labelPairCount: countOf(fieldOf(head, 'numLabelPairs') ?? fieldOf(data, 'totalLabelValuePairs')),
      ...boundsOf(countOf(fieldOf(head, 'minTime')), countOf(fieldOf(head, 'maxTime'))),
    },
    seriesByMetric: entriesOf(fieldOf(data, 'seriesCountByMetricName')),
    valuesByLabel: entriesOf(fieldOf(data, 'labelValueCountByLabelName')),
    bytesByLabel: entriesOf(fieldOf(data, 'memoryInBytesByLabelName')),
    seriesByLabelPair: entriesOf(fieldOf(data, 'seriesCountByLabelValuePair')),
  };
}

/** Of an empty head they are the ends of int64. */
function boundsOf(minMs: number | undefined, maxMs: number | undefined): Pick<EngineHead, 'minMs' | 'maxMs'> {
  return minMs !== undefined && maxMs !== undefined && minMs <= maxMs
    ? { minMs, maxMs }
    : { minMs: undefined, maxMs: undefined };
}

function entriesOf(value: unknown): readonly EngineEntry[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry: unknown) => {
    const name = fieldOf(entry, 'name');
    return { name: typeof name === 'string' ? name : '', value: countOf(fieldOf(entry, 'value')) ?? 0 };
  });
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
