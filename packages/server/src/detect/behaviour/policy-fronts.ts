import { createSlidingWindows, type SlidingWindows } from '@vedette/sdk';
import type { Policy } from './policy.ts';

/** Windows through which a policy looks at everybody; policies that count the same things share one. */
export interface Front {
  readonly key: string;
  readonly windows: SlidingWindows;
  /** Indexes of policies. */
  readonly policies: readonly number[];
  /** Estimate from which a subject is looked at closely: the smallest of its policies. */
  readonly suspectAt: number;
}

/**
 * The count from which a subject is a suspect for a policy: half of its first threshold with the smallest factor that
 * can be, so that it lies below half of what is in force whatever the load. Why half is enough: `behaviour.ts`.
 */
export function suspectAtOf({ measure, steps, isDynamic }: Policy, factorMin: number): number {
  const smallest = measure.kind === 'share' ? measure.minCount : (steps[0]?.over ?? Infinity);
  return (smallest * (isDynamic ? factorMin : 1)) / 2;
}

interface FrontsOptions {
  readonly factorMin: number;
  readonly subjectsMax: number;
  /** Taken over when they count the same as before. */
  readonly before: readonly Front[];
}

/** The fronts of all policies that are not off; the first one is the census, which is there in any case. */
export function frontsOf(
  policies: readonly Policy[],
  { factorMin, subjectsMax, before }: FrontsOptions,
): Front[] {
  const groups = new Map<string, number[]>([[CENSUS_KEY, []]]);
  policies.forEach((policy, index) => {
    if (policy.mode === 'off') return;
    const key = keyOf(policy);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  });
  return Array.from(groups, ([key, indexes]) => {
    const levels = indexes.flatMap((index) => {
      const policy = policies[index];
      return policy === undefined ? [] : [suspectAtOf(policy, factorMin)];
    });
    const suspectAt = Math.min(Infinity, ...levels);
    const windowMs = policies[indexes[0] ?? -1]?.windowMs ?? CENSUS_WINDOW_MS;
    // Windows that go on keep the level at which the sketch hands out cells: it is a matter of memory, not of judgement.
    const windows =
      before.find((front) => front.key === key)?.windows ??
      createSlidingWindows({
        windowMs,
        capSubjects: subjectsMax,
        promoteAt: suspectAt,
        ...(key === CENSUS_KEY ? { distributionBounds: DISTRIBUTION_BOUNDS } : {}),
      });
    return { key, policies: indexes, suspectAt, windows };
  });
}

function keyOf({ scope, measure, windowMs, actions, sources }: Counted): string {
  const kind = measure.kind === 'errors' ? 'errors' : 'actions';
  return JSON.stringify([scope, kind, windowMs, actions.toSorted(), sources.toSorted()]);
}

/** What says which actions of a policy count. */
type Counted = Pick<Policy, 'scope' | 'measure' | 'windowMs' | 'actions' | 'sources'>;

const CENSUS_WINDOW_MS = 60_000;

/** All actions of users within a minute: who is active, and how the counts are distributed. */
const CENSUS_KEY = keyOf({
  scope: 'user',
  measure: { kind: 'actions' },
  windowMs: CENSUS_WINDOW_MS,
  actions: [],
  sources: [],
});

/** Actions per minute: around the built-in thresholds of 30 and 60, and far beyond. */
export const DISTRIBUTION_BOUNDS: readonly number[] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300];
