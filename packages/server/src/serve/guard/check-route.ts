/** `GET /guard/check`: the verdict on one subject, for scripts and programs in other languages. */
import type { GuardCheck } from '@vedette/api';
import { SUBJECT_ID_BYTES_MAX, SUBJECT_SCOPES, type SubjectKey } from '@vedette/sdk';
import type { Clock } from '@vedette/model';
import { jsonAnswer, type Route } from '../http/route.ts';
import { invalidParameter } from '../prometheus-api/api-error.ts';
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
  const subject = query.get('id') ?? '';
  const reason = subjectFault(subject);
  if (reason !== undefined) throw invalidParameter('id', reason);
  return { scope: scopeParameter(query.get('scope') || 'user'), subject };
}

function scopeParameter(text: string): SubjectKey['scope'] {
  const scope = SUBJECT_SCOPES.find((one) => one === text);
  if (scope !== undefined) return scope;
  throw invalidParameter(
    'scope',
    `must be one of ${SUBJECT_SCOPES.join(', ')}; got ${JSON.stringify(text.slice(0, 80))}`,
  );
}

/** Why nobody can have this id; `undefined`: somebody can. */
export function subjectFault(subject: string): string | undefined {
  const sizeBytes = Buffer.byteLength(subject);
  if (sizeBytes === 0) return 'must not be empty';
  if (sizeBytes > SUBJECT_ID_BYTES_MAX)
    return `must have at most ${SUBJECT_ID_BYTES_MAX} bytes; got ${sizeBytes}`;
  return subject.isWellFormed() ? undefined : 'must be text in Unicode';
}
