/** `GET /api/vedette/guard/subjects`: who is near a threshold of a policy at this moment. */
import type { GuardSubjects } from '@vedette/api';
import type { Clock, Random } from '@vedette/model';
import type { Policy, WatchReport } from '../../detect/index.ts';
import { hasRole } from '../auth/roles.ts';
import { jsonAnswer, type Route } from '../http/route.ts';
import { Pseudonyms } from './pseudonyms.ts';

/** Satisfied by detection. */
export interface GuardWatch {
  watch(nowMs: number): WatchReport;
}

export interface SubjectsRouteDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'fill'>;
  readonly watch: () => Promise<GuardWatch>;
}

/** Five screens: who comes after is far from anything. */
const SUBJECTS_MAX = 100;

export function subjectsRoute({ clock, random, watch }: SubjectsRouteDeps): Route {
  const pseudonyms = new Pseudonyms(random);
  return {
    surface: 'vedette-api',
    methods: ['GET'],
    path: '/api/vedette/guard/subjects',
    access: 'viewer',
    errors: 'json',
    handle: async ({ role }) => {
      const atMs = clock.nowMs();
      const { factor, activeCount, policies, subjects } = (await watch()).watch(atMs);
      const isNamed = role !== undefined && hasRole(role, 'operator');
      const answer: GuardSubjects = {
        atMs,
        factor,
        activeCount,
        policies: policies.map((policy) => policyJson(policy, factor)),
        subjects: subjects.slice(0, SUBJECTS_MAX).map((one) => ({
          ...one,
          subject: isNamed ? one.subject : pseudonyms.of(one),
          step: one.step ?? null,
          course: [...one.course],
          topActions: one.topActions.map((action) => ({ ...action })),
        })),
      };
      return jsonAnswer(200, answer);
    },
  };
}

function policyJson(
  { name, scope, measure, actions, sources, windowMs, isDynamic, steps }: Policy,
  factor: number,
): GuardSubjects['policies'][number] {
  return {
    name,
    scope,
    measure: measure.kind,
    minCount: measure.kind === 'share' ? measure.minCount : null,
    actions: [...actions],
    sources: [...sources],
    windowMs,
    isDynamic,
    steps: steps.map((step) => ({ ...step, threshold: step.over * (isDynamic ? factor : 1) })),
  };
}
