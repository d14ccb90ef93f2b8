import type { Clock } from '@vedette/model';
import { InputError } from '@vedette/model';
import type { Counter, MetricsRegistry } from '@vedette/sdk';
import type { IngestAnswer, IngestEndpoint, IngestRequest } from '../endpoint.ts';
import { parseActions } from './action-body.ts';
import type { ActionSink } from './action-sink.ts';
import { SeenBatches } from './seen-batches.ts';

// 2,000 rows of 256-byte ids and their words; usual batches are a tenth of it.
const ACTIONS_BODY_BYTES_MAX = 1024 * 1024;

export interface ActionsEndpointDeps {
  readonly clock: Clock;
  readonly metrics: MetricsRegistry;
  /** Where actions go; made when the first ones come. */
  readonly actions: () => Promise<ActionSink>;
}

/**
 * `POST /guard/actions`: what users did, from the SDK or anything that speaks JSON (`action-body.ts`).
 * Answers 200 with `{accepted, stale, duplicate}`; a batch that comes again changes nothing.
 */
export function createActionsEndpoint(deps: ActionsEndpointDeps): IngestEndpoint {
  const receiver = new ActionsReceiver(deps);
  return {
    name: 'actions',
    method: 'POST',
    path: '/guard/actions',
    bodyBytesMax: ACTIONS_BODY_BYTES_MAX,
    receive: (request) => receiver.receive(request),
  };
}

class ActionsReceiver {
  readonly #deps: ActionsEndpointDeps;
  readonly #seen = new SeenBatches();
  readonly #batches: Counter;
  readonly #rows: Counter;

  constructor(deps: ActionsEndpointDeps) {
    this.#deps = deps;
    this.#batches = deps.metrics.counter({
      name: 'vedette_action_batches_total',
      help: 'Bodies with user actions, by what became of them.',
      labelNames: ['outcome'],
    });
    this.#rows = deps.metrics.counter({
      name: 'vedette_action_rows_total',
      help: 'Rows of user actions in bodies that were taken; stale ones are older than an hour.',
      labelNames: ['outcome'],
    });
  }

  async receive({ body }: IngestRequest): Promise<IngestAnswer> {
    try {
      return await this.#take(body);
    } catch (error) {
      this.#batches.inc(1, error instanceof InputError ? 'refused' : 'failed');
      throw error;
    }
  }

  async #take(body: Uint8Array): Promise<IngestAnswer> {
    const { batch, actions, staleCount } = parseActions(body, this.#deps.clock.nowMs());
    const sink = await this.#deps.actions();
    // From here to the end nothing waits: two copies of one batch cannot pass each other.
    if (batch !== undefined && !this.#seen.add(batch.instance, batch.seq)) {
      this.#batches.inc(1, 'duplicate');
      return answerOf({ accepted: 0, stale: 0, duplicate: true });
    }
    try {
      sink.take(actions);
    } catch (error) {
      if (batch !== undefined) this.#seen.remove(batch.instance, batch.seq);
      throw error;
    }
    this.#batches.inc(1, 'taken');
    this.#rows.inc(actions.length, 'taken');
    this.#rows.inc(staleCount, 'stale');
    return answerOf({ accepted: actions.length, stale: staleCount, duplicate: false });
  }
}

function answerOf(value: {
  readonly accepted: number;
  readonly stale: number;
  readonly duplicate: boolean;
}): IngestAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
