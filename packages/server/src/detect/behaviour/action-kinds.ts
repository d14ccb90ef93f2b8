import type { ActionCount } from '@vedette/sdk';
import type { Front } from './policy-fronts.ts';
import type { Policy } from './policy.ts';

/** What a row of actions is, apart from who and when: found once per combination of its words. */
export interface ActionKind {
  /** 1 to 65,535; 0 is the kind of what came after `ACTION_KINDS_MAX`. */
  readonly number: number;
  /** Of the action alone, for shares and evidence; 0: unknown. */
  readonly action: number;
  readonly row: Pick<ActionCount, 'scope' | 'action' | 'source' | 'outcome'>;
  /** Indexes of the policies that count it. */
  policies: readonly number[];
  /** The windows that do. */
  fronts: readonly Front[];
  /** Counted, and not yet handed on as a metric. */
  pending: number;
}

/**
 * Numbers the kinds of actions in the order in which they come. Beyond the limit a kind is made for each row: slower, and
 * without a place in the journal's recounts, but judged all the same.
 */
export class ActionKinds {
  /** By scope, action, source and outcome. */
  readonly #kinds = new Map<string, Map<string, Map<string, Map<string, ActionKind>>>>();
  readonly #byNumber: ActionKind[] = [];
  /** Kinds met of late, by `placeOf`: four comparisons instead of four maps, 30 ns instead of 110. */
  readonly #recent: (ActionKind | undefined)[] = Array.from({ length: RECENT_PLACES }, () => undefined);
  readonly #actionNumbers = new Map<string, number>();
  readonly #actions: string[] = [OTHER_ACTION];
  #policies: readonly Policy[] = [];
  #fronts: readonly Front[] = [];

  kindOf(row: ActionCount): ActionKind {
    const place = placeOf(row);
    const recent = this.#recent[place];
    if (recent !== undefined && isOf(recent, row)) return recent;
    const kind =
      this.#kinds.get(row.scope)?.get(row.action)?.get(row.source)?.get(row.outcome) ?? this.#create(row);
    // Those without a number are of one row each.
    if (kind.number > 0) this.#recent[place] = kind;
    return kind;
  }

  /** The kind with a number from the journal. */
  kindAt(number: number): ActionKind | undefined {
    return this.#byNumber[number - 1];
  }

  actionName(number: number): string {
    return this.#actions[number] ?? OTHER_ACTION;
  }

  /** Every kind that has a number. */
  known(): readonly ActionKind[] {
    return this.#byNumber;
  }

  /** The first front is the census, which counts every action of a user. */
  setPolicies(policies: readonly Policy[], fronts: readonly Front[]): void {
    this.#policies = policies;
    this.#fronts = fronts;
    for (const kind of this.#byNumber) {
      kind.policies = this.#policiesOf(kind.row);
      kind.fronts = this.#frontsOf(kind.row, kind.policies);
    }
  }

  #create({ scope, action, source, outcome }: ActionCount): ActionKind {
    const isKept = this.#byNumber.length < ACTION_KINDS_MAX;
    const row = { scope, action, source, outcome };
    const policies = this.#policiesOf(row);
    const kind: ActionKind = {
      number: isKept ? this.#byNumber.length + 1 : 0,
      action: this.#numberOf(action, isKept),
      row,
      policies,
      fronts: this.#frontsOf(row, policies),
      pending: 0,
    };
    if (!isKept) return kind;
    this.#byNumber.push(kind);
    const ofScope = entryOf(this.#kinds, scope, () => new Map());
    const ofAction = entryOf(ofScope, action, () => new Map());
    entryOf(ofAction, source, () => new Map()).set(outcome, kind);
    return kind;
  }

  #policiesOf(row: ActionKind['row']): number[] {
    return this.#policies.flatMap((policy, index) => (counts(policy, row) ? [index] : []));
  }

  #frontsOf({ scope, outcome }: ActionKind['row'], policies: readonly number[]): Front[] {
    const isInCensus = scope === 'user' && outcome !== 'refused';
    return this.#fronts.filter(
      (front, index) =>
        (index === 0 && isInCensus) || front.policies.some((policy) => policies.includes(policy)),
    );
  }

  #numberOf(action: string, isKept: boolean): number {
    const known = this.#actionNumbers.get(action);
    if (known !== undefined || !isKept) return known ?? 0;
    const number = this.#actions.push(action) - 1;
    this.#actionNumbers.set(action, number);
    return number;
  }
}

/** Actions differ at their ends more than elsewhere. Who chooses the names can make them collide, and waits for the maps. */
function placeOf({ action, source, outcome }: ActionCount): number {
  const last = action.length - 1;
  const ends = action.charCodeAt(last) + 7 * action.charCodeAt(last - 1) + 31 * action.length;
  return (ends + 5 * source.length + 3 * outcome.length) & (RECENT_PLACES - 1);
}

function isOf({ row }: ActionKind, { scope, action, source, outcome }: ActionCount): boolean {
  return row.action === action && row.source === source && row.outcome === outcome && row.scope === scope;
}

function entryOf<V>(map: Map<string, V>, key: string, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

function counts(policy: Policy, { scope, action, source, outcome }: ActionKind['row']): boolean {
  if (policy.mode === 'off' || policy.scope !== scope || outcome === 'refused') return false;
  if (policy.measure.kind === 'errors' && outcome !== 'error') return false;
  return matches(policy.actions, action) && matches(policy.sources, source);
}

function matches(patterns: readonly string[], text: string): boolean {
  if (patterns.length === 0) return true;
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern,
  );
}

// 2 kB. A power of two.
const RECENT_PLACES = 256;

const OTHER_ACTION = '(other)';

// 50 routes, 5 sources, 3 outcomes are 750; more than this many are ids in the place of templates. 16-bit numbers would do for 65,535.
const ACTION_KINDS_MAX = 8192;
