/**
 * All decisions that hold, as one source tells them: asked on every request, so it answers from memory.
 *
 * 1. One Map per scope, subject → decision. No joined keys: making one costs more than the look-up.
 * 2. A snapshot is gathered beside what holds and takes its place when its last piece came.
 * 3. Deltas carry sequence numbers. One that was seen before changes nothing; a gap, or a digest unlike ours, and
 *    `take` says false: only a snapshot helps then. What was known goes on holding until it came.
 * 4. `untilMs` is judged by our clock at each question. A decision that is over is not removed here: the source drops
 *    it, and a replica that did so by itself would differ from the digest. Nothing grows meanwhile, since decisions come
 *    only from the source.
 * 5. Whom nothing speaks against is remembered as such until anything changes: most checks end with one comparison.
 * 6. Networks (scope `range`) are also indexed by prefix length and asked for every address.
 *
 * Rejected: a timer per decision (Node's timers fire at once beyond 24.8 days), keys `scope NUL subject`.
 */
import { digestOf } from './digest.ts';
import { IpRanges, type IpAddress } from './ip-network.ts';
import type { SubjectScope } from './subject.ts';
import type { DecisionKind, FeedMessage, FeedSettings, LiveDecision } from './wire.ts';

// About 350 bytes each: 70 MB. Who refuses more people than that has another problem; the blast-radius stop of the
// server comes long before.
export const DECISIONS_MAX = 200_000;

export class DecisionReplica {
  readonly #decisionsMax: number;
  #held: DecisionTable;
  #coming: { readonly epoch: string; readonly seq: number; readonly table: DecisionTable } | undefined;
  #position: { readonly epoch: string; seq: number } | undefined;
  #needsSnapshot = true;
  /** Where the source stood when it said hello: only from there on what we know is complete. */
  #hello: { readonly epoch: string; readonly seq: number } | undefined;
  #settings: FeedSettings | undefined;

  constructor(options: { readonly decisionsMax?: number } = {}) {
    this.#decisionsMax = options.decisionsMax ?? DECISIONS_MAX;
    this.#held = new DecisionTable(this.#decisionsMax);
  }

  /** Of the source, as it last told them. */
  get settings(): FeedSettings | undefined {
    return this.#settings;
  }

  /** True when all that the source had to say was taken, without a gap. */
  get isComplete(): boolean {
    if (this.#needsSnapshot || this.#position === undefined) return false;
    return this.#hello?.epoch !== this.#position.epoch || this.#position.seq >= this.#hello.seq;
  }

  get decisionCount(): number {
    return this.#held.count;
  }

  /** Decisions left out because of `DECISIONS_MAX`. */
  get leftOutCount(): number {
    return this.#held.leftOutCount;
  }

  /** Takes one message. False: it does not follow from what is known, and only a snapshot helps. */
  take(message: FeedMessage): boolean {
    const fits = this.#takeKind(message);
    if (!fits) {
      this.#needsSnapshot = true;
      this.#coming = undefined;
    }
    return fits;
  }

  /** The gravest decision that holds at `nowMs` for any of these keys; with `ip` also those for its networks. */
  find(subject: ReplicaSubject, nowMs: () => number): LiveDecision | undefined {
    return subject.clearedBy === this.#held.state ? undefined : this.#search(subject, nowMs);
  }

  #search(subject: ReplicaSubject, nowMs: () => number): LiveDecision | undefined {
    const { byScope, ranges, state } = this.#held;
    let found: LiveDecision | undefined;
    let isClear = true;
    for (const key of subject.keys) {
      const decision = byScope[subject.scope].get(key);
      if (decision === undefined) continue;
      isClear = false;
      found = graver(found, decision, nowMs());
    }
    if (subject.ip !== undefined && !ranges.isEmpty)
      for (const decision of ranges.matches(subject.ip)) {
        isClear = false;
        found = graver(found, decision, nowMs());
      }
    if (isClear) subject.clearedBy = state;
    return found;
  }

