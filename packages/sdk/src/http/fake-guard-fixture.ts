import type { Guard, TrackedAction, Verdict, VerdictGround } from '../guard/guard.ts';
import type { SubjectLike } from '../guard/subject.ts';

/** A guard whose verdicts a test sets; it notes what it is asked and told. */
export interface FakeGuard extends Guard {
  /** By the subject's id. */
  readonly verdicts: Map<string, Verdict>;
  readonly tracked: Required<TrackedAction>[];
  readonly checked: { readonly id: string; readonly action: string | undefined }[];
}

export function createFakeGuard(verdicts: Readonly<Record<string, Verdict>> = {}): FakeGuard {
  const verdictOf = new Map(Object.entries(verdicts));
  const tracked: Required<TrackedAction>[] = [];
  const checked: { id: string; action: string | undefined }[] = [];
  const check = (subject: SubjectLike, action?: string): Verdict => {
    const id = typeof subject === 'string' ? subject : subject.id;
    checked.push({ id, action });
    return verdictOf.get(id) ?? { kind: 'allow' };
  };
  return {
    verdicts: verdictOf,
    tracked,
    checked,
    check,
    track: ({ subject, action, source = 'app', outcome = 'ok' }) =>
      void tracked.push({ subject, action, source, outcome }),
    attempt: ({ subject, action }) => check(subject, action),
    status: { feed: 'following', decisionCount: verdictOf.size, pendingRows: 0, droppedRows: 0 },
    ready: () => Promise.resolve(true),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

export const GROUND: VerdictGround = {
  decisionId: 'd-1',
  kind: 'refuse',
  grade: 'temporary',
  level: 1,
  policy: 'per-minute',
  reason: 'secret evidence: 31 actions of u1_abcdef',
  retryAfterMs: 61_001,
  by: 'replica',
};

export const refuse = (ground: Partial<VerdictGround> = {}): Verdict => ({
  kind: 'refuse',
  ground: { ...GROUND, ...ground },
});

export const slow = (delayMs: number): Verdict => ({
  kind: 'slow',
  delayMs,
  ground: { ...GROUND, kind: 'slow' },
});

export const CHALLENGE: Verdict = { kind: 'challenge', ground: { ...GROUND, kind: 'challenge' } };
