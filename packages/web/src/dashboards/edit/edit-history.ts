import type { ClassicDashboard } from '@vedette/dashboard';

/**
 * What was done to a dashboard since it was opened, so that it can be undone. Dashboards are values:
 * a step is the whole of one, which shares all that did not change with the step before.
 */
export interface EditHistory {
  /** As the server has it. */
  readonly saved: ClassicDashboard;
  readonly past: readonly ClassicDashboard[];
  readonly present: ClassicDashboard;
  readonly future: readonly ClassicDashboard[];
  /** Of the newest step: the next one of the same name is merged with it. */
  readonly stepKey?: string;
}

/** More steps than anybody takes back. */
const STEPS_MAX = 100;

export function beginHistory(saved: ClassicDashboard): EditHistory {
  return { saved, past: [], present: saved, future: [] };
}

/** A change. With a `key`, changes in a row with the same key (typing a title) are one step. */
export function takeStep(history: EditHistory, next: ClassicDashboard, key?: string): EditHistory {
  if (next === history.present) return history;
  const isMerged = key !== undefined && key === history.stepKey;
  const past = isMerged ? history.past : [...history.past, history.present].slice(-STEPS_MAX);
  return {
    saved: history.saved,
    past,
    present: next,
    future: [],
    ...(key === undefined ? {} : { stepKey: key }),
  };
}

export function undoStep({ saved, past, present, future }: EditHistory): EditHistory {
  const before = past.at(-1);
  if (before === undefined) return { saved, past, present, future };
  return { saved, past: past.slice(0, -1), present: before, future: [present, ...future] };
}

export function redoStep({ saved, past, present, future }: EditHistory): EditHistory {
  const [next, ...rest] = future;
  if (next === undefined) return { saved, past, present, future };
  return { saved, past: [...past, present], present: next, future: rest };
}

/** After the server has taken it. What can be undone stays. */
export function markSaved(history: EditHistory, saved: ClassicDashboard): EditHistory {
  const { past, future } = history;
  return { saved, past, present: saved, future };
}

/** Whether anything would be lost by leaving. A change that was typed back is none. */
export function hasChanges({ saved, present }: EditHistory): boolean {
  return saved !== present && JSON.stringify(saved) !== JSON.stringify(present);
}
