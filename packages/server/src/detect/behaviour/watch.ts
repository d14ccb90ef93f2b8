/**
 * Who is how far on the way to a threshold, for people who look.
 *
 * 1. Each round of the census keeps, of every policy, the subjects with the greatest counts (`NEAREST_MAX`). A round is
 *    a second with up to 2,000 suspects, 20 s with as many as fit.
 * 2. When somebody asks, the meters of those are read at that moment: what is shown is exact, as what decides is. Who
 *    became a suspect since the last round is not there yet, who is below a third of a threshold has no meter at all.
 *
 * Nothing is counted or kept for this besides the references of the census.
 */
import type { SubjectScope } from '@vedette/sdk';
import type { Policy } from './policy.ts';
import type { ExactMeter, MeterWindow } from './exact-meter.ts';
import type { Suspect } from './suspects.ts';

/** Points of a course: as many as a chart of a row's height tells apart. */
const COURSE_POINTS = 30;

// What a person reads at a glance.
const ACTIONS_MAX = 5;

export interface WatchReport {
  /** By which thresholds of dynamic policies are multiplied now. */
  readonly factor: number;
  readonly activeCount: number;
  /** Those that count; none that is configured as off. */
  readonly policies: readonly Policy[];
  /** The nearest to a threshold first. A subject stands there once for each policy. */
  readonly subjects: readonly WatchedSubject[];
}

export interface WatchedSubject {
  readonly scope: SubjectScope;
  readonly subject: string;
  readonly policy: string;
  /** What the policy measures: a count, or a share from 0 to 1; 0 while there is too little for a share. */
  readonly value: number;
  /** `value` by the first threshold in force; above 1 it is crossed. */
  readonly ratio: number;
  /** Index of the last step that is passed; `undefined`: none. */
  readonly step: number | undefined;
  /** In the window. */
  readonly actionCount: number;
  /** Actions in equal parts of the window, the oldest first. */
  readonly course: readonly number[];
  /** The most frequent first; without those whose action is not known any more. */
  readonly topActions: readonly { readonly action: string; readonly count: number }[];
}

export interface WatchSource {
  readonly policies: readonly Policy[];
  readonly factor: number;
  /** By the index of the policy. */
  readonly nearest: readonly (readonly Suspect[])[];
  readonly isThere: (suspect: Suspect) => boolean;
  readonly actionName: (action: number) => string;
}

/** Those with anything in the window that ends at `nowMs`. */
export function watchedSubjects(source: WatchSource, nowMs: number): readonly WatchedSubject[] {
  const watched: WatchedSubject[] = [];
  source.policies.forEach((policy, index) => {
    for (const suspect of source.nearest[index] ?? []) {
      const meter = suspect.meters.get(index);
      if (meter === undefined || !source.isThere(suspect)) continue;
      const window = meter.windowAt(nowMs, COURSE_POINTS);
      if (window.sum > 0) watched.push(watchedOf(source, { policy, suspect, meter, window }));
    }
  });
  return watched.toSorted((a, b) => b.ratio - a.ratio || b.actionCount - a.actionCount);
}

interface Sight {
  readonly policy: Policy;
  readonly suspect: Suspect;
  readonly meter: ExactMeter;
  readonly window: MeterWindow;
}

function watchedOf(source: WatchSource, { policy, suspect, meter, window }: Sight): WatchedSubject {
  const { sum, byAction, course } = window;
  const factor = policy.isDynamic ? source.factor : 1;
  const named = [...byAction].filter(([action]) => action !== 0).toSorted((a, b) => b[1] - a[1]);
  const value =
    policy.measure.kind !== 'share'
      ? sum
      : sum < policy.measure.minCount || !meter.isWhole
        ? 0
        : (named[0]?.[1] ?? 0) / sum;
  const step = policy.steps.findLastIndex(({ over }) => value > over * factor);
  return {
    scope: suspect.scope,
    subject: suspect.subject,
    policy: policy.name,
    value,
    ratio: value / ((policy.steps[0]?.over ?? Infinity) * factor),
    step: step < 0 ? undefined : step,
    actionCount: sum,
    course,
    topActions: named
      .slice(0, ACTIONS_MAX)
      .map(([action, count]) => ({ action: source.actionName(action), count })),
  };
}
