import type { Guard, TrackedAction, Verdict, VerdictGround } from '../guard/guard.ts';
import type { SubjectLike } from '../guard/subject.ts';

export interface FakeGuard extends Guard {
  /** All that was tracked, in order; refusals with outcome `refused`. */
  readonly tracked: readonly TrackedAction[];
  /** What `check` says of this id from now on. */
  say(id: string, verdict: Verdict): void;
  /** Refuses this id: a temporary ban of five minutes unless `ground` says otherwise. */
  refuse(id: string, ground?: Partial<VerdictGround>): void;
  allow(id: string): void;
}

/** A guard whose verdicts a test writes. It counts nothing by itself and speaks with nobody. */
export function fakeGuard(): FakeGuard {
  const verdicts = new Map<string, Verdict>();
  const tracked: TrackedAction[] = [];
  const check = (subject: SubjectLike): Verdict => verdicts.get(idOf(subject)) ?? { kind: 'allow' };
  return {
    tracked,
    say: (id, verdict) => void verdicts.set(id, verdict),
    refuse: (id, ground) => void verdicts.set(id, { kind: 'refuse', ground: groundOf(ground) }),
    allow: (id) => void verdicts.delete(id),
    track: (action) => void tracked.push(action),
    check,
    attempt: (action) => {
      const verdict = check(action.subject);
      tracked.push(isRefusal(verdict) ? { ...action, outcome: 'refused' } : action);
      return verdict;
    },
    status: { feed: 'following', decisionCount: 0, pendingRows: 0, droppedRows: 0 },
    ready: () => Promise.resolve(true),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function groundOf(ground: Partial<VerdictGround> = {}): VerdictGround {
  return {
    decisionId: 'decision-1',
    kind: 'refuse',
    grade: 'temporary',
    level: 1,
    policy: 'per_minute',
    reason: 'more than 30 actions in a minute',
    retryAfterMs: 300_000,
    by: 'replica',
    ...ground,
  };
}

function isRefusal({ kind }: Verdict): boolean {
  return kind === 'refuse' || kind === 'challenge';
}

function idOf(subject: SubjectLike): string {
  return typeof subject === 'string' ? subject : subject.id;
}
