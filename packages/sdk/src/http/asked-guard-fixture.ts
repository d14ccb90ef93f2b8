import type { Verdict, VerdictGround } from '../guard/guard.ts';
import { fakeGuard, type FakeGuard } from '../testing/fake-guard.ts';

/** The guard that applications have in their tests; this one notes also what it is asked. */
export interface AskedGuard extends FakeGuard {
  readonly checked: { readonly id: string; readonly action: string | undefined }[];
}

export function createAskedGuard(verdicts: Readonly<Record<string, Verdict>> = {}): AskedGuard {
  const guard = fakeGuard();
  for (const [id, verdict] of Object.entries(verdicts)) guard.say(id, verdict);
  const checked: { id: string; action: string | undefined }[] = [];
  return {
    ...guard,
    checked,
    check: (subject, action) => {
      checked.push({ id: typeof subject === 'string' ? subject : subject.id, action });
      return guard.check(subject, action);
    },
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
