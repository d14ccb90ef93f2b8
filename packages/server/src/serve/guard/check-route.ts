/** `GET /guard/check`: the verdict on one subject, for scripts and programs in other languages. */
import type { GuardCheck } from '@vedette/api';
import { SUBJECT_SCOPES, type SubjectKey } from '@vedette/sdk';
import type { Clock } from '@vedette/model';
import { jsonAnswer, type Route } from '../http/route.ts';
import { invalidParameter } from '../prometheus-api/api-error.ts';
import { readSubject } from './subject-text.ts';
import type { VerdictBook } from './verdict.ts';

export interface CheckRouteDeps {
  readonly clock: Clock;
  readonly verdicts: () => Promise<VerdictBook>;
}

export function checkRoute({ clock, verdicts }: CheckRouteDeps): Route {
  return {
    surface: 'guard',
    methods: ['GET'],
    path: '/guard/check',
    access: 'bouncer',
    errors: 'json',
    handle: async ({ query }) => {
      const key = subjectParameters(query);
      const decision = (await verdicts()).holding([key]) ?? null;
      const untilMs = decision?.untilMs ?? null;
      const check: GuardCheck = {
        verdict: decision?.kind ?? 'allow',
        retryAfterSeconds: untilMs === null ? null : secondsUntil(untilMs, clock.nowMs()),
        decision,
      };
      return jsonAnswer(200, check);
    },
  };
}

/** Rounded up, at least 1: who comes then is not too early. */
export function secondsUntil(untilMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
}

/** `scope` (default `user`) and `id`. */
function subjectParameters(query: URLSearchParams): SubjectKey {
  const scope = scopeParameter(query.get('scope') || 'user');
  const reading = readSubject(scope, query.get('id') ?? '');
  if (reading.kind === 'fault') throw invalidParameter('id', reading.reason);
  return reading.key;
}

function scopeParameter(text: string): SubjectKey['scope'] {
  const scope = SUBJECT_SCOPES.find((one) => one === text);
  if (scope !== undefined) return scope;
  throw invalidParameter(
    'scope',
    `must be one of ${SUBJECT_SCOPES.join(', ')}; got ${JSON.stringify(text.slice(0, 80))}`,
  );
}
