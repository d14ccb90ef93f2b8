import { CanceledError, TimeoutError, UnavailableError, type Clock, type Timer } from '@vedette/model';
import { formatSource, UNKNOWN_SOURCE, type QuerySource } from './query-source.ts';

export interface QueryGateOptions {
  readonly clock: Clock;
  /** Places for all sources. */
  readonly runningMax: number;
  /** How many of them one source may take; three quarters by default. */
  readonly runningPerSourceMax?: number;
  /** Places beside them that rules alone take; 0 by default. */
  readonly rulesRunningMax?: number;
  readonly queuedMax: number;
  /** How many of one source may wait; as many as of all by default. */
  readonly queuedPerSourceMax?: number;
  /** How long a query may wait for its turn. */
  readonly waitMsMax: number;
  /** What the limits are called in errors; by default the keys of the configuration. */
  readonly limitNames?: { readonly running: string; readonly queued: string };
}

const CONFIGURED = { running: 'query.max_concurrency', queued: 'query.max_queued' };

// Of every four places one source leaves one free: whoever fills all of its own with queries of minutes must not make
// the first query of another wait for minutes. A dashboard of 20 panels notices nothing, since all share one core.
const PLACES_LEFT_RATIO = 1 / 4;

/**
 * Shares out turns between sources of queries.
 *
 * 1. A query takes a free place at once, up to `runningMax` of all and, unless told, three quarters of that of one source. Rules
 *    take a place of their own first: what dashboards do never makes them late.
 * 2. Otherwise it waits: in order of arrival within its source, while the sources take turns. A source with 200
 *    queries waiting delays the first one of another by a single turn.
 * 3. What waits is bounded per source and in total. When the total is reached, the newest query of the longest
 *    queue makes room for a source that has less waiting: nobody fills the queue for all. Rules wait in a queue of
 *    their own, with the same bound.
 *
 * Waiting ends early when the caller's signal aborts or the wait takes too long. A query that runs is not interrupted
 * for fairness' sake: running queries share the event loop in slices of some milliseconds anyway.
 */
export class QueryGate {
  readonly #options: QueryGateOptions;
  /** Queries that wait, by source; the sources in the order of their next turn, none without a query. */
  readonly #waiting = new Map<string, Waiting[]>();
  /** Queries of each source that hold a common place. */
  readonly #running = new Map<string, number>();
  readonly #perSourceMax: number;
  #runningCount = 0;
  #rulesRunningCount = 0;

  constructor(options: QueryGateOptions) {
    this.#options = options;
    const { runningMax, runningPerSourceMax } = options;
    this.#perSourceMax = runningPerSourceMax ?? runningMax - Math.floor(runningMax * PLACES_LEFT_RATIO);
  }

  get runningCount(): number {
    return this.#runningCount + this.#rulesRunningCount;
  }

  get queuedCount(): number {
    let count = 0;
    for (const queue of this.#waiting.values()) count += queue.length;
    return count;
  }

  /** Runs `work` in its turn and gives its result. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>, turn: Turn = {}): Promise<T> {
    const { source = UNKNOWN_SOURCE, waitMs = Infinity } = turn;
    if (signal.aborted) throw canceled(signal);
    const place = await (this.#take(source) ?? this.#wait(signal, source, waitMs));
    try {
      return await work();
    } finally {
      this.#leave(place);
    }
  }

  #take(source: QuerySource): Place | undefined {
    const { runningMax, rulesRunningMax = 0 } = this.#options;
    const isOfRules = source.kind === 'rules';
    if (isOfRules && this.#rulesRunningCount < rulesRunningMax) {
      this.#rulesRunningCount++;
      return { kind: 'rules' };
    }
    const key = formatSource(source);
    const ownCount = this.#running.get(key) ?? 0;
    if (this.#runningCount >= runningMax || ownCount >= this.#perSourceMax) return undefined;
    this.#runningCount++;
    this.#running.set(key, ownCount + 1);
    return { kind: 'common', key };
  }

  #leave(place: Place): void {
    if (place.kind === 'rules') this.#rulesRunningCount--;
    else {
      this.#runningCount--;
      const ownCount = (this.#running.get(place.key) ?? 0) - 1;
      if (ownCount > 0) this.#running.set(place.key, ownCount);
      else this.#running.delete(place.key);
    }
    this.#startNext();
  }

  /** Gives the free place to the first source that may have it; one leaves at a time, so that there is one. */
  #startNext(): void {
    for (const [key, queue] of this.#waiting) {
      const [next] = queue;
      const place = next && this.#take(next.source);
      if (next === undefined || place === undefined) continue;
      this.#remove(key, next);
      this.#toTheEnd(key);
      next.start(place);
      return;
    }
  }

