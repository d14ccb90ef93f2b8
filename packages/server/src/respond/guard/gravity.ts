/** What is graver: of two decisions that both hold, and of one that would come to one that holds. */
import type { DecisionGrade, DecisionKind } from '@vedette/sdk';

const KINDS: readonly DecisionKind[] = ['slow', 'challenge', 'refuse'];
const GRADES: readonly DecisionGrade[] = ['temporary', 'extended', 'review_required', 'permanent'];

export interface Weight {
  readonly kind: DecisionKind;
  readonly grade: DecisionGrade;
}

export interface Hold extends Weight {
  readonly untilMs: number | null;
}

export function graverGrade(a: DecisionGrade, b: DecisionGrade): DecisionGrade {
  return GRADES.indexOf(a) >= GRADES.indexOf(b) ? a : b;
}

/** Whether `holding` is equal to `wanted` or graver: by kind, then by grade. */
export function isAsGrave(holding: Weight, wanted: Weight): boolean {
  const kind = KINDS.indexOf(holding.kind) - KINDS.indexOf(wanted.kind);
  return kind > 0 || (kind === 0 && GRADES.indexOf(holding.grade) >= GRADES.indexOf(wanted.grade));
}

/** Of several that hold, the one that applications are told: by kind, then the longest, then by grade; the first of equals. */
export function gravestOf<T extends Hold>(holds: readonly T[]): T | undefined {
  return holds.reduce<T | undefined>(
    (best, hold) => (best === undefined || outranks(hold, best) ? hold : best),
    undefined,
  );
}

function outranks(a: Hold, b: Hold): boolean {
  const kind = KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
  if (kind !== 0) return kind > 0;
  const aEnd = endOf(a);
  const bEnd = endOf(b);
  return aEnd === bEnd ? GRADES.indexOf(a.grade) > GRADES.indexOf(b.grade) : aEnd > bEnd;
}

export function endOf({ untilMs }: { readonly untilMs: number | null }): number {
  return untilMs ?? Number.POSITIVE_INFINITY;
}
