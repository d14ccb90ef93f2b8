/**
 * What would have been decided: the judgement of the running server without its disk, for backtests. The caller moves
 * the time; decisions end by it, as they would have. Nothing is in force for anybody.
 */
import type { Random } from '@vedette/model';
import type { LiveDecision, SubjectKey } from '@vedette/sdk';
import type { Crossing, Policy } from '../../detect/index.ts';
import type { GuardSettings } from './config.ts';
import { DecisionBook } from './decision-book.ts';
import { Judge, offenceOf, type Judgement } from './judge.ts';
import { PolicyBook } from './policy-book.ts';

export interface RehearsalOptions {
  readonly policies: readonly Policy[];
  readonly settings: GuardSettings;
  /** Subjects that did anything lately, at the time of the rehearsal. */
  readonly activeSubjects: () => number;
}

export class GuardRehearsal {
  readonly #book: DecisionBook;
  readonly #judge: Judge;
  #seq = 0;

  constructor(
    { random }: { readonly random: Random },
    { policies, settings, activeSubjects }: RehearsalOptions,
  ) {
    const { escalation, soft_allow: softAllow } = settings;
    this.#book = new DecisionBook({ halfLifeMs: escalation.half_life, softAllowMs: softAllow.for });
    const policyBook = new PolicyBook();
    policyBook.apply(policies, settings);
    this.#judge = new Judge({ random, book: this.#book, policies: policyBook, activeSubjects }, settings);
  }

  /** Judges at the crossing's time; times do not go back. `undefined`: a step that only warns. */
  cross(crossing: Crossing): Judgement | undefined {
    const { atMs } = crossing;
    this.expire(atMs);
    const offence = offenceOf(crossing);
    if (offence === undefined) return undefined;
    const judgement = this.#judge.judge(offence, atMs);
    if (judgement.kind === 'decide') {
      const { decision, isHeldBack } = judgement;
      this.#book.apply({ kind: 'made', atMs, decision, isHeldBack }, ++this.#seq);
    }
    // Nobody reads what changed.
    this.#book.takeChanges();
    return judgement;
  }

  /**
   * Ends what is over, at most so many; returns how many. `cross` does it by itself: this is for who must not do it
   * all at once.
   */
  expire(nowMs: number, countMax = Number.POSITIVE_INFINITY): number {
    const expired = this.#book.takeExpired(nowMs, countMax);
    for (const { decision } of expired)
      this.#book.apply({ kind: 'expired', atMs: nowMs, id: decision.id }, ++this.#seq);
    return expired.length;
  }

  /** What would be in force: with it a backtest knows which attempts would have been refused, and so not counted. */
  holding(subject: SubjectKey, nowMs: number): LiveDecision | undefined {
    return this.#book.liveFor(subject, nowMs);
  }
}
