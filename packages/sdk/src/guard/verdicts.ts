import type { Verdict, VerdictGround } from './guard.ts';
import type { LocalRefusal } from './policy-book.ts';
import type { LiveDecision } from './wire.ts';

export const ALLOW: Verdict = Object.freeze({ kind: 'allow' });

// A person waits that long without leaving; a program is slowed to a twelfth of a request per second and connection.
const SLOW_MS_PER_LEVEL = 1000;
export const SLOW_MS_MAX = 5000;

// Until then a server that was restarted is back.
const CLOSED_RETRY_MS = 10_000;

/** What a decision means for the one it is about. Slowed: one second per level, at most `SLOW_MS_MAX`. */
export function verdictOf(decision: LiveDecision, nowMs: number): Verdict {
  const { id, kind, grade, level, policy, reason, untilMs } = decision;
  const retryAfterMs = untilMs === null ? undefined : Math.max(0, untilMs - nowMs);
  const ground: VerdictGround = {
    decisionId: id,
    kind,
    grade,
    level,
    policy,
    reason,
    retryAfterMs,
    by: 'replica',
  };
  if (kind !== 'slow') return { kind, ground };
  return { kind, delayMs: Math.min(Math.max(1, level) * SLOW_MS_PER_LEVEL, SLOW_MS_MAX), ground };
}

/** Of this process alone, while the server is away. */
export function localRefusal({ policy, retryAfterMs }: LocalRefusal): Verdict {
  const { name, threshold, windowMs } = policy;
  const reason =
    retryAfterMs === undefined
      ? 'the guard cannot be reached, and this policy lets nothing pass without it'
      : `more than ${threshold} in ${windowMs / 1000} s, counted here while the guard cannot be reached`;
  return refusedLocally(name, reason, retryAfterMs ?? CLOSED_RETRY_MS);
}

/** Before the server was reached for the first time. */
export const REFUSED_AT_START: Verdict = Object.freeze(
  refusedLocally('', 'the guard has not been reached yet', CLOSED_RETRY_MS),
);

function refusedLocally(policy: string, reason: string, retryAfterMs: number): Verdict {
  const common = { decisionId: '', kind: 'refuse', grade: 'temporary', level: 1, by: 'local' } as const;
  return { kind: 'refuse', ground: { ...common, policy, reason, retryAfterMs } };
}
