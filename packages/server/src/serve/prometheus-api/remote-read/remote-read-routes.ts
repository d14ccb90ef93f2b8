/**
 * `POST /api/v1/read`: Prometheus' remote read protocol. The request is protobuf in snappy; the answer is either one
 * message of samples in snappy, or a stream of chunks, whichever the client names first. Another Prometheus reads
 * from us with it, as do Thanos and `vedette import`.
 */
import { TimeoutError, type Clock, type Slicer } from '@vedette/model';
import { QueryGate } from '../../../query/metrics/index.ts';
import { querySourceOf } from '../../http/query-source.ts';
import type { HttpAnswer, HttpRequest, Route } from '../../http/route.ts';
import type { SamplesView } from '../views.ts';
import { chunkedAnswer } from './chunked-answer.ts';
import { decodeReadRequest } from './read-request.ts';
import { samplesAnswer } from './samples-answer.ts';

export interface RemoteReadDeps {
  readonly clock: Clock;
  readonly samples: SamplesView;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

// Upstream's --storage.remote.read-concurrent-limit. Apart from the limit of queries: a client that reads slowly holds
// its place for as long as it reads, and must not keep dashboards from theirs.
const READS_RUNNING_MAX = 10;

// A Prometheus that evaluates a dashboard through us asks for each of its selectors at once.
const READS_QUEUED_MAX = 100;

// As long as a query may wait and run; the client has given up by then.
const READ_WAIT_MS_MAX = 120_000;

// A stream of a hundred gigabytes ends by then; a client that does not read does not hold files open for longer.
const READ_MS_MAX = 1_800_000;

export function remoteReadRoutes(deps: RemoteReadDeps): readonly Route[] {
  const gate = new QueryGate({
    clock: deps.clock,
    runningMax: READS_RUNNING_MAX,
    // Nearly always a single Prometheus reads.
    runningPerSourceMax: READS_RUNNING_MAX,
    queuedMax: READS_QUEUED_MAX,
    waitMsMax: READ_WAIT_MS_MAX,
    limitNames: { running: 'READS_RUNNING_MAX', queued: 'READS_QUEUED_MAX' },
  });
  return [
    {
      surface: 'prometheus-api',
      methods: ['POST'],
      path: '/api/v1/read',
      access: 'viewer',
      errors: 'text',
      handle: (request) => answer(deps, gate, request),
    },
  ];
}

async function answer(deps: RemoteReadDeps, gate: QueryGate, request: HttpRequest): Promise<HttpAnswer> {
  const { queries, kind } = decodeReadRequest(request.body);
  const parts = { samples: deps.samples, slicer: deps.createSlicer() };
  if (kind === 'samples') {
    const body = await gate.run(request.signal, () => samplesAnswer(parts, queries, request.signal), {
      source: querySourceOf(request),
    });
    return {
      status: 200,
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      body,
    };
  }
  const stream = inTurn(deps.clock, gate, request, (signal) => chunkedAnswer(parts, queries, signal));
  // What goes wrong before the first piece still has a status.
  const first = await stream.next();
  return {
    status: 200,
    headers: { 'content-type': 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse' },
    body: first.done === true ? '' : continued(first.value, stream),
  };
}

async function* continued(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/**
 * A stream that holds a place in the gate from its first step until it ends, is given up, or `signal` aborts: also
 * while nobody asks for the next step.
 */
async function* inTurn(
  clock: Clock,
  gate: QueryGate,
  request: HttpRequest,
  start: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { signal } = request;
  const overdue = new AbortController();
  const until = AbortSignal.any([signal, overdue.signal]);
  const entered = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const hold = async (): Promise<void> => {
    entered.resolve();
    await ended.promise;
  };
  const turn = gate.run(signal, hold, { source: querySourceOf(request) });
  turn.catch(entered.reject);
  await entered.promise;
  const onAbort = (): void => ended.resolve();
  until.addEventListener('abort', onAbort, { once: true });
  const timer = clock.setTimer(READ_MS_MAX, () =>
    overdue.abort(
      new TimeoutError('VED_QUERY_TIMEOUT', `remote read took longer than ${READ_MS_MAX} ms (READ_MS_MAX)`),
    ),
  );
  try {
    until.throwIfAborted();
    yield* start(until);
  } finally {
    timer.cancel();
    until.removeEventListener('abort', onAbort);
    ended.resolve();
    await turn;
  }
}
