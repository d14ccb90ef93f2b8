/**
 * `GET /guard/forward-auth`: what a reverse proxy asks before it lets a request through.
 *
 *     client ──► proxy ── the client's headers, a bouncer key ──► here ── 200, or the refusal ──► proxy
 *
 * 1. The user is named in a header by the proxy (`X-User-Id`), the client's address in another; what decisions hold for
 *    either, or for a network around the address, counts.
 * 2. 200 passes, with the verdict in `X-Guard-Verdict` for the application behind: `allow`, or `slow`, which no proxy
 *    can carry out.
 * 3. Caddy and Traefik hand our refusal to the client as it is: 429 while it will end, else 403, and 403 for a
 *    challenge, with `Retry-After` and problem+json. nginx's `auth_request` knows 401 and 403 alone, and makes 500 of
 *    everything else: with `?deny=403` every refusal is 403, and one that cannot be judged, too.
 *
 * What cannot be judged (no address from the proxy, an id too long) is refused: the proxy is not set up as it should.
 */
import type { Clock } from '@vedette/model';
import { refusalOf, SUBJECT_SCOPES, type LiveDecision, type SubjectKey } from '@vedette/sdk';
import { headerOf, jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../../http/route.ts';
import { ApiError, invalidParameter } from '../../prometheus-api/api-error.ts';
import { TRUSTED_HOPS_MAX, type EnforcementConfig } from '../config.ts';
import { readSubject } from '../subject-text.ts';
import type { VerdictBook } from '../verdict.ts';
import { clientAddressOf, type AddressSource } from './client-address.ts';

export interface ForwardAuthDeps {
  readonly clock: Clock;
  readonly verdicts: () => Promise<VerdictBook>;
  readonly config: EnforcementConfig['forward_auth'];
}

export function forwardAuthRoute(deps: ForwardAuthDeps): Route {
  return {
    surface: 'guard',
    methods: ['GET', 'HEAD'],
    path: '/guard/forward-auth',
    access: 'bouncer',
    errors: 'json',
    handle: async (request) => {
      const isNginx = request.query.get('deny') === '403';
      try {
        return await judge(deps, request, isNginx);
      } catch (error) {
        if (!isNginx || !(error instanceof ApiError)) throw error;
        return problemAnswer(403, { title: 'The request cannot be judged', detail: error.message }, {});
      }
    },
  };
}

async function judge(deps: ForwardAuthDeps, request: HttpRequest, isNginx: boolean): Promise<HttpAnswer> {
  const question = questionOf(request.query, deps.config);
  const keys = [...subjectOf(request, question), ...addressOf(request, question)];
  const decision = (await deps.verdicts()).holding(keys);
  if (decision === undefined) return passAnswer({ 'x-guard-verdict': 'allow' });
  return decision.kind === 'slow'
    ? passAnswer(verdictHeaders(decision))
    : refusalAnswer(decision, deps.clock.nowMs(), isNginx);
}

interface Question {
  readonly subjectHeader: string;
  readonly subjectScope: SubjectKey['scope'];
  readonly address: AddressSource;
}

/** The configuration, as far as the query does not say otherwise: one server may stand behind several proxies. */
function questionOf(query: URLSearchParams, config: EnforcementConfig['forward_auth']): Question {
  const subjectHeader = (query.get('header') ?? config.subject_header).toLowerCase();
  if (!/^[a-z0-9-]{1,64}$/.test(subjectHeader))
    throw invalidParameter('header', 'must be the name of a header');
  const scope = SUBJECT_SCOPES.find((one) => one === (query.get('scope') ?? 'user'));
  if (scope === undefined) throw invalidParameter('scope', `must be one of ${SUBJECT_SCOPES.join(', ')}`);
  const header = ADDRESS_HEADERS.find((one) => one === (query.get('address') ?? config.address_header));
  if (header === undefined) throw invalidParameter('address', `must be one of ${ADDRESS_HEADERS.join(', ')}`);
  const depth = query.get('depth') ?? String(config.trusted_hops);
  const trustedHops = /^\d{1,2}$/.test(depth) ? Number(depth) : 0;
  if (trustedHops < 1 || trustedHops > TRUSTED_HOPS_MAX)
    throw invalidParameter('depth', `must be from 1 to ${TRUSTED_HOPS_MAX}`);
  const deny = query.get('deny');
  if (deny !== null && deny !== '403') throw invalidParameter('deny', 'must be 403 or absent');
  return { subjectHeader, subjectScope: scope, address: { header, trustedHops } };
}

const ADDRESS_HEADERS = ['x-forwarded-for', 'x-real-ip', 'none'] as const;

/** Nobody when the proxy names nobody: it serves strangers, too. */
function subjectOf({ headers }: HttpRequest, question: Question): readonly SubjectKey[] {
  const value = headerOf(headers, question.subjectHeader) ?? '';
  if (value === '') return [];
  // Node reads headers as Latin-1; ids are UTF-8.
  const reading = readSubject(question.subjectScope, Buffer.from(value, 'latin1').toString('utf8'));
  if (reading.kind === 'fault') throw invalidParameter(`header ${question.subjectHeader}`, reading.reason);
  return [reading.key];
}

function addressOf({ headers }: HttpRequest, { address }: Question): readonly SubjectKey[] {
  const subject = clientAddressOf(headers, address);
  return subject === undefined ? [] : [{ scope: 'ip', subject }];
}

function passAnswer(headers: Readonly<Record<string, string>>): HttpAnswer {
  return { status: 200, headers };
}

function verdictHeaders({ kind, id, grade }: LiveDecision): Record<string, string> {
  return { 'x-guard-verdict': kind, 'x-guard-decision': id, 'x-guard-grade': grade };
}

/** In the words of applications: whoever is refused by a proxy reads the same, and no more than that. */
function refusalAnswer(decision: LiveDecision, nowMs: number, isNginx: boolean): HttpAnswer {
  const { kind, grade, level, policy, reason, untilMs } = decision;
  const retryAfterMs = untilMs === null ? undefined : untilMs - nowMs;
  const refusal = refusalOf(
    { decisionId: decision.id, kind, grade, level, policy, reason, retryAfterMs, by: 'replica' },
    nowMs,
    isNginx || kind === 'challenge' ? { statuses: ALWAYS_FORBIDDEN } : {},
  );
  const headers = { ...refusal.headers, ...verdictHeaders(decision) };
  return { status: refusal.status, headers, body: refusal.body };
}

const ALWAYS_FORBIDDEN = { temporary: 403, extended: 403 } as const;

/** RFC 9457. */
function problemAnswer(
  status: number,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): HttpAnswer {
  return jsonAnswer(
    status,
    { type: 'about:blank', status, ...fields },
    { 'content-type': 'application/problem+json', ...headers },
  );
}
