/** Own API of the guard: what was decided and why, and how people overrule it. `packages/api/src/guard.ts` has the bodies. */
import {
  guardBanRequest,
  guardExtendRequest,
  guardModeRequest,
  guardReviewRequest,
  type GuardAppealLink,
  type GuardDecision,
  type GuardDecisions,
  type GuardPolicies,
} from '@vedette/api';
import type { Clock } from '@vedette/model';
import { SUBJECT_SCOPES, type SubjectKey } from '@vedette/sdk';
import type { DecisionQuery, DecisionView, GuardService, Reviewer } from '../../respond/index.ts';
import { actorOf } from '../auth/caller.ts';
import { errorAnswer, jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { ApiError, badData, invalidParameter } from '../prometheus-api/api-error.ts';
import { inParameter, parseGoInteger } from '../prometheus-api/parameters.ts';
import { jsonBodyOf } from '../http/json-body.ts';
import { findIpRange } from './ip-range.ts';
import { readSubject } from './subject-text.ts';

export interface DecisionRoutesDeps {
  readonly clock: Clock;
  readonly guard: () => Promise<GuardService>;
  /** The path under which people reach this server, without a final slash. */
  readonly appealBase: string;
}

/** An id of 256 bytes and a reason of 1,000 characters, all escaped. */
const BODY_BYTES_MAX = 16 * 1024;

const DECISIONS_DEFAULT = 100;
/** What the port takes at most: one page of a log that people scroll. */
const DECISIONS_MAX = 1000;

type Handle = (guard: GuardService, request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer;

export function decisionRoutes(deps: DecisionRoutesDeps): readonly Route[] {
  const route = (
    method: 'GET' | 'POST',
    path: string,
    access: 'viewer' | 'operator' | 'admin',
    handle: Handle,
  ): Route => ({
    surface: 'vedette-api',
    methods: [method],
    path: `/api/vedette/guard/${path}`,
    access,
    bodyBytesMax: BODY_BYTES_MAX,
    errors: 'json',
    handle: async (request) => await handle(await deps.guard(), request),
  });
  const change = (
    verb: string,
    apply: (guard: GuardService, id: string, request: HttpRequest) => Promise<void>,
  ) =>
    route(
      'POST',
      `decisions/:id/${verb}`,
      verb === 'permanent' ? 'admin' : 'operator',
      async (guard, request) => {
        const id = request.params['id'] ?? '';
        await find(guard, id);
        await apply(guard, id, request);
        return jsonAnswer(200, decisionJson(await find(guard, id)));
      },
    );
  return [
    route('GET', 'decisions', 'operator', async (guard, { query }) =>
      jsonAnswer(200, listJson(await guard.decisions(decisionQueryOf(query)))),
    ),
    route('POST', 'decisions', 'operator', (guard, request) => ban(deps.clock, guard, request)),
    route('GET', 'decisions/:id', 'operator', async (guard, { params }) =>
      jsonAnswer(200, decisionJson(await find(guard, params['id'] ?? ''))),
    ),
    change('lift', (guard, id, request) => guard.lift(id, reviewerOf(request))),
    change('approve', (guard, id, request) => guard.approve(id, reviewerOf(request))),
    change('permanent', (guard, id, request) => guard.makePermanent(id, reviewerOf(request))),
    change('extend', async (guard, id, request) => {
      const { untilMs, ...by } = jsonBodyOf(request, guardExtendRequest, EXAMPLES.extend);
      assertAhead(deps.clock, untilMs);
      await guard.extend(id, untilMs, namedBy(request, by));
    }),
    route('POST', 'decisions/:id/appeal', 'operator', async (guard, { params }) => {
      const { decision } = await find(guard, params['id'] ?? '');
      const token = await guard.appeals.issue(decision.id);
      const link: GuardAppealLink = { url: `${deps.appealBase}/guard/appeal/${encodeURIComponent(token)}` };
      return jsonAnswer(200, link);
    }),
    route('GET', 'reviews', 'operator', async (guard) => jsonAnswer(200, listJson(await guard.reviews()))),
    route('GET', 'policies', 'viewer', (guard) => jsonAnswer(200, policiesJson(guard))),
    route('POST', 'policies/:name/mode', 'admin', async (guard, request) => {
      const { mode, ...by } = jsonBodyOf(request, guardModeRequest, EXAMPLES.mode);
      await guard.setMode(request.params['name'] ?? '', mode, namedBy(request, by));
      return jsonAnswer(200, policiesJson(guard));
    }),
  ];
}

const EXAMPLES = {
  ban: '{"subject":"u42","untilMs":1795000000000,"reason":"floods"}',
  review: '{"reason":"was a load test"}',
  extend: '{"untilMs":1795000000000,"reason":"did it again"}',
  mode: '{"mode":"shadow","reason":"too strict"}',
};

async function ban(clock: Clock, guard: GuardService, request: HttpRequest): Promise<HttpAnswer> {
  const { scope, subject, kind, untilMs, ...by } = jsonBodyOf(request, guardBanRequest, EXAMPLES.ban);
  if (untilMs === null && request.role !== 'admin')
    return errorAnswer(
      403,
      'forbidden',
      `cannot ban for ever: role "${request.role}" is too low; want "admin", or an untilMs`,
    );
  if (untilMs !== null) assertAhead(clock, untilMs);
  const wanted = {
    ...bannedSubject(scope, subject),
    untilMs,
    ...(kind === undefined ? {} : { kind }),
    ...namedBy(request, by),
  };
  const { id } = await guard.ban(wanted);
  return jsonAnswer(201, decisionJson(await find(guard, id)));
}

/** Bans are kept in the spelling that is looked up, or nobody would find them. */
function bannedSubject(scope: SubjectKey['scope'], text: string): SubjectKey {
  const reading = readSubject(scope, text);
  if (reading.kind === 'fault') throw badData(`cannot read the body: subject: ${reading.reason}`);
  if (scope !== 'range' || findIpRange(reading.key.subject) !== undefined) return reading.key;
  throw badData(
    `cannot read the body: subject: must be a network such as 203.0.113.0/24; got ${JSON.stringify(text.slice(0, 80))}`,
  );
}

function assertAhead(clock: Clock, untilMs: number): void {
  if (untilMs > clock.nowMs()) return;
  throw badData(`cannot read the body: untilMs: must lie ahead; got ${untilMs}, now is ${clock.nowMs()}`);
}

async function find(guard: GuardService, id: string): Promise<DecisionView> {
  const view = await guard.find(id);
  if (view !== undefined) return view;
  throw new ApiError(
    'not_found',
    `cannot find decision ${JSON.stringify(id.slice(0, 80))}: the guard has none with this id; /api/vedette/guard/decisions lists those it has`,
  );
}

function decisionQueryOf(query: URLSearchParams): DecisionQuery {
  const [subject, policy, live] = [query.get('subject'), query.get('policy'), query.get('live') ?? ''];
  if (!['', 'true', 'false'].includes(live)) throw invalidParameter('live', 'must be true or false');
  const scope = SUBJECT_SCOPES.find((one) => one === (query.get('scope') || 'user'));
  if (scope === undefined) throw invalidParameter('scope', `must be one of ${SUBJECT_SCOPES.join(', ')}`);
  const limit = limitOf(query.get('limit') ?? '');
  return {
    limit,
    ...(subject === null ? {} : { subject: askedSubject(scope, subject) }),
    ...(policy === null ? {} : { policy }),
    ...(live === 'true' ? { isLive: true } : {}),
  };
}

function askedSubject(scope: SubjectKey['scope'], text: string): SubjectKey {
  const reading = readSubject(scope, text);
  if (reading.kind === 'fault') throw invalidParameter('subject', reading.reason);
  return reading.key;
}

function limitOf(text: string): number {
  if (text === '') return DECISIONS_DEFAULT;
  const limit = inParameter('limit', () => parseGoInteger(text));
  if (limit >= 1 && limit <= DECISIONS_MAX) return limit;
  throw badData(`limit must be from 1 to ${DECISIONS_MAX}; got ${limit}`);
}

function reviewerOf(request: HttpRequest): Reviewer {
  return namedBy(request, jsonBodyOf(request, guardReviewRequest, EXAMPLES.review));
}

/** Who has proven who they are is named so, whatever the body says; others by what they say, or by their role. */
export function namedBy(
  request: Pick<HttpRequest, 'caller' | 'role'>,
  { by, reason }: { readonly by?: string | undefined; readonly reason: string },
): Reviewer {
  const kind = request.caller?.kind;
  const isNamed = kind === 'account' || kind === 'oidc' || kind === 'token';
  return { by: isNamed ? actorOf(request) : (by ?? request.role ?? 'operator'), reason };
}

function listJson(views: readonly DecisionView[]): GuardDecisions {
  return { decisions: views.map(decisionJson) };
}

function decisionJson({ decision, grade, untilMs, state, events }: DecisionView): GuardDecision {
  const { id, scope, subject, kind, level, madeAtMs, reason, evidence } = decision;
  const { policy, policyVersion, mode, isEnforced } = decision;
  return {
    id,
    scope,
    subject,
    kind,
    grade,
    untilMs,
    state,
    level,
    madeAtMs,
    reason,
    policy,
    policyVersion,
    mode,
    isEnforced,
    evidence:
      evidence.kind === 'crossing'
        ? {
            ...evidence,
            topActions: evidence.topActions.map((one) => ({ ...one })),
          }
        : evidence,
    events: events.map(eventJson),
  };
}

function eventJson(event: DecisionView['events'][number]): GuardDecision['events'][number] {
  // The decision itself stands around it.
  if (event.kind === 'made') return { kind: 'made', atMs: event.atMs };
  const { id: _id, ...rest } = event;
  return rest;
}

function policiesJson(guard: GuardService): GuardPolicies {
  return {
    policies: guard.policies().map(({ tripped, precision, brake, ...policy }) => ({
      ...policy,
      brake: { ...brake },
      tripped: tripped ?? null,
      precision: precision ?? null,
    })),
  };
}
