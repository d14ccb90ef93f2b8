/**
 * What the guard says of somebody who is named from outside: by a proxy, a script, another language.
 *
 * An address is looked up in its one spelling and as a member of every network with a decision. Of several decisions
 * the gravest counts; of equal ones the one that holds longest. Decisions about a name on the allow list do not count,
 * nor those about networks around an address that is on it.
 */
import type { DecisionKind, LiveDecision, SubjectKey } from '@vedette/sdk';
import type { GuardService } from '../../respond/index.ts';
import { findIpAddress, formatIpAddress } from './ip-address.ts';
import { RangeIndex } from './range-index.ts';

const GRAVITY: Readonly<Record<DecisionKind, number>> = { slow: 1, challenge: 2, refuse: 3 };

export class VerdictBook {
  readonly #guard: GuardService;
  readonly #ranges: RangeIndex;

  constructor(guard: GuardService) {
    this.#guard = guard;
    this.#ranges = new RangeIndex(guard);
  }

  /** The gravest decision that holds for any of these; `undefined`: none does. */
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
    const { allow } = this.#guard.feed.settings();
    const address = key.scope === 'ip' ? findIpAddress(key.subject) : undefined;
    if (allow.includes(key.subject)) return [];
    if (address === undefined) return [key];
    const spelled = { scope: 'ip', subject: formatIpAddress(address) } as const;
    if (allow.includes(spelled.subject)) return [];
    const ranges = this.#ranges.containing(address).map((subject) => ({ scope: 'range', subject }) as const);
    return [...(spelled.subject === key.subject ? [] : [spelled]), key, ...ranges];
  }
}

/** Above 0: `a` is the one to tell. */
function compare(a: LiveDecision, b: LiveDecision): number {
  if (a.kind !== b.kind) return GRAVITY[a.kind] - GRAVITY[b.kind];
  const [untilA, untilB] = [a.untilMs ?? Infinity, b.untilMs ?? Infinity];
  return untilA === untilB ? 0 : untilA - untilB;
}
