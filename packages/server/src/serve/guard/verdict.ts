/**
 * What the guard says of somebody who is named from outside: by a proxy, a script, another language.
 *
 * An address is looked up in its one spelling and as a member of every network with a decision. Of several decisions
 * the gravest counts; of equal ones the one that holds longest. Decisions about a name on the allow list do not count,
 * nor those about networks around an address that is on it, by itself or in a network.
 */
import { parseIp, type DecisionKind, type LiveDecision, type SubjectKey } from '@vedette/sdk';
import { AllowList, type GuardService } from '../../respond/index.ts';
import { RangeIndex } from './range-index.ts';

const NO_ENTRIES: readonly string[] = [];

const GRAVITY: Readonly<Record<DecisionKind, number>> = { slow: 1, challenge: 2, refuse: 3 };

export class VerdictBook {
  readonly #guard: GuardService;
  readonly #ranges: RangeIndex;
  #allowed = { entries: NO_ENTRIES, list: new AllowList(NO_ENTRIES) };

  constructor(guard: GuardService) {
    this.#guard = guard;
    this.#ranges = new RangeIndex(guard);
  }

  /** The gravest decision that holds for any of these, named as `subjectOf` does; `undefined`: none does. */
  holding(keys: readonly SubjectKey[]): LiveDecision | undefined {
    let gravest: LiveDecision | undefined;
    for (const key of keys.flatMap((one) => this.#namesOf(one))) {
      const held = this.#guard.holding(key);
      if (held !== undefined && (gravest === undefined || compare(held, gravest) > 0)) gravest = held;
    }
    return gravest;
  }

  /** Under all names that it may have a decision under, its own first. */
  #namesOf(key: SubjectKey): readonly SubjectKey[] {
    if (this.#allowList().has(key)) return [];
    const address = key.scope === 'ip' ? parseIp(key.subject) : undefined;
    if (address === undefined) return [key];
    const ranges = this.#ranges.containing(address).map((subject) => ({ scope: 'range', subject }) as const);
    return [key, ...ranges];
  }

  /** Read again when the guard has other entries. */
  #allowList(): AllowList {
    const { allow: entries } = this.#guard.feed.settings();
    if (entries !== this.#allowed.entries) this.#allowed = { entries, list: new AllowList(entries) };
    return this.#allowed.list;
  }
}

/** Above 0: `a` is the one to tell. */
function compare(a: LiveDecision, b: LiveDecision): number {
  if (a.kind !== b.kind) return GRAVITY[a.kind] - GRAVITY[b.kind];
  const [untilA, untilB] = [a.untilMs ?? Infinity, b.untilMs ?? Infinity];
  return untilA === untilB ? 0 : untilA - untilB;
}