  #wait(signal: AbortSignal, source: QuerySource, waitMsOfTurn: number): Promise<Place> {
    const { clock, waitMsMax } = this.#options;
    const key = formatSource(source);
    this.#makeRoom(key, source);
    const waitMs = Math.max(0, Math.min(waitMsOfTurn, waitMsMax));
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const stopWaiting = (): void => {
        timer?.cancel();
        signal.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        source,
        start: (place) => {
          stopWaiting();
          resolve(place);
        },
        giveUp: (error) => {
          this.#remove(key, waiting);
          stopWaiting();
          reject(error);
        },
      };
      const onAbort = (): void => waiting.giveUp(canceled(signal));
      timer = clock.setTimer(waitMs, () =>
        waiting.giveUp(
          new TimeoutError('VED_QUERY_TIMEOUT', `query timed out in query queue; limit is ${waitMs} ms`),
        ),
      );
      signal.addEventListener('abort', onAbort);
      const queue = this.#waiting.get(key);
      if (queue === undefined) this.#waiting.set(key, [waiting]);
      else queue.push(waiting);
    });
  }

  /** Throws when the query cannot wait; may send the newest of the longest queue away instead. */
  #makeRoom(key: string, source: QuerySource): void {
    const { queuedMax, queuedPerSourceMax = queuedMax } = this.#options;
    const ownCount = this.#waiting.get(key)?.length ?? 0;
    if (source.kind === 'rules') {
      if (ownCount >= queuedMax) throw this.#busy(ownCount);
      return;
    }
    if (ownCount >= queuedPerSourceMax && queuedPerSourceMax < queuedMax)
      throw new UnavailableError(
        'VED_QUERY_BUSY',
        `cannot start query: ${ownCount} of this client wait (query.max_queued_per_source); try again later`,
      );
    const queues = [...this.#waiting.values()].filter(([first]) => first?.source.kind !== 'rules');
    const queuedCount = queues.reduce((sum, queue) => sum + queue.length, 0);
    if (queuedCount < queuedMax) return;
    const longest = queues.reduce<readonly Waiting[]>((a, b) => (b.length > a.length ? b : a), []);
    const error = this.#busy(queuedCount);
    // With one more than the newcomer would have, the two would only take turns in being sent away.
    if (longest.length <= ownCount + 1) throw error;
    longest.at(-1)?.giveUp(error);
  }

  #busy(queuedCount: number): UnavailableError {
    const { limitNames = CONFIGURED } = this.#options;
    return new UnavailableError(
      'VED_QUERY_BUSY',
      `cannot start query: ${this.runningCount} run (${limitNames.running}) and ${queuedCount} wait ` +
        `(${limitNames.queued}); try again later`,
    );
  }

  #remove(key: string, waiting: Waiting): void {
    const queue = this.#waiting.get(key) ?? [];
    const index = queue.indexOf(waiting);
    if (index >= 0) queue.splice(index, 1);
    if (queue.length === 0) this.#waiting.delete(key);
  }

  #toTheEnd(key: string): void {
    const queue = this.#waiting.get(key);
    if (queue === undefined) return;
    this.#waiting.delete(key);
    this.#waiting.set(key, queue);
  }
}

/** How a query wants its turn. */
export interface Turn {
  readonly source?: QuerySource | undefined;
  /** How long it waits at most, when that is shorter than others may. */
  readonly waitMs?: number | undefined;
}

type Place = { readonly kind: 'rules' } | { readonly kind: 'common'; readonly key: string };

interface Waiting {
  readonly source: QuerySource;
  start(place: Place): void;
  giveUp(error: Error): void;
}

function canceled(signal: AbortSignal): CanceledError {
  return new CanceledError('VED_QUERY_CANCELED', 'query was canceled by its caller', {
    cause: signal.reason,
  });
}
