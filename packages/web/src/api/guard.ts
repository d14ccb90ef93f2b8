import type {
  GuardAppealLink,
  GuardBacktestJson,
  GuardDecision,
  GuardDecisions,
  GuardPolicies,
  GuardSubjects,
} from '@vedette/api';
import { fetchJson, jsonBody } from './http.ts';

const ROOT = '/api/vedette/guard';

export interface DecisionWants {
  /** Only those that are in force now. */
  readonly isLive: boolean;
  readonly policy: string | undefined;
  readonly limit: number;
}

/** What was decided, the newest first. */
export async function fetchDecisions(
  { isLive, policy, limit }: DecisionWants,
  signal: AbortSignal,
): Promise<readonly GuardDecision[]> {
  const params = new URLSearchParams({ limit: String(limit) });
  if (isLive) params.set('live', 'true');
  if (policy !== undefined) params.set('policy', policy);
  return ((await fetchJson(`${ROOT}/decisions?${params}`, { signal })) as GuardDecisions).decisions;
}

/** Those that wait for a person. */
export async function fetchReviews(signal: AbortSignal): Promise<readonly GuardDecision[]> {
  return ((await fetchJson(`${ROOT}/reviews`, { signal })) as GuardDecisions).decisions;
}

export async function fetchDecision(id: string, signal: AbortSignal): Promise<GuardDecision> {
  return (await fetchJson(`${ROOT}/decisions/${encodeURIComponent(id)}`, { signal })) as GuardDecision;
}

export async function fetchPolicies(signal: AbortSignal): Promise<GuardPolicies['policies']> {
  return ((await fetchJson(`${ROOT}/policies`, { signal })) as GuardPolicies).policies;
}

/** Who decides and why; without a name the server writes down the role. */
export interface Said {
  readonly reason: string;
  readonly by?: string;
}

/** What a person does with a decision. */
export type Verb = 'lift' | 'approve' | 'permanent' | 'extend';

export interface ChangeOrder extends Said {
  readonly id: string;
  readonly verb: Verb;
  /** The new end; for `extend` alone. */
  readonly untilMs?: number;
}

/** Answers the decision as it is then. */
export async function changeDecision({ id, verb, ...body }: ChangeOrder): Promise<GuardDecision> {
  return (await post(`/decisions/${encodeURIComponent(id)}/${verb}`, body)) as GuardDecision;
}

export interface BanOrder extends Said {
  readonly scope: GuardDecision['scope'];
  readonly subject: string;
  readonly kind: GuardDecision['kind'];
  /** `null`: until a person lifts it. */
  readonly untilMs: number | null;
}

export async function banSubject(order: BanOrder): Promise<GuardDecision> {
  return (await post('/decisions', order)) as GuardDecision;
}

export type GuardPolicy = GuardPolicies['policies'][number];

export interface ModeOrder extends Said {
  readonly policy: string;
  readonly mode: GuardPolicy['mode'];
}

export async function setPolicyMode({ policy, ...body }: ModeOrder): Promise<GuardPolicies> {
  return (await post(`/policies/${encodeURIComponent(policy)}/mode`, body)) as GuardPolicies;
}

async function post(path: string, body: object): Promise<unknown> {
  return await fetchJson(ROOT + path, {
    method: 'POST',
    ...jsonBody(body),
  });
}

/** Who is near a threshold right now. */
export async function fetchSubjects(signal: AbortSignal): Promise<GuardSubjects> {
  return (await fetchJson(`${ROOT}/subjects`, { signal })) as GuardSubjects;
}

export type WatchedSubject = GuardSubjects['subjects'][number];
export type WatchedPolicy = GuardSubjects['policies'][number];

/** A link by which the subject of a decision asks for a review, once. */
export async function makeAppealLink(id: string): Promise<string> {
  return ((await post(`/decisions/${encodeURIComponent(id)}/appeal`, {})) as GuardAppealLink).url;
}

/** A policy as it stands under `guard.policies` of a configuration. */
export interface PolicyTrial {
  readonly name: string;
  readonly scope: WatchedPolicy['scope'];
  readonly measure: WatchedPolicy['measure'];
  readonly min_count?: number;
  readonly actions: readonly string[];
  readonly sources: readonly string[];
  readonly window: string;
  readonly dynamic?: boolean;
  readonly steps: readonly {
    readonly over: number;
    readonly decide: WatchedPolicy['steps'][number]['decide'];
    readonly grade: WatchedPolicy['steps'][number]['grade'];
    readonly for: string;
  }[];
}

export interface BacktestOrder {
  readonly policies: readonly (PolicyTrial | { readonly name: string; readonly mode: 'off' })[];
  readonly lastMs: number;
}

/** Whom the policies would have refused; takes up to minutes, and ends when `signal` does. */
export async function runBacktest(
  { policies, lastMs }: BacktestOrder,
  signal: AbortSignal,
): Promise<GuardBacktestJson> {
  return (await fetchJson(`${ROOT}/backtest`, {
    method: 'POST',
    ...jsonBody({ policies, range: { lastMs } }),
    signal,
  })) as GuardBacktestJson;
}
