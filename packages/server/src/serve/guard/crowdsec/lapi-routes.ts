/**
 * The part of CrowdSec's local API that bouncers use, so that every bouncer there is enforces our decisions: the stream
 * of changes, single questions, and usage metrics, which are taken and passed over.
 */
import { ExpectedError, InputError, UnsupportedError, type Clock, type Slicer } from '@vedette/model';
import type { LiveDecision } from '@vedette/sdk';
import { z } from 'zod';
import type { GuardService } from '../../../respond/index.ts';
import { jsonBodyOf } from '../../http/json-body.ts';
import { inSlices, JsonList, streamAnswer } from '../../http/json-stream.ts';
import {
  goOpenApiAnswer,
  jsonAnswer,
  type HttpAnswer,
  type HttpRequest,
  type Route,
} from '../../http/route.ts';
import { ApiError } from '../../prometheus-api/api-error.ts';
import { queryFilterOf, streamFilterOf } from './decision-filter.ts';
import { lapiDecisionOf, type LapiDecision } from './lapi-decision.ts';
import { StreamCursors } from './stream-cursors.ts';

export interface LapiRoutesDeps {
  readonly clock: Clock;
  readonly guard: () => Promise<GuardService>;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

/** A bouncer's counters of half an hour; theirs are some kilobytes. */
const USAGE_BYTES_MAX = 256 * 1024;

export function lapiRoutes(deps: LapiRoutesDeps): readonly Route[] {
  const cursors = new StreamCursors();
  const route = (
    methods: Route['methods'],
    path: string,
    handle: (request: HttpRequest) => Promise<HttpAnswer>,
  ): Route => ({
    surface: 'guard',
    methods,
    path: `/v1/${path}`,
    access: 'bouncer',
    bodyBytesMax: USAGE_BYTES_MAX,
    errors: 'go-openapi',
    handle: (request) => inTheirWords(() => handle(request)),
  });
  return [
    route(['GET'], 'decisions/stream', (request) => stream(deps, cursors, request)),
    route(['GET'], 'decisions', (request) => ask(deps, request)),
    // Bouncers try their key this way.
    route(['HEAD'], 'decisions/stream', () => Promise.resolve({ status: 200 })),
    route(['HEAD'], 'decisions', () => Promise.resolve({ status: 200 })),
    route(['POST'], 'usage-metrics', (request) => Promise.resolve(takeUsage(request))),
  ];
}

async function stream(
  deps: LapiRoutesDeps,
  cursors: StreamCursors,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { query, bouncer = request.role ?? '' } = request;
  const filter = streamFilterOf(query);
  const isStartup = query.get('startup') === 'true';
  const guard = await deps.guard();
  const nowMs = deps.clock.nowMs();
  const slicer = deps.createSlicer();
  const { added, removed } = await cursors.pull(guard, bouncer, { filter, isStartup, nowMs }, slicer);
  // Whoever goes away does not have the answer.
  if (request.signal.aborted) cursors.forget(bouncer);
  request.signal.addEventListener('abort', () => cursors.forget(bouncer), { once: true });
  return streamAnswer(slicer, {
    new: JsonList.of(added, (decision) => lapiDecisionOf(decision, nowMs)),
    deleted: JsonList.of(removed, (decision) => endedOf(decision, nowMs)),
  });
}

/** What is over, or was ended before its time, has nothing left. */
function endedOf(decision: LiveDecision, nowMs: number): LapiDecision | undefined {
  return lapiDecisionOf(decision, nowMs, Math.min(0, (decision.untilMs ?? nowMs) - nowMs));
}

/** A list, or null when there is none, as theirs. */
async function ask(deps: LapiRoutesDeps, { query }: HttpRequest): Promise<HttpAnswer> {
  const filter = queryFilterOf(query);
  const nowMs = deps.clock.nowMs();
  const slicer = deps.createSlicer();
  const found: LiveDecision[] = [];
  for (const [i, decision] of (await deps.guard()).live().entries()) {
    if (filter.matches(decision)) found.push(decision);
    if ((i & 255) === 0 && slicer.shouldYield()) await slicer.yield();
  }
  if (found.length === 0) return jsonAnswer(200, null);
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: inSlices(slicer, listPieces(found, nowMs)) };
}

function* listPieces(found: readonly LiveDecision[], nowMs: number): Iterable<string> {
  for (const [i, decision] of found.entries())
    yield `${i === 0 ? '[' : ','}${JSON.stringify(lapiDecisionOf(decision, nowMs))}`;
  yield ']';
}

function takeUsage(request: HttpRequest): HttpAnswer {
  jsonBodyOf(request, z.looseObject({}), '{"remediation_components":[]}');
  return { status: 201 };
}

/** Their errors have a `message`. */
async function inTheirWords(answer: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof ApiError || error instanceof InputError) return goOpenApiAnswer(400, error.message);
    if (error instanceof UnsupportedError) return goOpenApiAnswer(501, error.message);
    if (error instanceof ExpectedError) return goOpenApiAnswer(503, error.message, { 'retry-after': '5' });
    throw error;
  }
}
