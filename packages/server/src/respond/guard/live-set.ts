import { digestOf, type DecisionGrade, type LiveDecision, type SubjectKey } from '@vedette/sdk';
import { keyOf } from './subject-key.ts';

/** As in `banned_users_current{ban_type}`: the grade of a refusal, else what it is. */
export type BanType = DecisionGrade | 'slow' | 'challenge';

/** What is in force, one decision for each subject, with its digest and its numbers kept as it changes. */
export class LiveSet {
  readonly #byKey = new Map<string, LiveDecision>();
  readonly #counts = new Map<BanType, number>();
  #digest = 0;

  get count(): number {
    return this.#byKey.size;
  }

  get digest(): number {
    return this.#digest;
  }

  get(key: SubjectKey): LiveDecision | undefined {
    return this.#byKey.get(keyOf(key));
  }

  all(): LiveDecision[] {
    return [...this.#byKey.values()];
  }

  countOf(type: BanType): number {
    return this.#counts.get(type) ?? 0;
  }

  /** What holds for the subject from now on; returns whether that is something else than before. */
  set(subject: SubjectKey, decision: LiveDecision | undefined): boolean {
    const key = keyOf(subject);
    const before = this.#byKey.get(key);
    if (isSame(before, decision)) return false;
    if (before !== undefined) this.#account(before, -1);
    if (decision === undefined) this.#byKey.delete(key);
    else {
      this.#byKey.set(key, decision);
      this.#account(decision, 1);
    }
    return true;
  }

  #account(decision: LiveDecision, by: number): void {
    const type = decision.kind === 'refuse' ? decision.grade : decision.kind;
    this.#counts.set(type, this.countOf(type) + by);
    this.#digest = (this.#digest ^ digestOf(decision)) >>> 0;
  }
}

function isSame(a: LiveDecision | undefined, b: LiveDecision | undefined): boolean {
  return a?.id === b?.id && a?.untilMs === b?.untilMs && a?.grade === b?.grade;
}