  #takeKind(message: FeedMessage): boolean {
    switch (message.type) {
      case 'hello':
        this.#settings = message.settings;
        this.#takeHello(message);
        return true;
      case 'settings':
        this.#settings = message.settings;
        return true;
      case 'snapshot':
        return this.#takeSnapshot(message);
      case 'delta':
        return this.#takeDelta(message);
      case 'digest':
        return this.#takeDigest(message);
    }
  }

  #takeHello({ epoch, seq }: FeedMessage & { type: 'hello' }): void {
    this.#coming = undefined;
    this.#hello = { epoch, seq };
    // A source that counts anew, or that is behind us, is another one: its numbers mean nothing to us.
    if (this.#position?.epoch !== epoch || seq < this.#position.seq) this.#needsSnapshot = true;
  }

  #takeSnapshot(piece: FeedMessage & { type: 'snapshot' }): boolean {
    const { epoch, seq } = piece;
    if (piece.isFirst) this.#coming = { epoch, seq, table: new DecisionTable(this.#decisionsMax) };
    const coming = this.#coming;
    if (coming === undefined || coming.epoch !== epoch || coming.seq !== seq) return false;
    for (const decision of piece.decisions) coming.table.put(decision);
    if (!piece.isLast) return true;
    this.#held = coming.table;
    this.#coming = undefined;
    this.#position = { epoch, seq };
    this.#needsSnapshot = false;
    return true;
  }

  #takeDelta({ seq, put, drop }: FeedMessage & { type: 'delta' }): boolean {
    if (this.#needsSnapshot || this.#coming !== undefined || this.#position === undefined) return false;
    if (seq <= this.#position.seq) return true;
    if (seq > this.#position.seq + 1) return false;
    for (const { scope, subject } of drop) this.#held.drop(scope, subject);
    for (const decision of put) this.#held.put(decision);
    this.#position.seq = seq;
    return true;
  }

  #takeDigest({ seq, count, digest }: FeedMessage & { type: 'digest' }): boolean {
    // A sign of life between the pieces of a snapshot has nothing to be compared with.
    if (this.#coming !== undefined) return true;
    if (this.#needsSnapshot || this.#position === undefined) return false;
    if (seq !== this.#position.seq) return seq < this.#position.seq;
    if (this.#held.leftOutCount > 0) return true;
    return count === this.#held.count && digest === this.#held.digest;
  }
}

/** Whom to look for. All keys are of one person: the pseudonyms under every live key. */
export interface ReplicaSubject {
  readonly scope: SubjectScope;
  readonly keys: readonly string[];
  readonly ip: IpAddress | undefined;
  /** The state of a replica in which there was no decision for it; owned by the replica. */
  clearedBy: object | undefined;
}

/** Decisions by scope and subject, with their digest kept up to date. */
class DecisionTable {
  readonly byScope: Readonly<Record<SubjectScope, Map<string, LiveDecision>>> = {
    user: new Map(),
    ip: new Map(),
    range: new Map(),
    session: new Map(),
    key: new Map(),
  };
  readonly ranges = new IpRanges<LiveDecision>();
  count = 0;
  digest = 0;
  leftOutCount = 0;
  /** Another object after each decision that was added. */
  state: object = {};
  readonly #decisionsMax: number;

  constructor(decisionsMax: number) {
    this.#decisionsMax = decisionsMax;
  }

  put(decision: LiveDecision): void {
    const { scope, subject } = decision;
    if (this.count >= this.#decisionsMax && !this.byScope[scope].has(subject)) {
      this.leftOutCount++;
      return;
    }
    this.drop(scope, subject);
    this.byScope[scope].set(subject, decision);
    if (scope === 'range') this.ranges.add(subject, decision);
    this.state = {};
    this.count++;
    this.digest = (this.digest ^ digestOf(decision)) >>> 0;
  }

  drop(scope: SubjectScope, subject: string): void {
    const decision = this.byScope[scope].get(subject);
    if (decision === undefined) return;
    this.byScope[scope].delete(subject);
    if (scope === 'range') this.ranges.delete(subject, decision);
    this.count--;
    this.digest = (this.digest ^ digestOf(decision)) >>> 0;
  }
}

const GRAVITY: Readonly<Record<DecisionKind, number>> = { slow: 1, challenge: 2, refuse: 3 };

/** Of two the graver that still holds; of equal ones that which holds longer. */
function graver(
  known: LiveDecision | undefined,
  other: LiveDecision,
  nowMs: number,
): LiveDecision | undefined {
  if (other.untilMs !== null && other.untilMs <= nowMs) return known;
  if (known === undefined) return other;
  const difference = GRAVITY[other.kind] - GRAVITY[known.kind];
  if (difference !== 0) return difference > 0 ? other : known;
  return (other.untilMs ?? Infinity) > (known.untilMs ?? Infinity) ? other : known;
}
